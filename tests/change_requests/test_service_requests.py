"""What a client asks about a service, and what becomes of it."""

from datetime import date, timedelta

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from crm.change_requests.models import AlreadyDecided, ServiceRequest
from crm.change_requests.possible import Overtaken
from crm.change_requests.services import accept, refuse, settle, why_not, withdraw
from crm.mailing.models import Mail
from crm.organisation.models import Organisation
from crm.products import services as products
from crm.products.models import Subscription
from crm.products.renewal import AlreadyRenewed, Refused, Stopped
from crm.timeline.models import Entry
from tests import factories
from tests.change_requests.conftest import END, LATER, NOW, asked


def mails(kind: str) -> list[str]:
    return list(Mail.objects.filter(kind=kind).order_by("pk").values_list("recipient", flat=True))


def test_a_second_click_is_the_same_request(term):
    first, second = asked(term, "renew"), asked(term, "renew")
    assert (first.pk, ServiceRequest.objects.count()) == (second.pk, 1)


def test_another_answer_amends_the_open_request(term, administrator):
    first = asked(term, "renew")
    second = asked(term, "stop", message="Je déménage", at=LATER)
    assert second.pk == first.pk
    assert (second.kind, second.message, second.created_at, second.amended_at) == (
        "stop",
        "Je déménage",
        NOW,
        LATER,
    )


def test_a_bare_second_click_keeps_the_words_of_the_first(term):
    asked(term, "call_back", message="Après 18 h")
    assert asked(term, "call_back").message == "Après 18 h"


def test_the_database_itself_keeps_one_open_request_per_term(request_to_renew):
    twin = ServiceRequest.objects.get(pk=request_to_renew.pk)
    twin.pk = None
    with pytest.raises(IntegrityError), transaction.atomic():
        twin.save(force_insert=True)


def test_a_term_has_a_new_request_once_the_first_is_closed(term, administrator):
    refuse(asked(term, "renew"), reason="Impayé", by=administrator, at=LATER)
    assert asked(term, "call_back").is_open
    assert ServiceRequest.objects.count() == 2


def test_accepting_a_renewal_makes_the_next_term_and_tells_the_client(request_to_renew, administrator):
    done = accept(request_to_renew, by=administrator, at=LATER)
    following = Subscription.objects.get(renews=done.subscription)
    assert (done.status, done.decided_by, done.decided_at) == ("accepted", administrator, LATER)
    assert following.history.get().history_user == administrator
    mail = Mail.objects.get(kind="service_request_decided")
    assert (mail.recipient, mail.client) == ("chloe@example.org", done.client)
    assert "renouvelée jusqu’au 31 décembre 2027" in mail.text


def test_accepting_a_stop_stops_the_service_at_its_end(term, administrator):
    request = asked(term, "stop")
    accept(request, by=administrator, at=LATER)
    term.refresh_from_db()
    assert (term.not_renewed_on, request.code in term.stop_reason) == (timezone.localdate(LATER), True)
    assert "s’arrêtera le 31 décembre 2026" in Mail.objects.get(kind="service_request_decided").text


def test_a_renewal_that_the_product_refuses_leaves_the_request_open_and_says_why(
    request_to_renew, administrator
):
    products.stop(request_to_renew.subscription, day=date(2026, 11, 22), at=NOW)
    with pytest.raises(Stopped, match="22/11/2026"):
        accept(request_to_renew, by=administrator, at=LATER)
    request_to_renew.refresh_from_db()
    assert (request_to_renew.is_open, mails("service_request_decided")) == (True, [])


def test_what_was_done_by_hand_already_is_closed_as_accepted(request_to_renew, administrator):
    with pytest.raises(Refused):
        settle(request_to_renew, by=administrator, at=LATER)
    products.renew(request_to_renew.subscription, at=NOW)
    with pytest.raises(AlreadyRenewed):
        accept(request_to_renew, by=administrator, at=LATER)
    assert settle(request_to_renew, by=administrator, at=LATER).status == "accepted"
    assert Subscription.objects.count() == 2


def test_a_refusal_needs_a_reason_that_the_client_reads(request_to_renew, administrator):
    with pytest.raises(Refused):
        refuse(request_to_renew, reason="  ", by=administrator, at=LATER)
    refuse(request_to_renew, reason="Cette formule n’existe plus.", by=administrator, at=LATER)
    assert "Cette formule n’existe plus." in Mail.objects.get(kind="service_request_decided").text


