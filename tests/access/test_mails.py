"""Links and codes: made when their mail leaves, good once, for a time, for one person; and no password in any mail."""

from datetime import timedelta

import pytest
import time_machine
from allauth.account.models import EmailAddress
from django.test import Client as HttpClient
from django.utils import timezone

from crm.access.codes import code_of
from crm.access.models import Access
from crm.access.services import (
    AddressOfStaff,
    AlreadyConfirmed,
    Closed,
    NoAddress,
    ask_confirmation,
    disable,
    grant,
    reset,
    send_credentials,
    set_password,
)
from crm.mailing.kinds import kinds
from crm.mailing.models import Mail
from crm.mailing.services import oppose
from crm.mailing.shipped import shipped_text
from crm.timeline.models import Entry
from tests.access.conftest import PASSWORD, is_in, links_in, sign_in, text_of
from tests.factories import individual, opening

NEW = "a-new-correct-horse"


@pytest.fixture
def access(alice, shop) -> Access:
    return Access.objects.get(user=alice, client=shop)


def choose_password(link: str, password: str = NEW):
    http = HttpClient()
    form = http.get(link, follow=True)
    http.post(form.request["PATH_INFO"], {"password1": password, "password2": password})
    return http


def test_opening_an_access_asks_for_confirmation_then_tells_that_it_is_open(shop, administrator, sent):
    """S1-12, S1-23."""
    access = grant(shop, email="Zoe@Example.org", by=administrator, at=timezone.now())
    (asked,) = sent().to("zoe@example.org")
    assert (asked["Subject"], access.user.has_usable_password()) == ("Confirmez votre adresse e-mail", False)
    (link,) = links_in(asked)
    http = HttpClient()
    assert b"zoe@example.org" in http.get(link).content
    assert not EmailAddress.objects.get(email="zoe@example.org").verified
    http.post(link)
    assert EmailAddress.objects.get(email="zoe@example.org").verified
    assert [mail["Subject"] for mail in sent().to("zoe@example.org")][1:] == ["Votre espace est ouvert"]


def test_a_link_of_confirmation_is_good_once(shop, administrator, sent):
    grant(shop, email="zoe@example.org", by=administrator, at=timezone.now())
    (link,) = links_in(sent().to("zoe@example.org")[0])
    HttpClient().post(link)
    assert "n’est plus valable" in HttpClient().get(link).content.decode()


def test_credentials_are_a_link_and_never_a_password(access, administrator, sent):
    """S1-11, D7."""
    send_credentials(access, by=administrator, at=timezone.now())
    (mail,) = sent().to("alice@example.org")
    assert PASSWORD not in text_of(mail)
    http = choose_password(links_in(mail)[0])
    assert http.get("/espace/").status_code == 302
    assert (is_in(sign_in("alice@example.org", NEW)[0]), is_in(sign_in("alice@example.org")[0])) == (
        True,
        False,
    )


def test_the_link_of_credentials_confirms_the_address_it_was_sent_to(shop, administrator, sent):
    access = grant(shop, email="zoe@example.org", by=administrator, at=timezone.now())
    send_credentials(access, by=administrator, at=timezone.now())
    mail = next(one for one in sent().to("zoe@example.org") if "mot de passe" in one["Subject"])
    choose_password(links_in(mail)[0])
    assert is_in(sign_in("zoe@example.org", NEW)[0])


def test_the_link_of_credentials_is_good_once(access, administrator, sent):
    send_credentials(access, by=administrator, at=timezone.now())
    link = links_in(sent().to("alice@example.org")[0])[0]
    choose_password(link)
    choose_password(link, "yet-another-horse-here")
    assert not is_in(sign_in("alice@example.org", "yet-another-horse-here")[0])


@pytest.mark.parametrize(("hours", "is_good"), [(23, True), (25, False)])
def test_the_link_of_credentials_is_good_for_a_day_after_it_left(access, administrator, sent, hours, is_good):
    with time_machine.travel("2026-11-25 08:00+01:00", tick=False) as clock:
        send_credentials(access, by=administrator, at=timezone.now())
        clock.shift(timedelta(days=2))
        link = links_in(sent().to("alice@example.org")[0])[0]
        clock.shift(timedelta(hours=hours))
        choose_password(link)
        assert is_in(sign_in("alice@example.org", NEW)[0]) is is_good


def test_the_link_of_credentials_does_not_outlive_a_change_of_address(access, administrator, sent):
    send_credentials(access, by=administrator, at=timezone.now())
    link = links_in(sent().to("alice@example.org")[0])[0]
    EmailAddress.objects.filter(user=access.user).update(email="other@example.org")
    access.user.email = "other@example.org"
    access.user.save()
    choose_password(link)
    assert not is_in(sign_in("other@example.org", NEW)[0])


