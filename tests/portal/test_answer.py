"""The buttons of a reminder: GET shows, POST answers, once (J1, J2)."""

import re
import secrets
from datetime import UTC, date, datetime, timedelta
from urllib.parse import urlsplit

import pytest
import time_machine
from django.apps import apps
from django.conf import settings
from django.core.signing import Signer
from django.test import Client as Browser

from crm.change_requests import links
from crm.change_requests.models import ServiceRequest
from crm.change_requests.services import accept, refuse, withdraw
from crm.mailing.models import Mail
from crm.organisation.models import Organisation
from crm.products import services as products
from crm.products.models import Subscription
from tests import factories

NOW = datetime(2026, 11, 22, 9, 30, tzinfo=UTC)
END = date(2026, 12, 31)
ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_:"


@pytest.fixture(autouse=True)
def _clock():
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def term(db) -> Subscription:
    Organisation.objects.current()
    client = factories.individual(email="chloe@example.org")
    return factories.subscription(client, factories.plan(), ends_on=END)


def address(term: Subscription, choice: str = "renew") -> str:
    return urlsplit(links.answer_url(term, END, choice)).path


def heading(response) -> str:
    return re.search(r"<h1>(.*?)</h1>", response.content.decode()).group(1).replace("\xa0", " ")


def everything() -> list:
    return [list(model._default_manager.order_by("pk").values_list()) for model in apps.get_models()]


@pytest.mark.parametrize(
    ("choice", "words"),
    [
        ("renew", ["Renouveler Confort ?", "31 décembre 2026", "31 décembre 2027", "120,00 € TTC"]),
        ("stop", ["Arrêter Confort ?", "jusqu’au 31 décembre 2026 inclus"]),
        ("call_back", ["Souhaitez-vous que nous vous rappelions ?", "au numéro que vous nous avez donné"]),
    ],
)
def test_following_the_link_shows_what_will_happen_and_changes_nothing(client, term, choice, words):
    before = everything()
    response = client.get(address(term, choice))
    text = response.content.decode().replace("\xa0", " ").replace("\u202f", " ").replace("&nbsp;", " ")
    assert response.status_code == 200
    assert [word for word in words if word not in text] == []
    assert client.head(address(term, choice)).status_code == 200
    assert everything() == before


def test_pressing_the_button_notes_the_answer_once(client, term):
    where = address(term, "stop")
    for _press in range(5):
        response = client.post(where, {"message": "Je déménage"}, follow=True)
    request = ServiceRequest.objects.get()
    assert (request.kind, request.origin, request.message, request.asked_by) == (
        "stop",
        "mail",
        "Je déménage",
        None,
    )
    assert (request.ends_on, heading(response)) == (END, "C’est noté, merci")
    assert Mail.objects.filter(kind="stop_received").count() == 1


def test_another_button_of_the_same_mail_says_what_it_replaces_and_amends(client, term):
    client.post(address(term, "renew"))
    shown = client.get(address(term, "stop")).content.decode()
    assert "Renouveler Confort. Si vous confirmez ici" in shown
    client.post(address(term, "stop"))
    assert ServiceRequest.objects.get().kind == "stop"


def test_once_decided_the_link_has_served_and_tells_the_decision(client, term, administrator):
    where = address(term)
    client.post(where)
    refuse(ServiceRequest.objects.get(), reason="Un impayé bloque.", by=administrator, at=NOW)
    response = client.post(where, follow=True)
    assert heading(response) == "Votre demande a sa réponse"
    assert "Un impayé bloque." in response.content.decode()
    assert ServiceRequest.objects.get().status == "refused"


def test_the_link_of_a_later_mail_may_ask_again_after_a_refusal(client, term, administrator):
    client.post(address(term))
    refuse(ServiceRequest.objects.get(), reason="Pas encore.", by=administrator, at=NOW)
    with time_machine.travel(NOW + timedelta(days=7), tick=False):
        client.post(address(term))
    assert [one.status for one in ServiceRequest.objects.oldest_first()] == ["refused", "open"]


def test_an_accepted_renewal_tells_until_when(client, term, administrator):
    where = address(term)
    client.post(where)
    accept(ServiceRequest.objects.get(), by=administrator, at=NOW)
    assert "renouvelée jusqu’au 31 décembre 2027" in client.get(where).content.decode()


def test_a_withdrawn_request_is_not_made_again_by_the_same_link(client, term):
    where = address(term)
    client.post(where)
    withdraw(ServiceRequest.objects.get(), by=None, at=NOW)
    assert "a été retirée" in client.post(where, follow=True).content.decode()
    assert ServiceRequest.objects.get().status == "withdrawn"


@pytest.mark.parametrize(
    ("happen", "choice", "said"),
    [
        (lambda term: products.renew(term, at=NOW), "renew", "Déjà renouvelée"),
        (lambda term: products.renew(term, at=NOW), "stop", "Déjà renouvelée"),
        (lambda term: products.stop(term, day=NOW.date(), at=NOW), "renew", "Cette formule s’arrête"),
        (lambda term: products.stop(term, day=NOW.date(), at=NOW), "stop", "Cette formule s’arrête"),
        (
            lambda term: products.move_end(term, ends_on=date(2027, 1, 31), at=NOW),
            "renew",
            "La date de fin a changé",
        ),
    ],
)
def test_what_happened_meanwhile_has_its_own_page_and_nothing_is_asked(client, term, happen, choice, said):
    where = address(term, choice)
    happen(term)
    assert heading(client.get(where)) == said
    assert heading(client.post(where, follow=True)) == said
    assert ServiceRequest.objects.count() == 0


