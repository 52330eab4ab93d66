"""When the reminders complain."""

from datetime import datetime, timedelta

import pytest
from django.db.migrations.recorder import MigrationRecorder
from django.utils import timezone

from crm.reminders.health import reminders
from crm.reminders.models import Run

NOW = timezone.make_aware(datetime(2026, 11, 23, 9))
HOURS = timedelta(hours=1)


@pytest.fixture
def installed(db):
    """The base has had reminders since a week."""
    MigrationRecorder.Migration.objects.filter(app="reminders").update(applied=NOW - timedelta(days=7))


def passed(at: datetime) -> None:
    Run.objects.create(day=timezone.localdate(at), finished_at=at)


def test_a_pass_of_today_is_no_complaint(installed):
    passed(NOW - 26 * HOURS)
    assert reminders(NOW) == []


def test_no_pass_for_more_than_a_day_is_one(installed):
    passed(NOW - 60 * HOURS)
    passed(NOW - 27 * HOURS)
    assert reminders(NOW) == [
        "Les relances n’ont pas été préparées depuis 1\xa0jour\xa0: le planificateur est-il en marche\xa0?"
    ]


def test_a_base_that_never_had_a_pass_complains_once_it_is_old_enough(installed):
    assert reminders(NOW) == [
        "Les relances n’ont encore jamais été préparées\xa0: le planificateur est-il en marche\xa0?"
    ]


def test_a_fresh_base_is_given_26_hours(db):
    MigrationRecorder.Migration.objects.filter(app="reminders").update(applied=NOW - 25 * HOURS)
    assert reminders(NOW) == []
    assert reminders(NOW + 2 * HOURS) != []