@pytest.mark.parametrize(
    "verb",
    [
        lambda request, by: accept(request, by=by, at=LATER),
        lambda request, by: refuse(request, reason="Non", by=by, at=LATER),
        lambda request, by: settle(request, by=by, at=LATER),
        lambda request, by: withdraw(request, by=by, at=LATER),
    ],
)
@pytest.mark.parametrize("first", ["accept", "refuse", "withdraw"])
def test_a_request_is_closed_once(term, administrator, verb, first):
    request = asked(term, "call_back")
    {
        "accept": lambda: accept(request, by=administrator, at=LATER),
        "refuse": lambda: refuse(request, reason="Non", by=administrator, at=LATER),
        "withdraw": lambda: withdraw(request, by=None, at=LATER),
    }[first]()
    before = ServiceRequest.objects.values().get()
    with pytest.raises(AlreadyDecided):
        verb(request, administrator)
    assert ServiceRequest.objects.values().get() == before


def test_nothing_is_asked_of_a_term_that_was_renewed_stopped_moved_or_archived(term):
    def refusal(kind: str, ends_on=END):
        return type(why_not(Subscription.objects.get(pk=term.pk), kind, ends_on=ends_on))

    assert [refusal(kind) for kind in ("renew", "stop", "call_back")] == [type(None)] * 3
    assert refusal("renew", END + timedelta(days=1)) is Overtaken
    products.renew(term, at=NOW)
    assert [refusal(kind) for kind in ("renew", "stop", "call_back")] == [
        AlreadyRenewed,
        AlreadyRenewed,
        type(None),
    ]
    other = factories.subscription(term.client, term.plan, ends_on=END)
    products.stop(other, day=date(2026, 11, 22), at=NOW)
    assert type(why_not(Subscription.objects.get(pk=other.pk), "stop", ends_on=END)) is Stopped
    products.archive(other, day=date(2026, 11, 22), at=NOW)
    assert type(why_not(Subscription.objects.get(pk=other.pk), "call_back", ends_on=END)) is Stopped


def test_a_change_of_service_says_what_is_wanted(term, administrator):
    premium = factories.plan(name="Premium")
    request = asked(
        term, "change", plan=premium, billing_period="monthly", message="Dès janvier", origin="space"
    )
    assert request.details() == [
        "Formule souhaitée\xa0: Premium",
        "Facturation souhaitée\xa0: mensuelle",
        "Dès janvier",
    ]
    accept(request, by=administrator, at=LATER, note="C’est fait.")
    term.refresh_from_db()
    assert term.plan.name == "Confort"
    assert "C’est fait." in Mail.objects.get(kind="service_request_decided").text


def test_an_empty_change_of_service_or_one_to_a_formule_off_sale_is_refused(term):
    gone = factories.plan(name="Ancienne", is_on_sale=False)
    for details in ({}, {"plan": term.plan, "billing_period": term.billing_period}, {"plan": gone}):
        with pytest.raises(Refused):
            asked(term, "change", **details)
    assert ServiceRequest.objects.count() == 0


def test_a_link_serves_once(term, administrator):
    refuse(asked(term, "renew"), reason="Non", by=administrator, at=LATER)
    with pytest.raises(AlreadyDecided):
        asked(term, "renew", put_at=NOW)
    assert asked(term, "renew", put_at=LATER + timedelta(days=5)).is_open


# Who hears of it


def test_the_manager_hears_of_their_client_and_else_the_administrators(term, administrator, manager):
    asked(term, "renew")
    assert mails("request_received") == ["admin@example.org"]
    other = factories.subscription(factories.individual(manager=manager), term.plan, ends_on=END)
    asked(other, "renew")
    assert mails("request_received") == ["admin@example.org", "paul@example.org"]


def test_the_settings_name_who_hears_of_requests_and_whether(term, administrator):
    organisation = Organisation.objects.current()
    organisation.requests_email = "bureau@example.org"
    organisation.save()
    asked(term, "renew")
    assert mails("request_received") == ["bureau@example.org"]
    for choice in ("daily", "none"):
        organisation.request_mails = choice
        organisation.save()
        other = factories.subscription(factories.individual(), term.plan, ends_on=END)
        asked(other, "renew")
    assert mails("request_received") == ["bureau@example.org"]