def test_a_link_is_good_until_some_days_after_the_end(client, term):
    where = address(term)
    with time_machine.travel(datetime(2027, 1, 15, 12, tzinfo=UTC)):
        assert heading(client.get(where)) == "Renouveler Confort ?"
    with time_machine.travel(datetime(2027, 1, 16, 12, tzinfo=UTC)):
        response = client.get(where)
        assert (response.status_code, heading(response)) == (410, "Ce lien n’est plus valable")
        client.post(where)
    assert ServiceRequest.objects.count() == 0


def test_ten_thousand_altered_links_are_all_refused(term):
    """J1."""
    good = links.token(term.pk, END, "renew", at=NOW)
    accepted = []
    for number in range(10_000):
        place = secrets.randbelow(len(good))
        altered = [
            good[:place] + secrets.choice(ALPHABET) + good[place + 1 :],
            good[:place] + good[place + 1 :],
            good[:place] + secrets.choice(ALPHABET) + good[place:],
            good[:place],
            "".join(secrets.choice(ALPHABET) for _letter in range(len(good))),
        ][number % 5]
        try:
            if altered != good and links.read(altered):
                accepted.append(altered)
        except links.Forged:
            continue
    assert accepted == []


def test_a_forged_link_and_one_of_a_service_that_is_no_more_give_the_same_page(client, term):
    gone = address(term)
    Subscription.objects.all().delete()
    pages = [client.get(where) for where in (gone, "/espace/reponse/nimporte-quoi/", gone[:-4] + "AAA/")]
    assert {page.status_code for page in pages} == {404}
    assert len({page.content for page in pages}) == 1
    assert {client.post(where).status_code for where in (gone, "/espace/reponse/x/")} == {404}


def test_a_link_tells_no_key_and_never_twice_the_same_way(term):
    one, other = (links.token(term.pk, END, "renew", at=NOW) for _time in range(2))
    assert one.split(":")[0] != other.split(":")[0]
    assert links.read(one) == links.read(other)


def test_a_link_signed_for_something_else_is_refused(term):
    body = links.token(term.pk, END, "renew", at=NOW).rpartition(":")[0]
    with pytest.raises(links.Forged):
        links.read(Signer(salt="another use").sign(body))


def test_links_outlive_a_change_of_the_secret_key(term, settings):
    old = links.token(term.pk, END, "stop", at=NOW)
    settings.SECRET_KEY_FALLBACKS, settings.SECRET_KEY = [settings.SECRET_KEY], "another-key-for-the-test"
    assert links.read(old) == links.Link(term.pk, END, ServiceRequest.Kind.STOP, NOW)
    settings.SECRET_KEY_FALLBACKS = []
    with pytest.raises(links.Forged):
        links.read(old)


def test_the_page_is_kept_by_nobody_and_runs_nothing(client, term):
    for where in (address(term), "/espace/reponse/x/"):
        response = client.get(where)
        policy = response["Content-Security-Policy"]
        assert "no-store" in response["Cache-Control"]
        assert response["X-Robots-Tag"] == "noindex, nofollow"
        assert ("default-src 'none'" in policy, "unsafe-inline" in policy, "script-src" in policy) == (
            True,
            False,
            False,
        )
        html = response.content.decode()
        assert re.findall(r"<script|<style|style=|\son\w+=", html) == []
        assert re.findall(r'(?:src|href|action)="(?:https?:)?//[^"]+', html) == []


def test_the_page_speaks_the_language_of_the_client(client, term):
    term.client.preferred_language = "en"
    term.client.save()
    response = client.get(address(term))
    assert (heading(response), '<html lang="en">' in response.content.decode()) == ("Renew Confort?", True)
    client.post(address(term))
    assert "Renouveler Confort" in term.client.timeline.latest("pk").summary


def test_other_methods_are_refused(client, term):
    assert {getattr(client, verb)(address(term)).status_code for verb in ("put", "delete", "patch")} == {405}


def test_a_post_from_another_site_is_refused(term):
    browser = Browser(enforce_csrf_checks=True)
    assert browser.post(address(term)).status_code == 403
    assert ServiceRequest.objects.count() == 0


def test_the_address_begins_with_the_installation_s_own(term):
    assert links.answer_url(term, END, "renew").startswith(f"{settings.SITE_URL}/espace/reponse/")
    assert links.answer_url(term.pk, END, "renew").startswith(f"{settings.SITE_URL}/espace/reponse/")


def test_too_long_a_message_is_told_and_nothing_is_asked(client, term):
    response = client.post(address(term, "stop"), {"message": "x" * 1001})
    assert (response.status_code, "errorlist" in response.content.decode()) == (200, True)
    assert ServiceRequest.objects.count() == 0
