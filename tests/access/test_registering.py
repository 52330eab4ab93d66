"""Asking for an account in public: closed by default, confirmed by mail, decided by staff, and only then a client."""

import pytest
from django.contrib.auth.models import Permission
from django.test import Client as HttpClient
from django.utils import timezone

from crm.access.models import Access, Registration
from crm.access.registering import AlreadyDecided, NotConfirmed, accept, forget_unconfirmed, refuse
from crm.accounts.models import User
from crm.clients.models import Client, NotDuplicate
from crm.mailing.models import Mail
from crm.organisation.models import Organisation
from tests.access.conftest import is_in, links_in, sign_in
from tests.factories import individual, staff

FORM = "/espace/inscription/"
QUEUE = "/admin/access/registration/"
FIREFOX = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:140.0) Gecko/20100101 Firefox/140.0"


@pytest.fixture
def is_open(db):
    organisation = Organisation.objects.current()
    organisation.is_registration_open = True
    organisation.save()


def filled(**fields) -> dict:
    return {
        "kind": "individual",
        "first_name": "Zoé",
        "last_name": "Nouvelle",
        "email": "Zoe@Example.org",
        "telephone": "06 39 98 00 01",
        "postcode": "45000",
        "city": "Orléans",
        "message": "Je voudrais la lettre trimestrielle.",
        **fields,
    }


def ask(query: str = "", **fields):
    return HttpClient().post(FORM + query, filled(**fields), headers={"user-agent": FIREFOX})


@pytest.fixture
def asked(is_open, sent) -> Registration:
    """Zoé's, her address confirmed."""
    ask()
    HttpClient().post(links_in(sent().to("zoe@example.org")[0])[0])
    return Registration.objects.get()


def test_it_is_closed_unless_a_setting_opens_it(db):
    assert HttpClient().get(FORM).status_code == 404
    ask()
    assert (
        Registration.objects.count(),
        b"inscription" in HttpClient().get("/espace/connexion/").content,
    ) == (0, False)


def test_asking_makes_neither_a_client_nor_a_user(is_open):
    answer = ask()
    assert (answer.status_code, answer.url) == (302, "/espace/inscription/envoyee/")
    assert (Registration.objects.count(), Client.objects.count(), User.objects.count()) == (1, 0, 0)


def test_the_campaign_and_the_device_are_kept(is_open):
    ask("?utm_source=salon&utm_campaign=automne&utm_evil=x")
    row = Registration.objects.get()
    assert (row.utm_source, row.utm_campaign, row.utm_medium, row.device) == (
        "salon",
        "automne",
        "",
        "Firefox sur Windows",
    )


def test_the_answer_is_the_same_for_an_address_that_has_an_account(is_open, alice, sent):
    known, unknown = ask(email="alice@example.org"), ask()
    assert (known.status_code, known.url) == (unknown.status_code, unknown.url)
    assert Registration.objects.count() == 1
    assert [mail["Subject"] for mail in sent().to("alice@example.org")] == ["Vous avez déjà un compte"]


def test_an_address_that_nobody_confirmed_waits_apart(is_open, administrator, staff_client):
    ask()
    assert "zoe@example.org" not in staff_client.get(QUEUE).content.decode()
    assert "zoe@example.org" in staff_client.get(f"{QUEUE}?status=unconfirmed").content.decode()
    with pytest.raises(NotConfirmed):
        accept(Registration.objects.get(), by=administrator, at=timezone.now())


def test_reading_the_link_confirms_nothing(is_open, sent):
    """Programs that read mails follow links."""
    ask()
    HttpClient().get(links_in(sent().to("zoe@example.org")[0])[0])
    assert Registration.objects.get().email_confirmed_at is None


def test_a_forged_link_is_no_page(is_open):
    assert HttpClient().get("/espace/inscription/confirmation/MQ:1abc:xyz/").status_code == 404


def test_accepting_makes_the_client_with_what_was_said_and_lets_them_in(asked, staff_client, sent):
    staff_client.post(f"{QUEUE}{asked.pk}/accept/")
    client = Client.objects.get()
    assert (client.first_name, client.email, client.mobile, client.city) == (
        "Zoé",
        "zoe@example.org",
        "+33639980001",
        "Orléans",
    )
    assert (client.source, client.registered_device, "trimestrielle" in client.notes) == (
        "Inscription en ligne", "Firefox sur Windows", True,
    )  # fmt: skip
    mail = sent().to("zoe@example.org")[-1]
    http = HttpClient()
    form = http.get(links_in(mail)[0], follow=True)
    http.post(
        form.request["PATH_INFO"], {"password1": "a-new-correct-horse", "password2": "a-new-correct-horse"}
    )
    assert is_in(sign_in("zoe@example.org", "a-new-correct-horse")[0])


