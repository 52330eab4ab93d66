"""The verbs of interventions and of the status that they and the formules give a client."""

from collections.abc import Collection, Iterable, Sequence
from datetime import date, datetime

from django.core.files.base import File
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from crm.accounts.models import User
from crm.activity.models import Intervention, InterventionFile, StatusLock
from crm.activity.status import ACTIVE, INACTIVE, Rule, explanations, is_active_on
from crm.clients.models import Client
from crm.timeline.models import Entry
from crm.timeline.services import attach, entry, forget_files, record, record_all

LOT = 500


# Interventions


@transaction.atomic
def add_intervention(
    intervention: Intervention, *, at: datetime, uploads: Sequence[File] = (), by: User | None = None
) -> Intervention:
    """Write down a new intervention. Raises ValidationError for a file that is not allowed."""
    intervention.fill_from_status(at)
    intervention._history_user = by
    intervention.save(force_insert=True)
    attach(InterventionFile, intervention, uploads, at=at, by=by)
    _tell(intervention, at=at, by=by)
    refresh([intervention.client_id], day=timezone.localdate(at), at=at)
    return intervention


@transaction.atomic
def change_intervention(
    intervention: Intervention,
    *,
    fields: Iterable[str],
    at: datetime,
    uploads: Sequence[File] = (),
    by: User | None = None,
) -> Intervention:
    """Write the `fields` that a form changed, and what its state implies."""
    written = set(fields)
    if written:
        intervention.fill_from_status(at)
        intervention._history_user = by
        intervention.save(update_fields=written | {"started_at", "ended_at"})
    attach(InterventionFile, intervention, uploads, at=at, by=by)
    if written & {"status", "planned_for"}:
        _tell(intervention, at=at, by=by)
    refresh([intervention.client_id], day=timezone.localdate(at), at=at)
    return intervention


@transaction.atomic
def delete_intervention(intervention: Intervention, *, at: datetime, by: User | None = None) -> None:
    """Take an intervention away with its files; the timeline says that it was there."""
    forget_files(intervention.files.all())
    summary = _("%(title)s: deleted") % {"title": intervention}
    intervention._history_user = by
    intervention.delete()
    record(intervention.client, Entry.Kind.INTERVENTION, summary, at=at, by=by)
    refresh([intervention.client_id], day=timezone.localdate(at), at=at)


def _tell(intervention: Intervention, *, at: datetime, by: User | None) -> None:
    told = {"title": intervention, "moment": _moment(intervention)}
    summary = {
        Intervention.Status.PLANNED: _("%(title)s: planned for %(moment)s") % told,
        Intervention.Status.IN_PROGRESS: _("%(title)s: started on %(moment)s") % told,
        Intervention.Status.DONE: _("%(title)s: done on %(moment)s") % told,
        Intervention.Status.CANCELLED: _("%(title)s: cancelled") % told,
    }[Intervention.Status(intervention.status)]
    record(intervention.client, Entry.Kind.INTERVENTION, summary, at=at, by=by, target=intervention)


def _moment(intervention: Intervention) -> str:
    return f"{timezone.localtime(intervention.moment):%d/%m/%Y %H:%M}" if intervention.moment else ""


# Active or inactive


@transaction.atomic
def lock(
    client: Client,
    *,
    status: str,
    at: datetime,
    until: date | None = None,
    reason: str = "",
    by: User | None = None,
) -> StatusLock:
    """Make a client active or inactive by hand, until a last day or for good: it wins over everything else."""
    row, _created = StatusLock.objects.update_or_create(
        client=client, defaults={"status": status, "until_on": until, "reason": reason, "at": at, "by": by}
    )
    ends = f"{until:%d/%m/%Y}" if until else ""
    until_then = _("%(status)s by hand, until %(day)s") % {"status": row.get_status_display(), "day": ends}
    summary = until_then if until else _("%(status)s by hand") % {"status": row.get_status_display()}
    record(client, Entry.Kind.STATUS, f"{summary} – {reason}" if reason else summary, at=at, by=by)
    refresh([client.pk], day=timezone.localdate(at), at=at)
    return row


@transaction.atomic
def unlock(client: Client, *, at: datetime, by: User | None = None) -> None:
    """Let interventions and formules decide again."""
    if StatusLock.objects.filter(client=client).delete()[0]:
        record(client, Entry.Kind.STATUS, _("Decided by interventions and formules again"), at=at, by=by)
    refresh([client.pk], day=timezone.localdate(at), at=at)


def refresh(clients: Collection[int] | None, *, day: date, at: datetime) -> int:
    """Give these clients, or all, the status they should have that day; returns how many changed.

    Each change is told on the timeline, with its reason. Called after what may change one is written, and by the
    scheduler for what time alone changes.
    """
    scope = Client.objects.all() if clients is None else Client.objects.filter(pk__in=clients)
    due = is_active_on(day, Rule.current())
    woken = _set(scope.filter(due, status=INACTIVE), ACTIVE, day, at)
    return woken + _set(scope.filter(status=ACTIVE).exclude(due), INACTIVE, day, at)


def _set(wrong, status: Client.Status, day: date, at: datetime) -> int:
    """A lot per transaction: a client that another process has just put right is left alone."""
    count, last = 0, 0
    while True:
        with transaction.atomic():
            rows = wrong.filter(pk__gt=last).order_by("pk").select_for_update(of=["self"], no_key=True)
            if not (lot := list(rows.only("pk")[:LOT])):
                return count
            Client.objects.filter(pk__in=[client.pk for client in lot]).update(status=status)
            reasons = explanations([client.pk for client in lot], day=day)
            record_all(
                entry(client, Entry.Kind.STATUS, _capital(reasons[client.pk].sentence), at=at)
                for client in lot
            )
            count, last = count + len(lot), lot[-1].pk


def _capital(sentence: str) -> str:
    return sentence[:1].upper() + sentence[1:]
