"""What the writers of clients, formules and subscriptions share: the effect of each line, and late refusals."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import Any, Literal, TypeVar

from django.db import models
from django.db.models import Value
from django.db.models.functions import Lower
from django.utils.translation import gettext as _

from crm.exchange.importing.draft import Verdict
from crm.exchange.importing.history import sign
from crm.exchange.models import ImportEffect, ImportLine, ImportRun

Row = TypeVar("Row", bound=models.Model)


def held(rows: models.QuerySet[Row], ids: Iterable[int]) -> dict[int, Row]:
    """The rows that are still there, by number; nobody deletes them until the transaction ends."""
    found = rows.filter(pk__in=set(ids)).select_for_update(of=("self",), no_key=True).order_by("pk")
    return {row.pk: row for row in found}


def named(model: type[models.Model], name: str) -> models.QuerySet[Any]:
    """Those whose name is the same to the database: its lower case is not always Python's."""
    return model._base_manager.annotate(lowered=Lower("name")).filter(lowered=Lower(Value(name)))


class Writer:
    """Writes one lot, inside the caller's transaction. What changed since the rehearsal refuses a line late."""

    model: type[models.Model]

    def __init__(self, run: ImportRun, *, now: datetime, today: date) -> None:
        self.run, self.now, self.today = run, now, today
        self.effects: list[ImportEffect] = []

    def write(self, lines: Sequence[ImportLine]) -> None:
        raise NotImplementedError

    def reason(self, line: ImportLine) -> str:
        """What the history of the record says of this change."""
        return _("Import no. %(run)s, line %(line)s") % {"run": self.run.pk, "line": line.line}

    def refuse(self, line: ImportLine, heading: str, message: str) -> None:
        line.reasons = [*line.reasons, [heading, message]]
        self._judge_again(line, Verdict.REFUSED)

    def doubt(self, line: ImportLine, lookalikes: list[dict[str, Any]]) -> None:
        line.lookalikes = lookalikes
        self._judge_again(line, Verdict.DUPLICATE)

    def _judge_again(self, line: ImportLine, verdict: str) -> None:
        self.count(line.verdict, -1)
        if line.is_warned:
            self.count("warned", -1)
        line.verdict, line.is_warned = verdict, False
        self.count(verdict, 1)
        line.save(update_fields=["reasons", "lookalikes", "verdict", "is_warned"])

    def count(self, name: str, step: int) -> None:
        self.run.counts[name] = self.run.counts.get(name, 0) + step

    def keep_history(
        self, pairs: Iterable[tuple[ImportLine, models.Model]], *, kind: Literal["+", "~"]
    ) -> dict[int, int]:
        """A signed history row for each record; record id → history row id."""
        reasons = {record.pk: self.reason(line) for line, record in pairs}
        return sign(self.model, reasons, kind=kind, by=self.run.by, now=self.now)

    def keep_effects(
        self,
        pairs: Iterable[tuple[ImportLine, models.Model]],
        history: Mapping[int, int],
        *,
        is_created: bool,
        before: Sequence[dict[str, Any]] = (),
    ) -> None:
        for place, (line, instance) in enumerate(pairs):
            self.effects.append(
                ImportEffect(
                    line=line,
                    run_id=self.run.pk,
                    object_id=instance.pk,
                    is_created=is_created,
                    before=before[place] if before else {},
                    history_id=history[instance.pk],
                )
            )
        self.count("created" if is_created else "updated", len(history))

    def flush(self) -> None:
        ImportEffect.objects.bulk_create(self.effects)
        self.effects = []
