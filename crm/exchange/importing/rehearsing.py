"""The rehearsal: the file is read in lots, each judged as it will be written, and kept with what was found."""

import time
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import date
from itertools import chain, islice

from crm.exchange.importing.client_rehearsal import ClientRehearsal
from crm.exchange.importing.draft import LOT, Layout
from crm.exchange.importing.headings import columns_for
from crm.exchange.importing.keys import keep
from crm.exchange.importing.product_rehearsal import PlanRehearsal, ProductRehearsal, SubscriptionRehearsal
from crm.exchange.models import ImportLine, ImportRun
from crm.exchange.reading import Limits, Table, inspect
from crm.exchange.sources import Row
from crm.organisation.models import Organisation

JUDGES: dict[str, type[ClientRehearsal | ProductRehearsal]] = {
    ImportRun.Target.PLAN: PlanRehearsal,
    ImportRun.Target.SUBSCRIPTION: SubscriptionRehearsal,
}


def limits() -> Limits:
    """What the administrator allows a file to weigh."""
    settings = Organisation.objects.current()
    megabyte = 1024 * 1024
    return Limits(
        max_bytes=settings.import_max_megabytes * megabyte,
        max_unpacked_bytes=settings.import_max_unpacked_megabytes * megabyte,
        max_ratio=settings.import_max_ratio,
        max_rows=settings.import_max_rows,
    )


def open_table(run: ImportRun) -> Table:
    """The file of a run, read as the run says. Raises Unreadable, or OSError when it is not there."""
    if not run.file:
        raise FileNotFoundError(run.original_name)
    return inspect(
        run.file.path,
        run.original_name,
        limits=limits(),
        encoding=run.encoding or None,
        separator=run.separator or None,
        sheet=run.sheet or None,
    )


class Lots:
    """The lots of a file from where a run stands; opened at the first, and again if somebody else has gone on."""

    def __init__(self) -> None:
        self.stack = ExitStack()
        self.position: int | None = None
        self.rows: Iterator[Row] = iter(())
        self.seconds_opening = 0.0

    def __enter__(self) -> "Lots":
        return self

    def __exit__(self, *_error: object) -> None:
        self._close()

    def _close(self) -> None:
        """The reading before the file it reads."""
        self.rows = iter(())
        self.stack.close()

    def count(self, run: ImportRun) -> int:
        """How many lines the file has; a file past the limit is refused here, before anything is kept of it."""
        with open_table(run) as table:
            return sum(1 for _row in table.rows())

    def after(self, run: ImportRun) -> list[Row]:
        if self.position != run.cursor:
            self._close()
            begun = time.monotonic()
            table = self.stack.enter_context(open_table(run))
            self.rows = (row for row in table.rows() if row.line > run.cursor)
            self.rows = chain(list(islice(self.rows, 1)), self.rows)  # passes over what is done
            self.seconds_opening += time.monotonic() - begun
        lot = list(islice(self.rows, LOT))
        self.position = lot[-1].line if lot else run.cursor
        return lot


def rehearse_lot(run: ImportRun, lots: Lots, *, today: date) -> bool:
    """Judge the next lot and keep it; False when there is none left. The caller holds the run's row."""
    rows = lots.after(run)
    if not rows:
        return False
    judge_class = JUDGES.get(run.target, ClientRehearsal)
    judge = judge_class(run, Layout(run.headings, run.mapping, columns_for(run.target)), today=today)
    lines, fresh = judge.judge(rows)
    ImportLine.objects.bulk_create(lines)
    keep(run.pk, fresh)
    run.counts = dict(Counter(run.counts) + Counter(_counted(lines)))
    run.new_tags = sorted(judge.new_tags.values())
    run.unknown_plans = getattr(judge, "unknown_plans", {})
    run.cursor = rows[-1].line
    run.done += len(rows)
    return True


def _counted(lines: list[ImportLine]) -> Iterator[str]:
    for line in lines:
        yield line.verdict
        if line.is_warned and line.verdict != ImportLine.Verdict.DUPLICATE:
            yield "warned"
