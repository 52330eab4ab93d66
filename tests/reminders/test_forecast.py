"""What the calendar foresees is what the days then do."""

from datetime import date

import pytest

from crm.products.models import Subscription
from crm.reminders.forecast import Forecast, What
from crm.reminders.models import Pause, Reminder
from tests.drills import mostly_drilled
from tests.reminders.playing import DAY, everything_leaves, noon, pass_on
from tests.reminders.population import populate

TODAY = date(2026, 11, 22)
LAST = TODAY + 30 * DAY
pytestmark = pytest.mark.usefixtures("rules")


def forecast(user, *, today: date = TODAY, last: date = LAST) -> Forecast:
    return Forecast(user, today=today, last=last)


def what_each_day_does(first: date, last: date) -> dict[date, set[tuple[str, int, int]]]:
    """(what, subscription, days of the offset) that the passes of these days write."""
    found, day = {}, first
    while day <= last:
        before = set(Subscription.objects.values_list("pk", flat=True))
        run = pass_on(day)
        everything_leaves(noon(day))
        rows = Reminder.objects.filter(day=day, written_at=noon(day), by=None)
        sent = rows.filter(status__in=[Reminder.Status.MAILED, Reminder.Status.LETTER])
        done = {
            (
                What.NOTICES if row.purpose == Reminder.Purpose.NOTICE else What.REMINDERS,
                row.subscription_id,
                row.days,
            )
            for row in sent
        }
        renewals = Subscription.objects.exclude(pk__in=before).values_list("renews", flat=True)
        found[day] = done | {(What.RENEWALS, pk, 0) for pk in renewals}
        assert run.renewed == len(renewals)
        day += DAY
    return found


def what_is_foreseen(found: Forecast) -> dict[date, set[tuple[str, int, int]]]:
    told = {}
    for day in found.days():
        listed = {
            (what, term.pk, found.offset_of(term, day.on) if what == What.REMINDERS else 0)
            for what in What
            for term in Subscription.objects.filter(pk__in=list(found.listed(day.on, what)))
        }
        assert {what: number for what, number in day.numbers.items() if number} == {
            what: number for what in What if (number := sum(one[0] == what for one in listed))
        }
        told[day.on] = listed
    return told


@pytest.mark.parametrize("seed", mostly_drilled(range(12), kept=4))
@pytest.mark.parametrize("holidays", [None, (4, 11), (-3, 5)], ids=["", "holidays ahead", "holidays now"])
def test_what_is_foreseen_is_what_the_days_then_do(administrator, seed, holidays):
    populate(seed, TODAY)
    if holidays:
        starts, ends = holidays
        Pause.objects.create(starts_on=TODAY + starts * DAY, ends_on=TODAY + ends * DAY)
    told = what_is_foreseen(forecast(administrator))
    assert told == what_each_day_does(TODAY, LAST)
    assert sum(map(len, told.values())) > 20
