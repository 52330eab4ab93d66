"""S0-15: each verb locks, guards, signs and tells."""

import threading
from contextlib import suppress
from datetime import date, timedelta

import pytest
from django.db import IntegrityError, connection, transaction

from crm.products import renewal, services
from crm.products.models import Subscription
from crm.timeline.models import Entry
from tests.products.conftest import AT, TODAY

DAY = timedelta(days=1)


def renew_twice_at_once(term: Subscription, monkeypatch, renew) -> list[str]:
    """Two renewals that both reach the writing of the next term if nothing holds one of them back."""
    meeting = threading.Barrier(2)
    answers = []

    def meet(subscription):
        with suppress(threading.BrokenBarrierError):
            meeting.wait(timeout=1)
        return renewal.next_term(subscription)

    def work():
        try:
            renew(term, at=AT)
            answers.append("renewed")
        except (services.AlreadyRenewed, IntegrityError) as refusal:
            answers.append(type(refusal).__name__)
        finally:
            connection.close()

    monkeypatch.setattr(services, "next_term", meet)
    threads = [threading.Thread(target=work) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sorted(answers)


@pytest.mark.django_db(transaction=True)
def test_two_simultaneous_renewals_make_one_next_term(subscribe, monkeypatch):
    term = subscribe()
    assert renew_twice_at_once(term, monkeypatch, services.renew) == ["AlreadyRenewed", "renewed"]
    assert Subscription.objects.filter(renews=term).count() == 1
    assert Entry.objects.filter(kind=Entry.Kind.RENEWED).count() == 1


@pytest.mark.django_db(transaction=True)
def test_without_the_lock_both_renewals_are_let_through_and_only_the_constraint_is_left(
    subscribe, monkeypatch
):
    """Negative control of the test above."""
    term = subscribe()
    read = Subscription.objects.select_related("client", "plan")
    monkeypatch.setattr(services, "_locked", lambda subscription: read.get(pk=subscription.pk))
    answers = renew_twice_at_once(term, monkeypatch, services.renew.__wrapped__)
    assert answers == ["IntegrityError", "renewed"]
    assert Subscription.objects.filter(renews=term).count() == 1


def test_the_history_is_signed_and_the_timeline_told(subscribe, administrator):
    term = subscribe()
    services.move_end(term, ends_on=TODAY, at=AT, by=administrator)
    assert term.history.first().history_user == administrator
    told = Entry.objects.get(client=term.client)
    assert (told.kind, told.by, told.at) == (Entry.Kind.SUBSCRIPTION_CHANGED, administrator, AT)
    assert (told.target_type, told.target_id) == ("products.subscription", str(term.pk))


def test_an_end_that_does_not_change_writes_nothing(subscribe):
    term = subscribe()
    services.move_end(term, ends_on=term.ends_on, at=AT)
    assert (term.history.count(), Entry.objects.count()) == (1, 0)


@pytest.mark.parametrize(
    ("fields", "day"),
    [
        ({}, date(2025, 12, 31)),
        ({}, date(9999, 12, 31)),
        ({"cancelled_on": date(2026, 6, 30)}, date(2027, 6, 30)),
        ({"archived_on": date(2026, 6, 30)}, date(2027, 6, 30)),
    ],
)
def test_an_end_is_not_moved_where_it_cannot_be(subscribe, fields, day):
    term = subscribe(**fields)
    with pytest.raises(services.Refused):
        services.move_end(term, ends_on=day, at=AT)
    term.refresh_from_db()
    assert term.ends_on == date(2026, 12, 31)


def test_an_end_is_not_moved_over_the_next_term(subscribe):
    term = subscribe()
    services.renew(term, at=AT)
    with pytest.raises(services.Refused):
        services.move_end(term, ends_on=date(2027, 1, 1), at=AT)
    assert services.move_end(term, ends_on=date(2026, 12, 15), at=AT).ends_on == date(2026, 12, 15)


@pytest.mark.parametrize("verb", [services.stop, services.cancel, services.archive])
def test_a_term_that_is_renewed_is_stopped_from_its_last_one(subscribe, verb):
    term = subscribe()
    renewed = services.renew(term, at=AT)
    with pytest.raises(services.AlreadyRenewed):
        verb(term, day=TODAY, at=AT)
    services.cancel(renewed, day=TODAY, at=AT)
    verb(term, day=TODAY, at=AT)


def test_a_cancellation_comes_within_the_term_or_before_it_begins(subscribe):
    with pytest.raises(services.Refused):
        services.cancel(subscribe(), day=date(2027, 1, 1), at=AT)
    never = services.cancel(subscribe(subscribed_on=TODAY + 9 * DAY), day=TODAY, at=AT)
    assert never.state_on(TODAY + DAY, ending_soon_days=30) == Subscription.State.CANCELLED


def test_a_stop_is_taken_back_once(subscribe):
    term = subscribe()
    services.stop(term, day=TODAY, at=AT, reason="Déménage")
    assert services.resume(term, at=AT).not_renewed_on is None
    with pytest.raises(services.Refused):
        services.resume(term, at=AT)
    assert services.renew(term, at=AT).renews == term


def test_a_stale_copy_does_not_put_an_old_end_back(subscribe):
    term = subscribe()
    stale = Subscription.objects.get(pk=term.pk)
    services.move_end(term, ends_on=date(2027, 6, 30), at=AT)
    services.stop(stale, day=TODAY, at=AT)
    term.refresh_from_db()
    assert (term.ends_on, term.not_renewed_on) == (date(2027, 6, 30), TODAY)


def test_a_refused_verb_leaves_nothing_half_written(subscribe, monkeypatch):
    term = subscribe()
    monkeypatch.setattr(services, "record", lambda *args, **fields: 1 / 0)
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        services.renew(term, at=AT)
    assert Subscription.objects.count() == 1
