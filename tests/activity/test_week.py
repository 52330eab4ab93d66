from datetime import UTC, date, datetime

import pytest

from crm.activity.models import Intervention
from crm.activity.week import monday_of, week_of
from tests.factories import individual, intervention

TODAY = date(2026, 11, 25)
MONDAY = date(2026, 11, 23)


@pytest.mark.parametrize(
    ("text", "monday"),
    [
        ("2026-11-23", MONDAY),
        ("2026-11-29", MONDAY),
        ("", MONDAY),
        ("hier", MONDAY),
        ("2026-02-31", MONDAY),
        ("0001-01-01", date(1950, 1, 2)),
        ("9999-12-31", date(2199, 12, 23)),
    ],
)
def test_a_week_begins_on_its_monday_whatever_is_asked(text, monday):
    assert monday_of(text, TODAY) == monday


def test_the_ends_of_the_calendar_do_not_lead_off_it(db):
    first, last = (week_of(Intervention.objects.all(), day) for day in (date(1950, 1, 2), date(2199, 12, 23)))
    assert (first.previous, last.next) == (date(1950, 1, 2), date(2199, 12, 23))


def test_each_day_holds_its_own_in_order(db):
    client = individual()
    times = {
        "minuit": datetime(2026, 11, 22, 23, 0, tzinfo=UTC),  # Monday at midnight, in Paris
        "midi": datetime(2026, 11, 23, 11, 0, tzinfo=UTC),
        "dimanche": datetime(2026, 11, 29, 22, 59, tzinfo=UTC),
        "après": datetime(2026, 11, 29, 23, 0, tzinfo=UTC),
        "avant": datetime(2026, 11, 22, 22, 59, tzinfo=UTC),
    }
    for title, at in times.items():
        intervention(client, title=title, planned_for=at)
    intervention(client, title="imprévue", planned_for=None, status="in_progress", started_at=times["midi"])
    week = week_of(Intervention.objects.all(), MONDAY)
    held = [[one.title for one in day.interventions] for day in week.days]
    assert (sorted(held[0]), held[1:6], held[6]) == (["imprévue", "midi", "minuit"], [[]] * 5, ["dimanche"])


def test_a_week_is_one_query(db, django_assert_num_queries):
    client = individual()
    for _number in range(12):
        intervention(client, planned_for=datetime(2026, 11, 24, 9, tzinfo=UTC))
    with django_assert_num_queries(1):
        week = week_of(Intervention.objects.all(), MONDAY)
        assert [str(one.client) for one in week.days[1].interventions] == [str(client)] * 12
