"""An uploaded file to a table: what it is, its headings, and its rows one at a time.

The content decides what a file is; a text that is named like a workbook is refused all the same, for it is
not what the person believes they send.
"""

import io
import itertools
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import IO, Literal, Self

from django.utils.translation import gettext_lazy as _

from .delimited import (
    ENCODINGS,
    SEPARATORS,
    check_decodes,
    check_is_text,
    csv_records,
    recognise_encoding,
    recognise_separator,
)
from .parsed import Raw, as_text
from .sources import Limits, Row, Unreadable
from .workbooks import Workbook

__all__ = ["ENCODINGS", "SEPARATORS", "Limits", "Row", "Table", "Unreadable", "inspect"]

_CHUNK = 64 * 1024
_SAMPLE_ROWS = 5
_MAX_HEADING = 200
_ZIP = (b"PK\3\4", b"PK\5\6")
_WORKBOOK_NAMES = (".xlsx", ".xlsm", ".xlsb", ".xls", ".ods")


@dataclass(slots=True)
class Table:
    """A file that can be read. `rows()` may be called again, but for one iteration at a time.

    Close it, or use it in a `with`, when it was given a path.
    """

    name: str
    kind: Literal["csv", "xlsx"]
    limits: Limits
    _records: Callable[[], Iterator[tuple[int, list[Raw]]]]
    encoding: str = ""
    separator: str = ""
    sheet: str = ""
    sheets: list[str] = field(default_factory=list)
    headings: list[str] = field(default_factory=list)
    sample: list[Row] = field(default_factory=list)
    _stack: ExitStack = field(default_factory=ExitStack)

    def rows(self) -> Iterator[Row]:
        """The records under the headings; blank ones are left out and keep their number.

        Raises Unreadable on the row that passes the limit, or where the file turns out to be damaged.
        """
        width = len(self.headings)
        first = None
        for count, (number, cells) in enumerate(self._records()):
            if first is None:
                first = number
                continue
            if count > self.limits.max_rows:
                raise Unreadable(
                    _("More than %(max)d rows: split the file."), "too_many_rows", max=self.limits.max_rows
                )
            values = cells[:width] + [""] * (width - len(cells))
            yield Row(number - first, values, [cell for cell in cells[width:] if cell != ""])

    def close(self) -> None:
        self._stack.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        self.close()


def inspect(
    file: IO[bytes] | Path | str,
    name: str,
    *,
    limits: Limits,
    encoding: str | None = None,
    separator: str | None = None,
    sheet: str | None = None,
) -> Table:
    """Recognises a file; `encoding`, `separator` and `sheet` are a person's corrections. Raises Unreadable.

    A file object must be binary and seekable, and stay open as long as the table.
    """
    with ExitStack() as stack:
        source = stack.enter_context(Path(file).open("rb")) if isinstance(file, (str, Path)) else file
        size = source.seek(0, io.SEEK_END)
        if size > limits.max_bytes:
            raise Unreadable(
                _("The file weighs more than %(max)d MB: split it."),
                "too_large",
                max=limits.max_bytes // 1024**2,
            )
        source.seek(0)
        start = source.read(_CHUNK)
        if start.startswith(_ZIP):
            table = _workbook_table(source, name, limits, sheet)
        else:
            check_is_text(start)
            _check_named_as_text(name)
            table = _csv_table(source, name, limits, encoding, separator, start)
        table.headings = _headings(table)
        table.sample = list(itertools.islice(table.rows(), _SAMPLE_ROWS))
        if not table.sample:
            raise Unreadable(_("The file has headings, but no row under them."), "no_rows")
        table._stack = stack.pop_all()
        return table


def _workbook_table(source: IO[bytes], name: str, limits: Limits, sheet: str | None) -> Table:
    workbook = Workbook(source, limits)
    names = workbook.sheet_names
    if sheet and sheet not in names:
        raise Unreadable(_("The workbook has no sheet named “%(sheet)s”."), "no_sheet", sheet=sheet[:60])
    chosen = sheet or names[0]
    return Table(name, "xlsx", limits, partial(workbook.rows, chosen), sheet=chosen, sheets=names)


def _check_named_as_text(name: str) -> None:
    suffix = Path(name).suffix.lower()
    if suffix in _WORKBOOK_NAMES:
        raise Unreadable(
            _(
                "This file is named %(suffix)s but is not a workbook: save it as .xlsx in your spreadsheet,"
                " or name it .csv if it is a text."
            ),
            "not_a_workbook",
            suffix=suffix,
        )


def _csv_table(
    source: IO[bytes], name: str, limits: Limits, encoding: str | None, separator: str | None, start: bytes
) -> Table:
    if encoding and encoding not in ENCODINGS:
        raise Unreadable(_("Unknown encoding “%(encoding)s”."), "encoding", encoding=encoding[:60])
    if separator and separator not in SEPARATORS:
        raise Unreadable(_("Unknown separator “%(separator)s”."), "separator", separator=separator[:60])
    encoding = encoding or recognise_encoding(source, start)
    check_decodes(source, encoding)
    separator = separator or recognise_separator(source, encoding)
    records = partial(csv_records, source, encoding, separator)
    return Table(name, "csv", limits, records, encoding=encoding, separator=separator)


def _headings(table: Table) -> list[str]:
    _number, cells = next(table._records(), (0, []))
    headings = [" ".join(as_text(cell).replace("\ufeff", "").split()) for cell in cells]
    while headings and not headings[-1]:
        headings.pop()
    if not headings:
        raise Unreadable(_("The file is empty."), "empty")
    if len(headings) > table.limits.max_columns:
        raise Unreadable(
            _("More than %(max)d columns: keep only the useful ones."),
            "too_many_columns",
            max=table.limits.max_columns,
        )
    named = [heading.casefold() for heading in headings if heading]
    for heading in headings:
        if len(heading) > _MAX_HEADING:
            raise Unreadable(
                _("The first row does not hold headings: add a row with the columns' names."), "headings"
            )
        if heading and named.count(heading.casefold()) > 1:
            raise Unreadable(
                _("Two columns are called “%(heading)s”: rename or remove one."),
                "duplicate_heading",
                heading=heading,
            )
    return headings