def test_it_is_decided_once(asked, administrator):
    accept(asked, by=administrator, at=timezone.now())
    for decide in (
        lambda: accept(asked, by=administrator, at=timezone.now()),
        lambda: refuse(asked, by=administrator, at=timezone.now(), reason="Non"),
    ):
        with pytest.raises(AlreadyDecided):
            decide()
    assert Client.objects.count() == 1


def test_refusing_says_why_by_mail(asked, staff_client, sent):
    staff_client.post(f"{QUEUE}{asked.pk}/refuse/", {"reason": "Nous ne servons que les professionnels."})
    mail = sent().to("zoe@example.org")[-1]
    assert "Nous ne servons que les professionnels." in mail.get_body(("plain",)).get_content()
    assert (Client.objects.count(), Registration.objects.get().status) == (0, "refused")


def test_a_refusal_without_a_reason_is_not_sent(asked, staff_client):
    staff_client.post(f"{QUEUE}{asked.pk}/refuse/", {"reason": " "})
    assert (Registration.objects.get().status, Mail.objects.filter(kind="registration_refused").count()) == (
        "pending",
        0,
    )


def test_the_records_it_looks_like_are_shown_and_one_may_be_given_access(asked, staff_client):
    known = individual(last_name="Nouvelle", first_name="Zoé", email="zoe@example.org")
    html = staff_client.get(f"{QUEUE}{asked.pk}/change/").content.decode()
    assert ("même e-mail" in html, "C’est ce client" in html) == (True, True)
    staff_client.post(f"{QUEUE}{asked.pk}/accept/", {"client": known.pk})
    assert (Client.objects.count(), Access.objects.get().client) == (1, known)


def test_accepted_as_another_client_the_pair_is_told_apart(asked, staff_client):
    individual(mobile="+33639980001")
    staff_client.post(f"{QUEUE}{asked.pk}/accept/")
    assert (Client.objects.count(), NotDuplicate.objects.count()) == (2, 1)


def test_a_client_it_does_not_look_like_cannot_be_named(asked, staff_client):
    other = individual(last_name="Autre")
    assert staff_client.post(f"{QUEUE}{asked.pk}/accept/", {"client": other.pk}).status_code == 403
    assert Access.objects.count() == 0


def test_a_manager_does_not_learn_whom_it_looks_like(asked, client):
    individual(last_name="Zorglub", email="zoe@example.org")
    manager = staff("paul@example.org", "Manager")
    manager.user_permissions.add(Permission.objects.get(codename="decide_registration"))
    client.force_login(manager)
    html = client.get(f"{QUEUE}{asked.pk}/change/").content.decode()
    assert ("suivie par un autre gestionnaire" in html, "Zorglub" in html) == (True, False)
    client.post(f"{QUEUE}{asked.pk}/accept/")
    assert Client.objects.get(last_name="Nouvelle").manager == manager


def test_without_the_right_nobody_decides(asked, client):
    client.force_login(staff("paul@example.org", "Manager"))
    assert {client.post(f"{QUEUE}{asked.pk}/{verb}/").status_code for verb in ("accept", "refuse")} == {403}
    assert Registration.objects.get().status == "pending"


@pytest.mark.parametrize(
    ("fields", "wrong"),
    [
        ({"kind": "association"}, "organisation_name"),
        ({"email": "zoe"}, "email"),
        ({"telephone": "12"}, "telephone"),
        ({"kind": "martian"}, "kind"),
        ({"last_name": ""}, "last_name"),
    ],
)
def test_what_a_record_would_refuse_is_refused_at_once(is_open, fields, wrong):
    answer = ask(**fields)
    assert (answer.status_code, list(answer.context["form"].errors), Registration.objects.count()) == (
        200,
        [wrong],
        0,
    )


def test_a_robot_that_fills_every_field_is_thanked_and_forgotten(is_open):
    assert ask(website="https://spam.example").status_code == 302
    assert (Registration.objects.count(), Mail.objects.count()) == (0, 0)


def test_what_nobody_confirmed_is_forgotten(is_open, asked):
    ask(email="other@example.org")
    assert forget_unconfirmed(before=timezone.now()) == 1
    assert Registration.objects.get() == asked


def test_extra_fields_decide_nothing(is_open):
    ask(status="accepted", email_confirmed_at="2026-01-01", decided_by="1", client="1")
    row = Registration.objects.get()
    assert (row.status, row.email_confirmed_at, row.decided_by, row.client) == ("pending", None, None, None)
