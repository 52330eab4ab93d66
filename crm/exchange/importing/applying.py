"""The accepted lines become records, a lot at a time, each lot in one transaction with the mark that it is done."""

import logging
from datetime import date, datetime

from django.db import DataError, IntegrityError, transaction
from django.db.models import Max
from django.utils.translation import gettext as _

from crm.activity.services import refresh
from crm.exchange.importing.client_writing import ClientWriter
from crm.exchange.importing.draft import LOT
from crm.exchange.importing.product_writing import PlanWriter, SubscriptionWriter
from crm.exchange.importing.writing_base import Writer
from crm.exchange.models import ImportLine, ImportRun
from crm.products.models import Subscription

logger = logging.getLogger(__name__)

WRITERS: dict[str, type[Writer]] = {
    ImportRun.Target.PLAN: PlanWriter,
    ImportRun.Target.SUBSCRIPTION: SubscriptionWriter,
}


def apply_lot(run: ImportRun, *, now: datetime, today: date) -> bool:
    """Write the next lot; False when there is none left. The caller holds the run's row, and commits both."""
    lines = _next(run)
    if not lines:
        return False
    counts = dict(run.counts)
    try:
        with transaction.atomic():
            _writer(run, now, today).write(lines)
    except (DataError, IntegrityError):
        logger.exception("Import %s: a lot is written line by line", run.pk)
        run.counts = counts
        lines = _next(run)
        for line in lines:
            _write_alone(run, line, now=now, today=today)
    _refresh(run, lines, now=now, today=today)
    run.cursor = lines[-1].line
    run.done += len(lines)
    return True


def _refresh(run: ImportRun, lines: list[ImportLine], *, now: datetime, today: date) -> None:
    """A formule that a file brings may make its client active."""
    if run.target == ImportRun.Target.SUBSCRIPTION:
        written = run.effects.filter(line__in=lines).values("object_id")
        terms = Subscription.objects.filter(pk__in=written)
        refresh(set(terms.values_list("client_id", flat=True)), day=today, at=now)


def _writer(run: ImportRun, now: datetime, today: date) -> Writer:
    return WRITERS.get(run.target, ClientWriter)(run, now=now, today=today)


def _write_alone(run: ImportRun, line: ImportLine, *, now: datetime, today: date) -> None:
    """One line that the database will not have never keeps the others from being written."""
    counts = dict(run.counts)
    try:
        with transaction.atomic():
            _writer(run, now, today).write([line])
    except (DataError, IntegrityError):
        run.counts = counts
        line.refresh_from_db()
        _writer(run, now, today).refuse(
            line, "", _("The base refuses this line: rehearse the file again, or correct it.")
        )


def _next(run: ImportRun) -> list[ImportLine]:
    """The lines to write in the next stretch that has any; asked without its end, all that is left would be sorted."""
    last = run.lines.aggregate(last=Max("line"))["last"] or 0
    for start in range(run.cursor, last, LOT):
        if lines := list(run.lines.to_write().filter(line__gt=start, line__lte=start + LOT).order_by("line")):
            return lines
    return []
