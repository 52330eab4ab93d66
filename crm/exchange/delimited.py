"""CSV: what a text file is written in, and its records as a stream.

A BOM, else valid UTF-8 to its last byte, else cp1252, which is what French Excel writes. Memory stays flat:
the file is passed over, never held.
"""

import codecs
import csv
import io
import itertools
import re
from collections.abc import Iterator
from typing import IO

from django.utils.translation import gettext_lazy as _

from .parsed import Raw
from .sources import Unreadable

ENCODINGS = (
    "utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "cp1252", "iso8859-15", "mac-roman", "cp850",
)  # fmt: skip
SEPARATORS = (";", "\t", ",", "|")

_CHUNK = 64 * 1024
# One line of text: a hundred columns of ten thousand characters; csv itself bounds a field to 131,072.
_MAX_LINE = 1024 * 1024
_SNIFFED_LINES = 50
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
_MARKUP = re.compile(rb"\s*<(?:!doctype|html|table|\?xml|svg|head|meta)", re.IGNORECASE)
_CONTROLS = re.compile("[\x01-\x08\x0e-\x1f]")
_BLANK = " \t\xa0\u202f\ufeff\r\n"
_HINT = re.compile("sep=(.)\\s*", re.IGNORECASE)


def csv_records(source: IO[bytes], encoding: str, separator: str) -> Iterator[tuple[int, list[Raw]]]:
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


def check_is_text(start: bytes) -> None:
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


def recognise_encoding(source: IO[bytes], start: bytes) -> str:
    if start.startswith(codecs.BOM_UTF8):
        return "utf-8-sig"
    if start.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    # Without a BOM, UTF-16 shows by its zeros: one byte of two in the letters without accents.
    even, odd = start[::2].count(0), start[1::2].count(0)
    if even or odd:
        if max(even, odd) <= len(start) // 4 or min(even, odd) > max(even, odd) // 4:
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


def check_decodes(source: IO[bytes], encoding: str) -> None:
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


def recognise_separator(source: IO[bytes], encoding: str) -> str:
    """The separator with which most records have as many cells as the headings; then the most frequent."""
    first = itertools.islice(_lines(source, encoding), _SNIFFED_LINES)
    lines = list(itertools.dropwhile(lambda line: not line.strip(_BLANK), first))
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
