"""An e-mail that is also the sign-in: it counts once confirmed at the new address, and is never changed in silence.

The rule. The office accepts another e-mail for the record: mails leave to it at once, and whoever signs in with the
former one confirms the new one before they sign in with it. Somebody confirms another address on the page of their
sign-in: they sign in with it at once, and the record asks to follow, as for any other field; the office decides.
"""

import pytest
from allauth.account.models import EmailAddress
from django.utils import timezone

from crm.access.addresses import awaited_addresses
from crm.access.models import Access
from crm.change_requests.models import ChangedField, ChangeRequest
from crm.change_requests.services import accept_all, submit
from crm.clients.models import Client
from crm.mailing.models import Mail
from crm.organisation.models import Organisation
from crm.timeline.models import Entry
from tests.access.conftest import PASSWORD, is_in, sign_in
from tests.factories import individual, opening, staff


@pytest.fixture
def chloe(db) -> Client:
    return individual(email="chloe@example.org")


@pytest.fixture
def user(chloe):
    return opening(chloe, email="chloe@example.org")


def accepted(client: Client, email: str, by) -> ChangeRequest:
    now = timezone.now()
    return accept_all(submit(client, {"email": email}, by=None, at=now), by=by, at=now)


def link_to(email: str) -> str:
    _html, text = Mail.objects.filter(kind="access_confirmation", recipient=email).latest("pk").to_leave()
    place = text.index("/espace/adresse/confirmation/")
    return text[place:].split(")")[0].split()[0]


def addresses(user) -> set[tuple[str, bool]]:
    return set(EmailAddress.objects.filter(user=user).values_list("email", "verified"))


def test_an_accepted_address_opens_nothing_before_it_is_confirmed_there(chloe, user, administrator):
    """D9."""
    accepted(chloe, "nouvelle@example.org", administrator)
    chloe.refresh_from_db()
    assert (chloe.email, awaited_addresses([user])) == (
        "nouvelle@example.org",
        {user.pk: "nouvelle@example.org"},
    )
    assert addresses(user) == {("chloe@example.org", True), ("nouvelle@example.org", False)}
    assert not is_in(sign_in("nouvelle@example.org")[0])
    http, _answer = sign_in("chloe@example.org")
    assert "Vous vous connectez toujours avec chloe@example.org" in http.get("/espace/").content.decode()
    told = Mail.objects.filter(kind="change_request_decided").order_by("pk")
    assert [mail.recipient for mail in told] == ["chloe@example.org", "nouvelle@example.org"]
    assert "gardez votre ancienne adresse" in told[0].text
    said = Entry.objects.filter(kind=Entry.Kind.ACCESS, is_visible_to_client=True).latest("pk")
    assert "reste chloe@example.org jusqu’à la confirmation de nouvelle@example.org" in said.summary

    http.post(link_to("nouvelle@example.org"))
    user.refresh_from_db()
    assert (user.email, awaited_addresses([user])) == ("nouvelle@example.org", {})
    assert addresses(user) == {("nouvelle@example.org", True)}
    changed = Mail.objects.filter(kind="access_email_changed").order_by("recipient")
    assert [mail.recipient for mail in changed] == ["chloe@example.org", "nouvelle@example.org"]
    assert is_in(sign_in("nouvelle@example.org")[0])
    assert not is_in(sign_in("chloe@example.org")[0])
    assert not ChangeRequest.objects.open().exists()


def test_who_signs_in_with_another_address_keeps_it(chloe, administrator):
    president = opening(chloe, email="presidente@example.org")
    accepted(chloe, "nouvelle@example.org", administrator)
    assert addresses(president) == {("presidente@example.org", True)}
    assert not Mail.objects.filter(kind="access_confirmation").exists()


def test_a_closed_access_is_not_asked(chloe, user, administrator):
    Access.objects.update(is_enabled=False)
    accepted(chloe, "nouvelle@example.org", administrator)
    assert addresses(user) == {("chloe@example.org", True)}


@pytest.mark.parametrize("other", ["client", "staff"])
def test_an_address_with_which_somebody_else_signs_in_moves_no_sign_in(chloe, user, administrator, other):
    if other == "client":
        opening(individual(), email="prise@example.org")
    else:
        staff("prise@example.org")
    accepted(chloe, "prise@example.org", administrator)
    assert addresses(user) == {("chloe@example.org", True)}
    said = Entry.objects.filter(kind=Entry.Kind.ACCESS).latest("pk")
    assert ("quelqu’un d’autre se connecte" in said.summary, said.is_visible_to_client) == (True, False)


def test_a_second_change_takes_the_place_of_the_first_and_going_back_gives_it_up(chloe, user, administrator):
    accepted(chloe, "une@example.org", administrator)
    first = link_to("une@example.org")
    accepted(chloe, "deux@example.org", administrator)
    assert addresses(user) == {("chloe@example.org", True), ("deux@example.org", False)}
    http, _answer = sign_in("chloe@example.org")
    http.post(first)
    assert addresses(user) == {("chloe@example.org", True), ("deux@example.org", False)}
    accepted(chloe, "chloe@example.org", administrator)
    assert addresses(user) == {("chloe@example.org", True)}


def test_an_address_never_confirmed_follows_too(chloe, administrator):
    user = opening(chloe, email="chloe@example.org", is_confirmed=False)
    accepted(chloe, "nouvelle@example.org", administrator)
    http, _answer = sign_in("chloe@example.org")
    http.post(link_to("nouvelle@example.org"))
    user.refresh_from_db()
    assert (user.email, addresses(user)) == ("nouvelle@example.org", {("nouvelle@example.org", True)})
    assert is_in(sign_in("nouvelle@example.org")[0])


# From the page of the sign-in


def change_own(email: str, to: str) -> None:
    http, _answer = sign_in(email)
    http.post("/espace/verification/?next=/espace/adresse/", {"password": PASSWORD})
    http.post("/espace/adresse/", {"email": to, "action_add": ""})
    http.post(link_to(to))


def test_a_sign_in_changed_by_its_owner_asks_the_record_to_follow(chloe, user, administrator):
    elsewhere = individual(email="autre@example.org")
    Access.objects.create(user=user, client=elsewhere, since=timezone.now())
    Client.objects.filter(pk=elsewhere.pk).update(email="autre@example.org")
    sign_in("chloe@example.org")[0].post("/espace/choix/", {"client": chloe.pk})
    change_own("chloe@example.org", "nouvelle@example.org")
    user.refresh_from_db()
    chloe.refresh_from_db()
    assert (user.email, chloe.email) == ("nouvelle@example.org", "chloe@example.org")
    request = ChangeRequest.objects.open().get()
    assert (request.client, request.asked_by) == (chloe, user)
    row = ChangedField.objects.get()
    assert (row.name, row.old, row.new) == ("email", "chloe@example.org", "nouvelle@example.org")

    accept_all(request, by=administrator, at=timezone.now())
    chloe.refresh_from_db()
    assert (chloe.email, addresses(user)) == ("nouvelle@example.org", {("nouvelle@example.org", True)})


def test_where_clients_may_not_ask_for_it_the_timeline_alone_tells(chloe, user):
    organisation = Organisation.objects.current()
    organisation.open_fields = ["city"]
    organisation.save()
    change_own("chloe@example.org", "nouvelle@example.org")
    user.refresh_from_db()
    assert (user.email, ChangeRequest.objects.count()) == ("nouvelle@example.org", 0)
    assert "chloe@example.org devient nouvelle@example.org" in Entry.objects.latest("pk").summary
