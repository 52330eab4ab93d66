"""The verbs of an import: send, settle, rehearse, decide, confirm, undo, forget."""

import logging
import time
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, timedelta
from decimal import Decimal
from typing import IO

from django.conf import settings
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.files import File
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, override

from crm.accounts.models import User
from crm.exchange.formulas import is_harmless
from crm.exchange.importing import headings
from crm.exchange.importing.applying import apply_lot
from crm.exchange.importing.rehearsing import Lots, limits, rehearse_lot
from crm.exchange.importing.undoing import obstacles, undo_lot
from crm.exchange.models import ImportKey, ImportLine, ImportRun
from crm.exchange.reading import Table, inspect
from crm.exchange.rights import may_import
from crm.exchange.sources import Unreadable
from crm.organisation.models import Organisation
from crm.products.models import Plan

logger = logging.getLogger(__name__)

State = ImportRun.State
Decision = ImportLine.Decision
_FILE_IS_GONE = gettext_lazy("The file is no longer there: send it again.")


class NotPossible(Exception):
    """The import is not in the state, or has what, the verb needs; the message is for the person."""


def _check(run: ImportRun, *states: str) -> None:
    if run.state not in states:
        raise NotPossible(_("This import is no longer at that step."))


def _check_author(run: ImportRun) -> None:
    if run.is_orphan:
        raise NotPossible(_("Whoever sent this file has no account any more: send the file again."))
    if run.by is not None and not may_import(run.by, run.target):
        raise PermissionDenied


def _locked(run: ImportRun) -> ImportRun:
    return ImportRun.objects.select_for_update().get(pk=run.pk)


def _stored(run: ImportRun, locked: ImportRun) -> ImportRun:
    """The caller's object says the same as the row."""
    for field in ImportRun._meta.concrete_fields:
        setattr(run, field.attname, getattr(locked, field.attname))
    return run


# Sending and settling


def send(file: IO[bytes], name: str, *, by: User | None, now: datetime) -> ImportRun:
    """Keep a file and recognise it. Raises Unreadable, and keeps nothing then."""
    with inspect(file, name, limits=limits()) as table:
        run = ImportRun(original_name=name[-200:], by=by, is_by_command=by is None, at=now, moved_at=now)
        _describe(run, table)
        target = headings.target_of(table.headings)
        run.target = target if target and (by is None or may_import(by, target)) else ""
        run.mapping = headings.proposed(table.headings, run.target) if run.target else {}
    file.seek(0)
    run.file.save(name, File(file), save=False)
    run.save()
    return run


def _describe(run: ImportRun, table: Table) -> None:
    run.kind, run.encoding = table.kind, table.encoding
    run.separator, run.sheet = table.separator, table.sheet
    run.headings = table.headings


@transaction.atomic
def reread(
    run: ImportRun, *, now: datetime, target: str, encoding: str = "", separator: str = "", sheet: str = ""
) -> ImportRun:
    """Recognise the file again, as a person corrects it. Raises Unreadable, and changes nothing then."""
    locked = _locked(run)
    _check(locked, State.UPLOADED, State.REHEARSED, State.FAILED)
    if not locked.file.name or not locked.file.storage.exists(locked.file.name):
        raise Unreadable(_FILE_IS_GONE, code="gone")
    with inspect(
        locked.file.path,
        locked.original_name,
        limits=limits(),
        encoding=encoding or None,
        separator=separator or None,
        sheet=sheet or None,
    ) as table:
        _describe(locked, table)
    locked.target = target
    locked.mapping = headings.proposed(locked.headings, target) if target else {}
    locked.state, locked.moved_at, locked.failure, locked.plan_names = State.UPLOADED, now, "", {}
    _forget_lines(locked)
    locked.save()
    return _stored(run, locked)


@transaction.atomic
def rehearse(run: ImportRun, *, now: datetime, mapping: Mapping[str, str] | None = None) -> ImportRun:
    """Start the rehearsal, from the first line. `mapping`: heading → field, as a person chose; it is remembered."""
    locked = _locked(run)
    _check(locked, State.UPLOADED, State.REHEARSED)
    if not locked.target:
        raise NotPossible(_("Say what the file holds."))
    _check_author(locked)
    if mapping is not None:
        _check_mapping(locked, mapping)
        locked.mapping = dict(mapping)
        headings.remember(locked.mapping, locked.target)
    _check_required(locked)
    _forget_lines(locked)
    locked.state, locked.moved_at = State.REHEARSING, now
    locked.save()
    return _stored(run, locked)


def _check_mapping(run: ImportRun, mapping: Mapping[str, str]) -> None:
    known = headings.columns_for(run.target)
    chosen = [key for key in mapping.values() if key]
    twice = next((key for key in chosen if chosen.count(key) > 1), None)
    if set(mapping) - set(run.headings) or set(chosen) - set(known):
        raise NotPossible(_("This import is no longer at that step."))
    if twice:
        raise NotPossible(_("Two columns are given to “%(field)s”.") % {"field": known[twice].label})


