"""A line on its way: its cells read, what was found of them, and what it would write."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cache
from typing import Any

from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext as _

from crm.exchange.importing.columns import Column, Reading
from crm.exchange.models import ImportLine
from crm.exchange.parsed import Raw, as_text
from crm.exchange.sources import Row

Verdict = ImportLine.Verdict
LOT = 500
_SHOWN = 300


@dataclass(slots=True)
class Draft:
    """`values`: what the line brings, by attribute, never blank. Texts for a person: (heading, before, after)."""

    line: int
    raw: list[str]
    values: dict[str, Any] = field(default_factory=dict)
    rectified: dict[str, tuple[str, str, str]] = field(default_factory=dict)
    reasons: list[tuple[str, str]] = field(default_factory=list)
    verdict: str = Verdict.NEW
    number: int | None = None
    root: int | None = None
    object_id: int | None = None
    lookalikes: list[dict[str, Any]] = field(default_factory=list)
    instance: Any = None
    keys: list[int] = field(default_factory=list)

    def refuse(self, heading: str, message: str) -> None:
        if (heading, message) not in self.reasons:
            self.reasons.append((heading, message))

    def refuse_error(self, heading: str, error: ValidationError) -> None:
        for message in error.messages:
            self.refuse(heading, message)

    def row(self, run_id: int) -> ImportLine:
        if self.reasons:
            self.verdict = Verdict.REFUSED
        is_written = self.verdict != Verdict.REFUSED
        warnings = list(self.rectified.values()) if is_written and self.verdict != Verdict.UNCHANGED else []
        return ImportLine(
            run_id=run_id,
            line=self.line,
            raw=self.raw,
            values=self.values if is_written else {},
            number=self.number,
            verdict=self.verdict,
            is_warned=bool(warnings),
            warnings=warnings,
            reasons=self.reasons,
            lookalikes=self.lookalikes,
            follows=self.root if self.root != self.line else None,
            object_id=self.object_id,
        )


class Layout:
    """The columns of a run, in the order of its headings."""

    def __init__(
        self, headings: Sequence[str], mapping: Mapping[str, str], columns: Mapping[str, Column]
    ) -> None:
        self.cells = [
            (place, heading, columns[mapping[heading]])
            for place, heading in enumerate(headings)
            if mapping.get(heading) in columns
        ]
        self.columns = {column.key: column for _place, _heading, column in self.cells}
        self.headings = {column.target: heading for _place, heading, column in self.cells}
        self._places = {heading: place for place, heading, _column in self.cells}

    def order(self, draft: Draft) -> None:
        """What is told of a line, in the order of its columns."""
        draft.reasons.sort(key=lambda reason: self._places.get(reason[0], -1))
        draft.rectified = self.ordered(draft.rectified)

    def ordered(self, notes: Mapping[str, tuple[str, str, str]]) -> dict[str, tuple[str, str, str]]:
        return dict(sorted(notes.items(), key=lambda item: self._places.get(item[1][0], -1)))

    def heading_of(self, attribute: str) -> str:
        return self.headings.get(attribute, "")

    def read(self, row: Row, reading: Reading) -> Draft:
        """Every cell of a row; all that is wrong is told together."""
        draft = Draft(row.line, [cell_of(raw) for raw in row.values])
        if row.extra_cells:
            draft.refuse(
                "",
                _(
                    "More cells than headings: a separator in a text that is not between quotation marks? (“%(value)s”)"
                )
                % {"value": cell_of(row.extra_cells[0])[:60]},
            )
        for place, heading, column in self.cells:
            raw = row.values[place]
            if raw is None or raw == "":
                continue
            try:
                value, is_rectified = column.read(raw, reading)
            except ValidationError as error:
                draft.refuse_error(heading, error)
                continue
            if value is None or value == "":
                continue
            draft.values[column.target] = value
            if is_rectified:
                draft.rectified[column.target] = (heading, short(as_text(raw)), short(column.show(value)))
        return draft


def short(text: str) -> str:
    return text if len(text) <= _SHOWN else text[:_SHOWN] + "…"


def cell_of(raw: Raw) -> str:
    """The cell as a French office would type it again in a CSV file."""
    return str(raw).replace(".", ",") if isinstance(raw, Decimal) else as_text(raw).replace("\x00", "")


def loaded(values: Mapping[str, Any], model: type[models.Model]) -> dict[str, Any]:
    """Values as they were before they were kept as JSON."""
    typed = _typed(model)
    return {
        name: typed[name](value) if name in typed and value is not None else value
        for name, value in values.items()
    }


@cache
def _typed(model: type[models.Model]) -> dict[str, Callable[[Any], Any]]:
    """The fields that JSON keeps as texts."""
    kinds = (models.DateField, models.DecimalField)
    return {field.name: field.to_python for field in model._meta.concrete_fields if isinstance(field, kinds)}
