"""The calendar of a week: what each day holds, in order."""

from dataclasses import dataclass, field
from datetime import date, timedelta

from django.utils import timezone
from django.utils.dateparse import parse_date

from crm.activity.models import Intervention, InterventionQuerySet

FIRST_MONDAY, LAST_MONDAY = date(1950, 1, 2), date(2199, 12, 23)
MOST_SHOWN = 500


@dataclass
class Day:
    on: date
    interventions: list[Intervention] = field(default_factory=list)


@dataclass(frozen=True)
class Week:
    monday: date
    days: list[Day]
    is_cut: bool

    @property
    def sunday(self) -> date:
        return self.monday + timedelta(days=6)

    @property
    def previous(self) -> date:
        return max(self.monday - timedelta(days=7), FIRST_MONDAY)

    @property
    def next(self) -> date:
        return min(self.monday + timedelta(days=7), LAST_MONDAY)


def monday_of(text: str, today: date) -> date:
    """The Monday of the week of a day written 2026-11-22; of today when it is no day."""
    try:
        day = parse_date(text.strip()) or today
    except ValueError:
        day = today
    day = min(max(day, FIRST_MONDAY), LAST_MONDAY)
    return day - timedelta(days=day.weekday())


def week_of(interventions: InterventionQuerySet, monday: date) -> Week:
    """One query, whatever the week holds."""
    days = [Day(monday + timedelta(days=number)) for number in range(7)]
    found = list(
        interventions.in_week(monday)
        .select_related("client", "in_charge")
        .order_by("planned_for", "started_at", "pk")[: MOST_SHOWN + 1]
    )
    for intervention in found[:MOST_SHOWN]:
        at = intervention.planned_for or intervention.started_at
        days[(timezone.localdate(at) - monday).days].interventions.append(intervention)
    return Week(monday, days, len(found) > MOST_SHOWN)