def _check_required(run: ImportRun) -> None:
    given = set(run.mapping.values())
    if not given - {""}:
        raise NotPossible(_("No column is recognised: choose the field of at least one."))
    missing = [
        str(column.label)
        for column in headings.columns_for(run.target).values()
        if column.is_required and column.key not in given
    ]
    if missing and run.target == ImportRun.Target.SUBSCRIPTION:
        raise NotPossible(_("No column for: %(fields)s.") % {"fields": ", ".join(missing)})


def _forget_lines(run: ImportRun) -> None:
    for rows in (ImportKey.objects.filter(run=run), ImportLine.objects.filter(run=run)):
        rows._raw_delete(rows.db)
    run.cursor = run.done = run.total = 0
    run.counts, run.new_tags, run.unknown_plans = {}, [], {}


# Moving on


def advance(run: ImportRun, *, now: datetime, budget_seconds: float = 2.0) -> ImportRun:
    """Do lots of the work under way for about this long, each committed; returns the run as it then is.

    Two workers never do the same lot: each lot holds the run's row. A kill loses the lot under way, which the
    next call does again.
    """
    stop = time.monotonic() + budget_seconds
    with override(settings.LANGUAGE_CODE), Lots() as lots:
        while run.is_at_work and _step(run, lots, now=now):
            # Passing over the lines already done is paid again at each call: at least four times as much work follows.
            if time.monotonic() > stop + 4 * lots.seconds_opening:
                break
    return run


def _step(run: ImportRun, lots: Lots, *, now: datetime) -> bool:
    try:
        with transaction.atomic():
            locked = ImportRun.objects.select_for_update(skip_locked=True).filter(pk=run.pk).first()
            if locked is None:
                run.refresh_from_db()
                return False
            if locked.is_at_work:
                _work(locked, lots, now=now)
                locked.moved_at = now
                locked.save()
    except Unreadable as error:
        ImportRun.objects.filter(pk=run.pk).update(state=State.FAILED, failure=" ".join(error.messages))
        run.refresh_from_db()
        return False
    _stored(run, locked)
    return True


def _work(run: ImportRun, lots: Lots, *, now: datetime) -> None:
    if run.is_orphan and run.state != State.UNDOING:
        _stop(run, now=now)
        return
    today = timezone.localdate(now)
    step: dict[str, tuple[Callable[[], bool], str]] = {
        State.REHEARSING: (lambda: _rehearse(run, lots, today), State.REHEARSED),
        State.APPLYING: (lambda: apply_lot(run, now=now, today=today), State.APPLIED),
        State.UNDOING: (lambda: undo_lot(run, now=now), State.UNDONE),
    }
    do, end = step[run.state]
    if not do():
        run.state = end
        run.cursor = 0
        if end == State.APPLIED and run.applied_at is None:
            run.applied_at = now
        if end == State.REHEARSED:  # the file has been compared with itself: its keys have served
            keys = ImportKey.objects.filter(run=run)
            keys._raw_delete(keys.db)


def _stop(run: ImportRun, *, now: datetime) -> None:
    """Nothing more is done for somebody whose account is gone; what was written can still be undone."""
    run.failure = _("Whoever sent this file has no account any more: send the file again.")
    if run.state == State.REHEARSING:
        run.state = State.FAILED
        return
    run.state, run.applied_at = State.APPLIED, run.applied_at or now


def _rehearse(run: ImportRun, lots: Lots, today) -> bool:
    try:
        if not run.total:
            run.total = lots.count(run)
        return rehearse_lot(run, lots, today=today)
    except OSError as error:
        logger.exception("Import %s: its file cannot be read", run.pk)
        raise Unreadable(_FILE_IS_GONE, code="gone") from error


# Deciding


@transaction.atomic
def decide(
    run: ImportRun, *, lines: Iterable[int] | None, decision: str, chosen: int = 0, now: datetime
) -> int:
    """What to do of possible duplicates: these lines, or all that wait. Returns how many were decided.

    `chosen`: which of the line's look-alikes to update. One outside the portfolio of the person is never updated.
    """
    locked = _locked(run)
    _check(locked, State.REHEARSED, State.APPLIED)
    rows = locked.lines.filter(verdict=ImportLine.Verdict.DUPLICATE, effect=None)
    rows = rows.filter(decision="") if lines is None else rows.filter(line__in=list(lines))
    if decision == Decision.UPDATE:
        if not locked.is_of_clients:
            raise NotPossible(_("A file never changes a subscription."))
        rows = rows.filter(pk__in=[row.pk for row in rows.only("pk", "lookalikes") if _is_known(row, chosen)])
    count = rows.update(decision=decision, chosen=chosen)
    locked.moved_at = now
    locked.save(update_fields=["moved_at"])
    _stored(run, locked)
    return count


def _is_known(line: ImportLine, chosen: int) -> bool:
    return chosen < len(line.lookalikes) and any(
        line.lookalikes[chosen].get(key) for key in ("client", "line")
    )