def test_an_inactive_manager_hears_nothing_and_the_office_does(term, administrator, manager):
    manager.is_active = False
    manager.save()
    term.client.manager = manager
    term.client.save()
    asked(term, "renew")
    assert mails("request_received") == ["admin@example.org"]


def test_who_plays_with_the_buttons_does_not_flood_the_staff(term, administrator):
    for number in range(20):
        asked(term, ["renew", "stop"][number % 2])
    assert len(mails("request_received")) == 5


def test_the_mail_to_the_staff_says_what_is_asked_and_where_to_decide(term, administrator):
    request = asked(term, "stop", message="Je déménage\nen mars")
    text = Mail.objects.get(kind="request_received").text
    for words in ("CLT-001 Petit Chloé", "Arrêter Confort à son terme", "Je déménage", "en mars"):
        assert words in text
    assert f"/admin/change_requests/servicerequest/{request.pk}/change/" in text


def test_the_mail_to_the_staff_does_not_leave_once_the_request_is_closed(term, administrator):
    request = asked(term, "renew")
    mail = Mail.objects.get(kind="request_received")
    assert mail.declared.unwanted([mail], LATER) == {}
    accept(request, by=administrator, at=LATER)
    assert list(mail.declared.unwanted([mail], LATER)) == [mail.pk]


def test_who_asks_to_stop_receives_a_receipt_with_the_last_day(term):
    asked(term, "stop")
    asked(term, "stop")
    mail = Mail.objects.get(kind="stop_received")
    assert (mail.recipient, "31 décembre 2026" in mail.text) == ("chloe@example.org", True)


def test_a_client_reads_their_decision_in_their_language_and_the_staff_in_theirs(term, administrator):
    term.client.preferred_language = "en"
    term.client.save()
    accept(asked(term, "renew"), by=administrator, at=LATER)
    assert "Your formule is renewed until" in Mail.objects.get(kind="service_request_decided").text
    assert "Renouveler Confort" in Mail.objects.get(kind="request_received").text


def test_a_call_is_its_own_answer(term, administrator):
    accept(asked(term, "call_back"), by=administrator, at=LATER)
    assert mails("service_request_decided") == []


def test_a_client_without_an_address_is_not_written_to(term, administrator):
    term.client.email = ""
    term.client.save()
    accept(asked(term, "stop"), by=administrator, at=LATER)
    assert Mail.objects.exclude(kind="request_received").count() == 0


def test_the_timeline_tells_the_request_and_its_end(request_to_renew, administrator):
    accept(request_to_renew, by=administrator, at=LATER)
    kinds = ["requested", "renewed", "request_closed"]
    entries = Entry.objects.filter(kind__in=kinds).order_by("pk")
    assert [entry.kind for entry in entries] == kinds
    assert entries[2].summary == "SRV-001 Renouveler Confort\xa0: acceptée".replace(
        "SRV-001", request_to_renew.code
    )


# What reminders ask


@pytest.mark.parametrize(
    ("kind", "close", "is_silent"),
    [
        ("renew", None, True),
        ("stop", None, True),
        ("call_back", None, False),
        ("renew", "accept", True),
        ("renew", "refuse", False),
        ("stop", "withdraw", False),
    ],
)
def test_a_request_to_renew_or_stop_silences_its_term_until_it_is_refused(
    term, administrator, kind, close, is_silent
):
    request = asked(term, kind)
    if close == "accept":
        accept(request, by=administrator, at=LATER)
    if close == "refuse":
        refuse(request, reason="Non", by=administrator, at=LATER)
    if close == "withdraw":
        withdraw(request, by=None, at=LATER)
    expected = {(term.pk, END)} if is_silent else set()
    assert ServiceRequest.objects.silenced_terms([term]) == expected


def test_only_the_clients_of_a_manager_are_theirs(request_to_renew, manager, administrator):
    assert list(ServiceRequest.objects.visible_to(manager)) == []
    assert list(ServiceRequest.objects.visible_to(administrator)) == [request_to_renew]