def test_the_outbox_holds_no_link_and_staff_read_none(access, administrator, sent):
    now = timezone.now()
    send_credentials(access, by=administrator, at=now)
    HttpClient().post("/espace/connexion/code/", {"email": "alice@example.org"})
    for mail in Mail.objects.all():
        assert ("mot-de-passe/nouveau" in mail.html, code_of(mail.created_at) in mail.html) == (False, False)
        assert "lien personnel" in mail.html_to_read()
    sent()
    for mail in Mail.objects.all():
        assert ("mot-de-passe/nouveau" in mail.html + mail.text, mail.status) == (False, "sent")


def test_a_link_leads_to_our_own_address_whatever_a_request_claims(access, sent, settings):
    """J6."""
    settings.ALLOWED_HOSTS = ["*"]
    for host in ("evil.example", "evil.example:8000"):
        HttpClient().post(
            "/espace/mot-de-passe/oublie/", {"email": "alice@example.org"}, headers={"host": host}
        )
    texts = [text_of(mail) for mail in sent().to("alice@example.org")]
    assert (len(texts), [text for text in texts if "evil" in text]) == (2, [])


def test_a_disabled_access_receives_no_link(access, administrator, sent):
    now = timezone.now()
    send_credentials(access, by=administrator, at=now)
    disable(access, by=administrator, at=now)
    with pytest.raises(Closed):
        send_credentials(access, by=administrator, at=now)
    assert sent().to("alice@example.org") == []
    assert Mail.objects.get().status == Mail.Status.CANCELLED


def test_a_reset_ends_the_present_password_and_the_sessions(access, administrator, sent):
    http, _answer = sign_in("alice@example.org")
    reset(access, by=administrator, at=timezone.now())
    assert (is_in(http), is_in(sign_in("alice@example.org")[0])) == (False, False)
    choose_password(links_in(sent().to("alice@example.org")[0])[0])
    assert is_in(sign_in("alice@example.org", NEW)[0])


def test_a_password_typed_by_the_staff_is_changed_at_the_first_sign_in(access, administrator):
    """D8."""
    set_password(access, password="typed-by-the-office", by=administrator, at=timezone.now())
    http, _answer = sign_in("alice@example.org", "typed-by-the-office")
    assert http.get("/espace/").url == "/espace/mot-de-passe/"
    data = {"oldpassword": "typed-by-the-office", "password1": NEW, "password2": NEW}
    http.post("/espace/mot-de-passe/", data)
    assert is_in(http)
    assert not Mail.objects.filter(html__contains="typed-by-the-office").exists()


def test_a_code_signs_in_the_browser_that_asked_for_it(alice, sent):
    http = HttpClient()
    http.post("/espace/connexion/code/", {"email": "alice@example.org"})
    (mail,) = sent().to("alice@example.org")
    code = code_of(Mail.objects.get().created_at)
    assert code in text_of(mail)
    elsewhere = HttpClient()
    elsewhere.post("/espace/connexion/code/saisie/", {"code": code})
    http.post("/espace/connexion/code/saisie/", {"code": code.lower().replace("-", " ")})
    assert (is_in(elsewhere), is_in(http)) == (False, True)


def test_the_link_of_a_code_fills_it_in(alice, sent):
    http = HttpClient()
    http.post("/espace/connexion/code/", {"email": "alice@example.org"})
    link = next(one for one in links_in(sent().to("alice@example.org")[0]) if "code=" in one)
    html = http.get(link).content.decode()
    assert f'value="{link.partition("code=")[2]}"' in html
    assert HttpClient().get(link).status_code == 302


def test_a_code_is_good_three_tries_and_a_quarter_of_an_hour(alice, sent):
    with time_machine.travel("2026-11-25 08:00+01:00", tick=False) as clock:
        http = HttpClient()
        http.post("/espace/connexion/code/", {"email": "alice@example.org"})
        code = code_of(Mail.objects.get().created_at)
        clock.shift(timedelta(minutes=16))
        http.post("/espace/connexion/code/saisie/", {"code": code})
        assert not is_in(http)
        assert (sent().to("alice@example.org"), Mail.objects.get().status) == ([], Mail.Status.CANCELLED)
        clock.shift(timedelta(minutes=2))
        http = HttpClient()
        http.post("/espace/connexion/code/", {"email": "alice@example.org"})
        code = code_of(Mail.objects.latest("pk").created_at)
        for wrong in ("BBBB-BBBB", "CCCC-CCCC", "DDDD-DDDD", code):
            http.post("/espace/connexion/code/saisie/", {"code": wrong})
        assert not is_in(http)


