"""An uploaded file to a table: what it is, its headings, and its rows one at a time.

The content decides, never the name. CSV: a BOM, else valid UTF-8, else cp1252 (what French Excel writes).
Memory stays flat whatever the size: the file is passed over twice, never held.
"""

import codecs
import csv
import io
import itertools
import re
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import IO, Literal, Self

from django.utils.translation import gettext_lazy as _

from .parsed import Raw, as_text
from .sources import Limits, Row, Unreadable
from .workbooks import Workbook

__all__ = ["ENCODINGS", "SEPARATORS", "Limits", "Row", "Table", "Unreadable", "inspect"]

ENCODINGS = (
    "utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "cp1252", "iso8859-15", "mac-roman", "cp850",
)  # fmt: skip
SEPARATORS = (";", "\t", ",", "|")

_CHUNK = 64 * 1024
# One line of text: a hundred columns of ten thousand characters; csv itself bounds a field to 131,072.
_MAX_LINE = 1024 * 1024
_SAMPLE_ROWS = 5
_SNIFFED_LINES = 50
_MAX_HEADING = 200
_SIGNATURES = (
    b"%PDF",
    b"\x89PNG",
    b"\xff\xd8\xff",
    b"GIF8",
    b"Rar!",
    b"7z\xbc\xaf",
    b"\x1f\x8b",
    b"{\\rtf",
    b"II*\0",
)
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_ZIP = (b"PK\3\4", b"PK\5\6")
_MARKUP = re.compile(rb"\s*<(?:!doctype|html|table|\?xml|svg|head|meta)", re.IGNORECASE)
_CONTROLS = re.compile("[\x01-\x08\x0e-\x1f]")
_BLANK = " \t\xa0\u202f\ufeff\r\n"
_HINT = re.compile("sep=(.)\\s*", re.IGNORECASE)


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
            _check_is_text(start)
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


def _csv_table(
    source: IO[bytes], name: str, limits: Limits, encoding: str | None, separator: str | None, start: bytes
) -> Table:
    if encoding and encoding not in ENCODINGS:
        raise Unreadable(_("Unknown encoding “%(encoding)s”."), "encoding", encoding=encoding[:60])
    if separator and separator not in SEPARATORS:
        raise Unreadable(_("Unknown separator “%(separator)s”."), "separator", separator=separator[:60])
    encoding = encoding or _encoding(source, start)
    _check_decodes(source, encoding)
    separator = separator or _separator(list(itertools.islice(_lines(source, encoding), _SNIFFED_LINES)))
    records = partial(_csv_records, source, encoding, separator)
    return Table(name, "csv", limits, records, encoding=encoding, separator=separator)


def _csv_records(source: IO[bytes], encoding: str, separator: str) -> Iterator[tuple[int, list[Raw]]]:
    number = 0
    try:
        for number, cells in enumerate(csv.reader(_lines(source, encoding), delimiter=separator), 1):
            is_hint = number == 1 and _HINT.fullmatch(separator.join(cells))
            if any(cell.strip(_BLANK) for cell in cells) and not is_hint:
                yield number, list(cells)
    except csv.Error:
        raise Unreadable(
            _("Record %(number)d cannot be read: a quotation mark was probably opened and never closed."),
            "bad_quotes",
            number=number + 1,
        ) from None


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


def _check_is_text(start: bytes) -> None:
    if not start.strip(b" \t\r\n\xef\xbb\xbf\xfe\xff\0"):
        raise Unreadable(_("The file is empty."), "empty")
    if start.startswith(_OLE):
        raise Unreadable(
            _(
                "This is an old Excel workbook (.xls) or one protected by a password: save it as .xlsx, without password."
            ),
            "old_workbook",
        )
    if start.startswith(_SIGNATURES) or _MARKUP.match(start):
        raise _not_a_table()


def _not_a_table() -> Unreadable:
    return Unreadable(_("This is not a table: send a CSV or .xlsx file."), "not_a_table")


def _encoding(source: IO[bytes], start: bytes) -> str:
    if start.startswith(codecs.BOM_UTF8):
        return "utf-8-sig"
    if start.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    # Without a BOM, UTF-16 shows by its zeros: one byte of two in the letters without accents.
    even, odd = start[::2].count(0), start[1::2].count(0)
    if even or odd:
        if max(even, odd) < len(start) // 8 or min(even, odd) > max(even, odd) // 4:
            raise _not_a_table()
        return "utf-16-le" if odd > even else "utf-16-be"
    try:
        for _text in _decoded(source, "utf-8"):
            pass
    except UnicodeDecodeError:
        return "cp1252"
    return "utf-8"


def _decoded(source: IO[bytes], encoding: str) -> Iterator[str]:
    decoder = codecs.getincrementaldecoder(encoding)("strict")
    source.seek(0)
    while chunk := source.read(_CHUNK):
        yield decoder.decode(chunk)
    yield decoder.decode(b"", final=True)


def _check_decodes(source: IO[bytes], encoding: str) -> None:
    """Every byte has a character in this encoding, and the characters are those of a text."""
    controls = total = 0
    try:
        for text in _decoded(source, encoding):
            if "\0" in text:
                raise _not_a_table()
            controls += len(_CONTROLS.findall(text))
            total += len(text)
    except UnicodeError:
        raise Unreadable(
            _("The file is not in the encoding %(encoding)s: choose another, or save it as “CSV UTF-8”."),
            "encoding",
            encoding=encoding,
        ) from None
    if controls * 50 > total:
        raise _not_a_table()


def _lines(source: IO[bytes], encoding: str) -> Iterator[str]:
    """The lines of the file with their ends, wherever they end; bounded, unlike a file's own iteration."""
    source.seek(0)
    reader = io.TextIOWrapper(source, encoding=encoding, newline="")
    try:
        while line := reader.readline(_MAX_LINE):
            if len(line) >= _MAX_LINE:
                raise Unreadable(
                    _("A line holds more than a million characters: this is not a table."), "long_line"
                )
            yield line
    finally:
        reader.detach()


def _separator(lines: list[str]) -> str:
    """The separator with which most records have as many cells as the headings; then the most frequent."""
    lines = list(itertools.dropwhile(lambda line: not line.strip(_BLANK), lines))
    if lines and (hint := _HINT.fullmatch(lines[0])) and hint[1] in SEPARATORS:
        return hint[1]
    return max(SEPARATORS, key=lambda separator: _agreement(lines, separator))


def _agreement(lines: list[str], separator: str) -> tuple[int, int]:
    try:
        widths = [len(record) for record in csv.reader(lines, delimiter=separator) if record]
    except csv.Error:
        return 0, 0
    if not widths or widths[0] == 1:
        return 0, 0
    return sum(width == widths[0] for width in widths), widths[0]
