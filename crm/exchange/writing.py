"""Files that leave: CSV and XLSX that a French Excel opens right, without a formula."""

import csv
import io
import re
import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import islice
from pathlib import Path
from typing import IO, Any

from django.core.exceptions import ValidationError
from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from xlsxwriter import Workbook
from xlsxwriter.format import Format
from xlsxwriter.utility import xl_col_to_name
from xlsxwriter.worksheet import Worksheet

from crm.exchange.formulas import escape_formula, unescape_formula
from crm.exchange.values import TO_CSV, TO_EXCEL, Kind, cell_text

__all__ = ["Column", "Kind", "escape_formula", "unescape_formula", "write_csv", "write_xlsx"]


LOT = 1000  # rows converted and sent at once
MOST_ROWS = 1_048_575  # of a worksheet, its headings not counted
MOST_CHARACTERS = 32_767  # of a cell
NUMBER_FORMATS = {
    "identifier": "@",
    "date": "dd/mm/yyyy",
    "datetime": "dd/mm/yyyy hh:mm:ss",
    "amount": "#,##0.00",
    "rate": "0.00",
    "integer": "0",
}
WIDTHS = {
    "text": 24,
    "identifier": 18,
    "date": 12,
    "datetime": 20,
    "amount": 12,
    "rate": 8,
    "integer": 10,
    "boolean": 8,
}
WIDEST_HEADING = 40

_SPECIAL_IN_XML = re.compile("[&<>\x00-\x08\x0b-\x1f\ufffe\uffff]|_x[0-9A-Fa-f]{4}_")


@dataclass(frozen=True)
class Column:
    """One column of an export. `key` is the caller's name for it; the heading is what the reader sees."""

    key: str
    heading: str | Promise
    kind: Kind = "text"


def write_csv(columns: Sequence[Column], rows: Iterable[Sequence[Any]]) -> Iterator[bytes]:
    """The file in pieces: UTF-8 with a BOM, semicolons, CRLF, dd/mm/yyyy, decimal commas, oui and non.

    A row holds Python values in the columns' order: str, date, datetime, Decimal, int, bool or None.
    """
    converters = [TO_CSV[column.kind] for column in columns]
    yield "\ufeff".encode() + _encoded([[cell_text(column.heading) for column in columns]])
    for lot in _lots(rows):
        yield _encoded(zip(*_converted(converters, lot), strict=True))


def write_xlsx(
    columns: Sequence[Column], rows: Iterable[Sequence[Any]], path_or_file: str | Path | IO[bytes]
) -> None:
    """One worksheet with typed cells, its headings frozen and filterable. Rows as in `write_csv`.

    Raises ValidationError for more rows or a longer text than a worksheet can hold; nothing is written then.
    """
    # The lines wait in a temporary file; in a folder of its own, it goes away however this ends.
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        options = {
            "constant_memory": True,
            "tmpdir": folder,
            "strings_to_formulas": False,
            "strings_to_urls": False,
            "strings_to_numbers": False,
        }
        workbook = Workbook(path_or_file, options)
        worksheet = workbook.add_worksheet(gettext("Export"), worksheet_class=_ExportSheet)
        formats = [
            workbook.add_format({"num_format": NUMBER_FORMATS[column.kind]})
            if column.kind in NUMBER_FORMATS
            else None
            for column in columns
        ]
        _write_headings(worksheet, columns, formats, workbook.add_format({"bold": True}))
        try:
            count = _write_rows(worksheet, columns, formats, rows)
        except BaseException:
            worksheet.fh.close()
            raise
        if columns:
            worksheet.autofilter(0, 0, count, len(columns) - 1)
        workbook.close()


class _ExportSheet(Worksheet):
    """XlsxWriter spends most of its time in this one method, made for every kind of cell; an export has two.

    Its own would also let a text through as raw XML when it begins and ends like its rich text.
    """

    def _write_cell(self, row: int, col: int, cell: Any) -> None:
        value, style = cell[0], cell.format
        place = f'r="{_letters(col)}{row + 1}" s="{style._get_xf_index() if style else 0}"'
        if isinstance(value, str):
            if _SPECIAL_IN_XML.search(value):
                value = self._escape_data(self._escape_control_characters(value))
            self.fh.write(f'<c {place} t="inlineStr"><is><t xml:space="preserve">{value}</t></is></c>')
        else:
            self.fh.write(f"<c {place}><v>{value!r}</v></c>")


_letters = cache(xl_col_to_name)


def _lots(rows: Iterable[Sequence[Any]]) -> Iterator[list[Sequence[Any]]]:
    rows = iter(rows)
    return iter(lambda: list(islice(rows, LOT)), [])


def _converted(converters: Sequence[Callable], lot: list[Sequence[Any]]) -> Iterator[list]:
    """The lot by columns, each converted at once: several times faster than cell by cell."""
    by_column = zip(*lot, strict=True)
    return (convert(values) for convert, values in zip(converters, by_column, strict=True))


def _encoded(rows: Iterable[Sequence[str]]) -> bytes:
    buffer = io.StringIO(newline="")
    csv.writer(buffer, delimiter=";", lineterminator="\r\n").writerows(rows)
    return buffer.getvalue().encode()


def _write_headings(
    worksheet: Worksheet, columns: Sequence[Column], formats: Sequence[Format | None], bold: Format
) -> None:
    worksheet.freeze_panes(1, 0)
    for index, (column, style) in enumerate(zip(columns, formats, strict=True)):
        heading = cell_text(column.heading)
        room_for_the_arrow = len(heading) + 4
        width = min(max(WIDTHS[column.kind], room_for_the_arrow), max(WIDTHS[column.kind], WIDEST_HEADING))
        worksheet.set_column(index, index, width, style)
        worksheet.write_string(0, index, heading, bold)
    worksheet.ignore_errors({"number_stored_as_text": "A1:XFD1048576"})


def _write_rows(
    worksheet: Worksheet,
    columns: Sequence[Column],
    formats: Sequence[Format | None],
    rows: Iterable[Sequence[Any]],
) -> int:
    """Write the rows under the headings and return how many there were."""
    converters = [TO_EXCEL[column.kind] for column in columns]
    write_string, write_number = worksheet.write_string, worksheet.write_number
    row = 0
    for lot in _lots(rows):
        for cells in zip(*_converted(converters, lot), strict=True):
            row += 1
            if row > MOST_ROWS:
                raise _too_many_rows()
            for index, cell in enumerate(cells):
                if cell is None or cell == "":
                    continue
                write = write_string if type(cell) is str else write_number
                if write(row, index, cell, formats[index]):
                    raise _too_long(row, columns[index], cell)
    return row


def _too_many_rows() -> ValidationError:
    message = _(
        "An Excel sheet holds %(limit)s rows and this export has more. "
        "Narrow the selection, or export as CSV."
    )
    return ValidationError(message, code="rows", params={"limit": MOST_ROWS})


def _too_long(row: int, column: Column, text: str) -> ValidationError:
    message = _(
        "Row %(row)s, column “%(column)s”: the text has %(length)s characters and an Excel cell holds "
        "%(limit)s. Shorten it, or export as CSV."
    )
    params = {"row": row + 1, "column": column.heading, "length": len(text), "limit": MOST_CHARACTERS}
    return ValidationError(message, code="characters", params=params)