def test_another_code_replaces_the_first(alice, sent):
    with time_machine.travel("2026-11-25 08:00+01:00", tick=False) as clock:
        http = HttpClient()
        http.post("/espace/connexion/code/", {"email": "alice@example.org"})
        clock.shift(timedelta(minutes=1))
        http.post("/espace/connexion/code/saisie/", {"action": "resend"})
        first, second = (code_of(mail.created_at) for mail in Mail.objects.order_by("created_at"))
        http.post("/espace/connexion/code/saisie/", {"code": first})
        assert not is_in(http)
        http.post("/espace/connexion/code/saisie/", {"code": second})
        assert is_in(http)


def test_whom_we_do_not_know_is_told_so_by_mail_only(db, sent):
    HttpClient().post("/espace/connexion/code/", {"email": "nobody@example.org"})
    (mail,) = sent().to("nobody@example.org")
    assert mail["Subject"] == "Aucun compte à cette adresse"


def test_a_changed_address_counts_once_confirmed_and_the_former_one_is_told(alice, sent):
    """D9."""
    http, _answer = sign_in("alice@example.org")
    http.post("/espace/adresse/", {"email": "new@example.org", "action_add": ""})
    http.post("/espace/verification/?next=/espace/adresse/", {"password": PASSWORD})
    http.post("/espace/adresse/", {"email": "new@example.org", "action_add": ""})
    assert is_in(sign_in("alice@example.org")[0])
    (asked,) = sent().to("new@example.org")
    http.post(links_in(asked)[0])
    alice.refresh_from_db()
    assert alice.email == "new@example.org"
    box = sent()
    subject = "Votre adresse de connexion a changé"
    assert subject in [mail["Subject"] for mail in box.to("alice@example.org")]
    assert subject in [mail["Subject"] for mail in box.to("new@example.org")]
    assert "Votre espace est ouvert" not in [mail["Subject"] for mail in box.to("new@example.org")]
    assert Entry.objects.filter(kind=Entry.Kind.ACCESS, summary__contains="new@example.org").exists()


def test_a_change_of_address_asks_for_the_password_again(alice):
    with time_machine.travel("2026-11-25 08:00+01:00", tick=False) as clock:
        http, _answer = sign_in("alice@example.org")
        clock.shift(timedelta(minutes=30))
        answer = http.post("/espace/adresse/", {"email": "new@example.org", "action_add": ""})
        assert answer.url.startswith("/espace/verification/")
        assert not EmailAddress.objects.filter(email="new@example.org").exists()


def test_who_signs_in_before_confirming_is_sent_the_mail_again(shop, sent):
    opening(shop, email="zoe@example.org", is_confirmed=False)
    http, answer = sign_in("zoe@example.org")
    assert (answer.url, is_in(http)) == ("/espace/adresse/a-confirmer/", False)
    assert [mail["Subject"] for mail in sent().to("zoe@example.org")] == ["Confirmez votre adresse e-mail"]


def test_a_changed_password_is_told_to_its_owner(alice, sent):
    http, _answer = sign_in("alice@example.org")
    http.post("/espace/mot-de-passe/", {"oldpassword": PASSWORD, "password1": NEW, "password2": NEW})
    (mail,) = sent().to("alice@example.org")
    assert (mail["Subject"], NEW in text_of(mail)) == ("La sécurité de votre compte a changé", False)


def test_these_mails_reach_even_who_wants_no_more_mail(access, administrator, sent):
    oppose("alice@example.org", at=timezone.now())
    send_credentials(access, by=administrator, at=timezone.now())
    assert len(sent().to("alice@example.org")) == 1


def test_an_access_needs_an_address_that_no_member_of_staff_has(shop, administrator):
    with pytest.raises(NoAddress):
        grant(shop, email=" ", by=administrator, at=timezone.now())
    with pytest.raises(AddressOfStaff):
        grant(shop, email="ADMIN@example.org", by=administrator, at=timezone.now())


def test_an_address_confirmed_already_is_not_asked_again(access, administrator):
    with pytest.raises(AlreadyConfirmed):
        ask_confirmation(access, by=administrator, at=timezone.now())


def test_one_person_of_two_clients_has_one_sign_in(alice, administrator):
    access = grant(individual(), email="ALICE@example.org", by=administrator, at=timezone.now())
    assert (access.user, alice.accesses.count()) == (alice, 2)
    assert [mail.kind for mail in Mail.objects.all()] == ["access_activated"]


def test_every_kind_has_its_text_in_both_languages():
    codes = [code for code in kinds() if code.startswith(("access_", "registration_"))]
    assert len(codes) == 11
    for code in codes:
        french, english = shipped_text(code, "fr"), shipped_text(code, "en")
        assert (french != english, bool(french[1])) == (True, True)
