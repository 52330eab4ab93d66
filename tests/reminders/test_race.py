"""A4: two processes that look for due reminders at the same time."""

from datetime import date, timedelta

import pytest

from crm.mailing.models import Mail
from crm.products.models import Subscription
from crm.reminders.models import Reminder
from tests import factories
from tests.processes import finished, start
from tests.reminders.playing import LONG_AGO

pytestmark = pytest.mark.django_db(transaction=True)

END = date(2026, 11, 30)
PASS = """
from datetime import date
from django.utils import timezone
from crm.reminders.choosing import chosen
from crm.reminders.writing import Occasion
from crm.reminders import services
day = date(2026, 11, 22)
choices = chosen(day)
print(len(choices), flush=True)
sys.stdin.readline()
{control}
for lot in services._lots(choices):
    services._written(lambda: services.write(lot, Occasion(day, timezone.now())))
"""
# The control: each process writes under a number of its own, so that no constraint holds it back.
WITHOUT_CONSTRAINT = """
import dataclasses
from crm.reminders.timetable import Due
choices = [
    dataclasses.replace(one, due=Due(mail=dataclasses.replace(one.due.mail, days=100 + {number})))
    for one in choices
]
"""


def services_ending(count: int) -> None:
    client, plan = factories.individual(email="zoe@example.org"), factories.plan()
    rows = [
        Subscription(
            client=client,
            plan=plan,
            subscribed_on=END - timedelta(days=364),
            ends_on=END,
            end_known_on=LONG_AGO,
            price_excl_tax=plan.price_excl_tax,
            vat_rate=plan.vat_rate,
        )
        for _number in range(count)
    ]
    for row in rows:
        row.prepare()
    Subscription.objects.bulk_create(rows)  # history


def both_write(controls: tuple[str, str]) -> int:
    """Two processes choose, then write together; returns how many mails there are."""
    both = [start(PASS.format(control=control)) for control in controls]
    for process in both:
        process.stdout.readline()
    for process in both:
        process.stdin.write(b"\n")
        process.stdin.flush()
    for process in both:
        finished(process)
    return Mail.objects.count()


@pytest.mark.parametrize("count", [100, pytest.param(2000, marks=pytest.mark.drill)])
def test_two_passes_at_the_same_time_write_each_reminder_once(rules, count):
    services_ending(count)
    assert both_write(("", "")) == count
    assert Reminder.objects.filter(status="mailed").count() == count


@pytest.mark.drill
def test_without_the_constraint_each_reminder_is_written_twice(rules):
    """The control."""
    services_ending(100)
    assert both_write(tuple(WITHOUT_CONSTRAINT.format(number=number) for number in (1, 2))) == 200
