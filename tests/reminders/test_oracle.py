"""The engine and a plain account of its rules agree on every mail, over random services, outages, moved ends,
renewals and both changes of the clocks."""

from collections import defaultdict
from datetime import date, datetime, time, timedelta

import pytest
import time_machine
from django.utils import timezone

from crm.mailing.models import Mail
from crm.organisation.models import Organisation
from crm.products import services as products
from crm.products.models import Subscription
from crm.products.renewal import Refused
from crm.reminders.jobs import send_due_reminders
from crm.reminders.mails import unwanted
from crm.reminders.models import Reminder
from tests import factories
from tests.drills import mostly_drilled
from tests.reminders.oracle import Service, play, world

# Holds 25 October 2026 and 28 March 2027, the night hours of which come twice and not at all.
FIRST = date(2026, 9, 15)
HOURS = [time(0, 5), time(1, 59), time(2, 30), time(3, 1), time(12), time(23, 50)]


def moment(day: date, index: int) -> datetime:
    return timezone.make_aware(datetime.combine(day, HOURS[index % len(HOURS)]))


def create(services: list[Service]) -> list[Subscription]:
    client, plan = factories.individual(email="zoe@example.org"), factories.plan()
    rows = [
        Subscription(
            client=client,
            plan=plan,
            subscribed_on=date(2020, 1, 1),
            ends_on=service.ends_on,
            end_known_on=service.known_on,
            price_excl_tax=plan.price_excl_tax,
            vat_rate=plan.vat_rate,
            # Put away until it is known.
            archived_on=date(2020, 1, 1),
        )
        for service in services
    ]
    for row in rows:
        row.prepare()
    return Subscription.objects.bulk_create(rows)  # history


def happen(term: Subscription, kind: str, value: date | None, day: date, at: datetime) -> None:
    term.refresh_from_db()
    try:
        if kind == "move":
            products.move_end(term, ends_on=value, at=at)
        elif kind == "renew":
            products.renew(term, at=at)
        elif kind == "stop":
            products.stop(term, day=day, at=at)
        elif kind == "cancel":
            products.cancel(term, day=min(day, term.ends_on), at=at)
    except Refused:
        assert kind == "move"


def engine(services: list[Service], days: int, asleep: set[date], mute: set[date]) -> dict[int, list]:
    """What left, by place of the service: (day, offset, end date)."""
    organisation = Organisation.objects.current()
    organisation.reminders_from_hour = 0
    organisation.save()
    terms = create(services)
    born, happening = defaultdict(list), defaultdict(list)
    for place, service in enumerate(services):
        born[service.known_on].append(terms[place].pk)
        for day, event in service.events.items():
            happening[day].append((place, event))
    for number in range(days):
        day = FIRST + timedelta(days=number)
        at = moment(day, number)
        with time_machine.travel(at, tick=False):
            Subscription.objects.filter(pk__in=born[day]).update(archived_on=None)
            for place, (kind, value) in happening[day]:
                happen(terms[place], kind, value, day, at)
            if day not in asleep:
                send_due_reminders()
                if day not in mute:
                    leave(at)
    place_of = {term.pk: place for place, term in enumerate(terms)}
    left = defaultdict(list)
    sent = Reminder.mails.through.objects.filter(mail__status="sent").select_related("mail", "reminder")
    for link in sent:
        if link.reminder.subscription_id in place_of:
            told = (timezone.localdate(link.mail.sent_at), link.reminder.days, link.reminder.ends_on)
            left[place_of[link.reminder.subscription_id]].append(told)
    return {place: sorted(rows) for place, rows in left.items()}


def leave(at: datetime) -> None:
    """The mails that wait leave, but for those that the reminders no longer want."""
    waiting = list(Mail.objects.waiting())
    refused = unwanted(waiting, at)
    Mail.objects.filter(pk__in=refused).update(status="cancelled")
    Mail.objects.waiting().update(status="sent", sent_at=at)


def compare(seed: int, number: int, days: int) -> int:
    services, asleep, mute = world(seed, number, FIRST, days)
    expected = {
        place: sorted(told)
        for place, service in enumerate(services)
        if (told := play(service, FIRST, FIRST + timedelta(days=days - 1), asleep, mute))
    }
    found = engine(services, days, asleep, mute)
    differing = [place for place in range(number) if expected.get(place) != found.get(place)]
    explained = [(services[place], expected.get(place), found.get(place)) for place in differing[:3]]
    assert explained == [], f"{len(differing)} differ; asleep {sorted(asleep)}, mute {sorted(mute)}"
    return sum(len(told) for told in expected.values())


@pytest.mark.parametrize("seed", mostly_drilled([1, 2], kept=1))
def test_the_engine_does_what_the_oracle_says(rules, seed):
    assert compare(seed, number=150, days=220) > 200


@pytest.mark.drill
def test_the_engine_does_what_the_oracle_says_of_ten_thousand_services(rules):
    assert compare(3, number=10_000, days=400) > 20_000


@pytest.mark.drill
def test_an_oracle_that_is_a_day_off_is_found_out(rules, monkeypatch):
    """The control: the comparison can fail."""
    monkeypatch.setattr("tests.reminders.oracle.OFFSETS", (31, 15, 8, 5, 3, 1))
    with pytest.raises(AssertionError, match="differ"):
        compare(1, number=60, days=200)