@transaction.atomic
def create_plan(run: ImportRun, *, name: str, by: User, now: datetime) -> Plan:
    """Create a formule the file names and nobody knows, as its first line prices it; the rehearsal starts again."""
    if not by.has_perm("products.add_plan"):
        raise PermissionDenied
    locked = _locked(run)
    _check(locked, State.REHEARSED)
    first = locked.unknown_plans.get(name)
    if first is None or not first["price"]:
        raise NotPossible(_("This formule has no price in the file: create it among the formules."))
    if not is_harmless(name):
        raise NotPossible(
            _("“%(name)s” is not the name of a formule: correct it in the file.") % {"name": name}
        )
    plan = Plan(name=name, price_excl_tax=Decimal(first["price"]), description="")
    plan.vat_rate = Decimal(first["rate"]) if first["rate"] else plan.vat_rate
    plan.billing_period = first["period"] or plan.billing_period
    try:
        plan.full_clean()
    except ValidationError as error:
        raise NotPossible(" ".join(error.messages)) from error
    plan._history_user = by  # type: ignore[attr-defined]
    plan._change_reason = _("Import no. %(run)s") % {"run": run.pk}  # type: ignore[attr-defined]
    plan.save()
    rehearse(locked, now=now)
    _stored(run, locked)
    return plan


@transaction.atomic
def use_plan(run: ImportRun, *, name: str, plan: str, now: datetime) -> None:
    """Take one of our formules for that name of the file, in this run; the rehearsal starts again."""
    locked = _locked(run)
    _check(locked, State.REHEARSED)
    if name not in locked.unknown_plans or not Plan.objects.filter(name=plan).exists():
        raise NotPossible(_("This import is no longer at that step."))
    locked.plan_names[name] = plan
    locked.save(update_fields=["plan_names"])
    _stored(run, rehearse(locked, now=now))


@transaction.atomic
def confirm(run: ImportRun, *, now: datetime) -> ImportRun:
    """Start writing the accepted and decided lines; after a first time, those decided since."""
    locked = _locked(run)
    _check(locked, State.REHEARSED, State.APPLIED)
    _check_author(locked)
    locked.total = locked.lines.to_write().count()
    if not locked.total:
        raise NotPossible(_("No line to write."))
    locked.cursor = locked.done = 0
    locked.state, locked.moved_at = State.APPLYING, now
    locked.save()
    return _stored(run, locked)


# Undoing and forgetting


def undo_obstacles(run: ImportRun, *, now: datetime) -> list[str]:
    """Why this import cannot be undone, in sentences with numbers; empty when it can."""
    if run.state != State.APPLIED:
        return [_("Only an import that is done can be undone.")]
    days = Organisation.objects.current().import_undo_days
    end = run.undo_ends_at(days)
    if run.erased_at or end is None or now > end:
        return [_("It was done more than %(days)s days ago.") % {"days": days}]
    return [_("%(count)s %(what)s") % {"count": count, "what": what} for what, count in obstacles(run)]


@transaction.atomic
def undo(run: ImportRun, *, by: User | None, now: datetime) -> ImportRun:
    """Start taking the import back. Raises NotPossible with the reasons."""
    locked = _locked(run)
    if reasons := undo_obstacles(locked, now=now):
        raise NotPossible(" ; ".join(reasons))
    locked.total, locked.done, locked.cursor = locked.effects.count(), 0, 0
    locked.state, locked.moved_at, locked.undone_by = State.UNDOING, now, by
    locked.save()
    return _stored(run, locked)


@transaction.atomic
def abandon(run: ImportRun) -> None:
    """Forget an import that has written nothing, with its file."""
    locked = _locked(run)
    _check(locked, State.UPLOADED, State.REHEARSED, State.FAILED)
    _forget_lines(locked)
    locked.file.delete(save=False)
    locked.delete()


def forget_old(*, now: datetime) -> int:
    """Erase the file, the lines and the replaced values of imports past the delay; their record stays."""
    delay = timedelta(days=Organisation.objects.current().import_undo_days)
    expired = list(ImportRun.objects.expired(now - delay))
    count = 0
    for run in expired:
        with transaction.atomic():
            locked = _locked(run)
            # First, so that a file that cannot be deleted today is tried again tomorrow.
            try:
                locked.file.delete(save=False)
            except OSError:
                logger.exception("Import %s: its file cannot be deleted", run.pk)
                continue
            locked.effects.all().delete()
            for rows in (ImportKey.objects.filter(run=locked), ImportLine.objects.filter(run=locked)):
                rows._raw_delete(rows.db)
            locked.erased_at, locked.file = now, ""
            locked.save(update_fields=["erased_at", "file"])
            count += 1
    return count


def carry_on(*, now: datetime, idle: timedelta = timedelta(seconds=60), budget_seconds: float = 20.0) -> int:
    """Move on the imports whose page nobody watches any more; returns how many."""
    stop, count = time.monotonic() + budget_seconds, 0
    for run in ImportRun.objects.idle_since(now - idle):
        if (left := stop - time.monotonic()) > 0:
            try:
                advance(run, now=now, budget_seconds=left)
            except Exception:  # the imports of others go on
                logger.exception("Import %s cannot go on", run.pk)
                ImportRun.objects.filter(pk=run.pk).update(moved_at=now)
            count += 1
    return count
