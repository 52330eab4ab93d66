"""An import taken back, while nothing later has touched what it wrote."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

from django.db import models
from django.db.models import Exists, OuterRef, QuerySet, Subquery
from django.utils import timezone
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from crm.activity.services import refresh
from crm.clients.models import Client, NotDuplicate
from crm.exchange.importing.draft import LOT, loaded
from crm.exchange.importing.history import sign
from crm.exchange.importing.writing_base import held
from crm.exchange.models import ImportEffect, ImportRun
from crm.products.models import Plan, Subscription
from crm.reminders.models import Pause, Reminder
from crm.timeline.models import Entry

MODELS: dict[str, type[models.Model]] = {
    ImportRun.Target.PLAN: Plan,
    ImportRun.Target.SUBSCRIPTION: Subscription,
}


def model_of(run: ImportRun) -> type[models.Model]:
    return MODELS.get(run.target, Client)


def obstacles(run: ImportRun) -> list[tuple[str, int]]:
    """What keeps the import from being undone: (what, how many); empty when nothing does."""
    found = [(_("records changed since"), _touched(run).count())]
    created = run.effects.filter(is_created=True).values("object_id")
    for relation, label in _relations(model_of(run)):
        rows = relation.related_model._base_manager.filter(**{f"{relation.field.name}__in": created})
        found.append((label, _not_ours(rows, run).count()))
    return [(label, count) for label, count in found if count]


def _touched(run: ImportRun) -> QuerySet[ImportEffect]:
    """Effects whose record has gone, or has a later history row than the last this import wrote."""
    model = model_of(run)
    history = model.history.model.objects.filter(id=OuterRef("object_id"))  # type: ignore[attr-defined]
    last = Subquery(history.order_by("-history_id").values("history_id")[:1])
    ours = ImportEffect.objects.filter(
        run=run, object_id=OuterRef("object_id"), history_id=OuterRef("latest")
    )
    return run.effects.annotate(latest=last).filter(~Exists(ours))


def _relations(model: type[models.Model]) -> Iterator[tuple[Any, str]]:
    """What other rooms may hang on a record, by foreign key."""
    for relation in model._meta.related_objects:
        related = relation.related_model
        is_history = hasattr(related, "history_id") or hasattr(related, "history_object")
        if relation.many_to_many or related in (NotDuplicate, model.__dict__.get("through")) or is_history:
            continue
        yield relation, str(capfirst(related._meta.verbose_name_plural)).lower()


def _not_ours(rows: QuerySet, run: ImportRun) -> QuerySet:
    if rows.model is Entry:
        # What became of the status follows from other rows: those are counted.
        rows = rows.exclude(kind=Entry.Kind.STATUS)
        return rows.exclude(target_type=run._meta.label_lower, target_id=str(run.pk))
    if rows.model is Reminder:
        # The scheduler writes by itself that one was not sent: that is proof of nothing, and goes with its subscription.
        return Reminder.objects.filter(pk__in=rows.values("pk")).proofs()
    if rows.model is Subscription and model_of(run) is Subscription:
        ours = run.effects.filter(is_created=True).values("object_id")
        return rows.exclude(pk__in=ours)
    return rows


def undo_lot(run: ImportRun, *, now: datetime) -> bool:
    """Take the last effects back, the latest line first; False when there is none left."""
    effects = list(run.effects.select_related("line").order_by("-line__line")[:LOT])
    if not effects:
        return False
    model = model_of(run)
    _restore(model, run, [effect for effect in effects if not effect.is_created], now=now)
    created = [effect for effect in effects if effect.is_created]
    touched = _clients_of(model, created)
    _delete(model, run, created, now=now)
    refresh(touched, day=timezone.localdate(now), at=now)
    run.done += len(effects)
    ImportEffect.objects.filter(pk__in=[effect.pk for effect in effects]).delete()
    return True


def _clients_of(model: type[models.Model], effects: Sequence[ImportEffect]) -> set[int]:
    """Whose status may change when these go."""
    if model is not Subscription:
        return set()
    terms = Subscription.objects.filter(pk__in=[effect.object_id for effect in effects])
    return set(terms.values_list("client_id", flat=True))


def _reason(run: ImportRun) -> str:
    return _("Import no. %(run)s undone") % {"run": run.pk}


def _restore(
    model: type[models.Model], run: ImportRun, effects: Sequence[ImportEffect], *, now: datetime
) -> None:
    records = held(model._base_manager.all(), [effect.object_id for effect in effects])
    for effect in effects:
        record: Any = records.get(effect.object_id)
        if record is None:  # deleted since the undoing began
            continue
        before = dict(effect.before)
        tags = before.pop("tags", None)
        for name, value in loaded(before, model).items():
            setattr(record, name, value)
        if isinstance(record, Client):
            record.prepare()
            before |= dict.fromkeys([*Client.DERIVED, "region", "siren", "activity_version"])
            record.tags.set(tags or [])
        model._base_manager.bulk_update([record], list(before))
    sign(model, {effect.object_id: _reason(run) for effect in effects}, kind="~", by=run.undone_by, now=now)


def _delete(
    model: type[models.Model], run: ImportRun, effects: Sequence[ImportEffect], *, now: datetime
) -> None:
    ids = [effect.object_id for effect in effects]
    sign(model, dict.fromkeys(ids, _reason(run)), kind="-", by=run.undone_by, now=now)
    if model is Subscription:
        Subscription.objects.filter(renews__in=ids).update(renews=None)
        reminders = Reminder.objects.filter(subscription__in=ids)
        reminders.exclude(pk__in=reminders.proofs().values("pk")).delete()
        Pause.objects.filter(subscription__in=ids).delete()
        entries = Entry.objects.filter(client__in=Subscription.objects.filter(pk__in=ids).values("client_id"))
        entries.filter(target_type=run._meta.label_lower, target_id=str(run.pk)).delete()
    if model is Client:
        for companion, field in (
            (Entry, "client_id"),
            (Client.tags.through, "client_id"),
            (NotDuplicate, "first_id"),
            (NotDuplicate, "second_id"),
        ):
            companion._base_manager.filter(**{f"{field}__in": ids}).delete()
    # Not delete(): it would read every record again, and write an unsigned history row of its own for each.
    rows = model._base_manager.filter(pk__in=ids)
    rows._raw_delete(rows.db)
