"""What was done with the invented clients: calls, meetings, letters, interventions."""

from datetime import datetime, time, timedelta
from typing import Any

from django.utils import timezone

from crm.accounts.models import User
from crm.activity.models import Intervention
from crm.activity.services import add_intervention
from crm.clients.models import Client
from crm.timeline.models import Action
from crm.timeline.services import note_action

State = Intervention.Status


def follow(
    client: Client,
    actions: list[dict[str, Any]],
    interventions: list[dict[str, Any]],
    *,
    staff: dict[str, User],
    kinds: dict[str, Any],
    now: datetime,
) -> None:
    by = client.manager or staff["Administrator"]
    for number, row in enumerate(actions):
        at = min(_at(-row["days_ago"], 10 + number, now), now)
        action = Action(client=client, kind=kinds[row["kind"]], title=row["title"], note=row["note"], at=at)
        action._history_date = at  # type: ignore[attr-defined]
        note_action(action, at=at, by=by)
    for number, row in enumerate(interventions):
        _intervene(client, row, 9 + 2 * number, staff, now)


def _intervene(client: Client, row: dict[str, Any], hour: int, staff: dict[str, User], now: datetime) -> None:
    planned, who = _at(row["in_days"], hour, now), staff[row["in_charge"]]
    intervention = Intervention(
        client=client,
        title=row["title"],
        status=row["status"],
        planned_for=planned,
        in_charge=who,
        notes=row.get("notes", ""),
    )
    if row["status"] == State.IN_PROGRESS:
        intervention.started_at = min(planned, now)
    if row["status"] == State.DONE:
        intervention.started_at, intervention.ended_at = planned, planned + timedelta(minutes=90)
    intervention.full_clean()
    noted = min(planned - timedelta(days=2), now)
    intervention._history_date = noted  # type: ignore[attr-defined]
    add_intervention(intervention, at=noted, by=who)


def _at(days: int, hour: int, now: datetime) -> datetime:
    """That hour of the day so many days from `now`."""
    day = timezone.localdate(now) + timedelta(days=days)
    return timezone.make_aware(datetime.combine(day, time(hour)))
