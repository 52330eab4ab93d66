"""Address labels on A4 sheets, as PDF.

Measures of the sheets: the published layouts, within half a millimetre. What the printer adds is put right by
the offset, and the safety margin absorbs the rest.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import BinaryIO

from django.core.exceptions import ValidationError
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from reportlab.lib.pagesizes import A4
from reportlab.lib.units import mm
from reportlab.lib.utils import simpleSplit
from reportlab.pdfbase.pdfmetrics import stringWidth
from reportlab.pdfgen.canvas import Canvas

from crm.exchange.printable import drawable, is_drawable, printed

FONT = "Helvetica"
LARGEST, SMALLEST = 11.0, 5.5  # points
BROKEN_SIZES = (11.0, 10.0, 9.0, 8.5, 8.0, 7.5, 7.0, 6.5, 6.0, 5.5)  # with over-long lines in pieces
LEADING = 1.2  # height of a line for a size of 1: room for the accent of a capital and for a descender
BASELINE = 0.95  # from the top of that line
NARROWED, NARROWEST = (
    0.9,
    0.75,
)  # letters are narrowed a little before they shrink, and more at the smallest size
ROUNDING = 1e-6
MARGIN, INSET = 2.0, 6.0  # mm: never printed on; the wish, where the label is wide enough
LARGEST_OFFSET = 15.0  # mm
MOST_LINES, LONGEST_LINE = 7, 38  # of an address, and of a line in characters: NF Z10-011


@dataclass(frozen=True)
class LabelSheet:
    """One commercial reference of A4 sheet; every measure in millimetres, from the top left corner."""

    name: str
    columns: int
    rows: int
    width: float
    height: float
    left: float
    top: float
    pitch_x: float
    pitch_y: float

    @property
    def per_page(self) -> int:
        return self.columns * self.rows


SHEETS: dict[str, LabelSheet] = {
    sheet.name: sheet
    for sheet in (
        LabelSheet("L7160", 3, 7, 63.5, 38.1, 7.21, 15.15, 66.04, 38.1),
        LabelSheet("L7163", 2, 7, 99.1, 38.1, 4.65, 15.15, 101.6, 38.1),
        LabelSheet("L7162", 2, 8, 99.1, 33.9, 4.0, 13.0, 102.5, 33.9),
        LabelSheet("L7161", 3, 6, 63.5, 46.7, 7.4, 8.1, 65.9, 46.7),
        LabelSheet("L7165", 2, 4, 99.1, 67.7, 4.7, 13.0, 101.6, 67.7),
        LabelSheet("L7651", 5, 13, 38.1, 21.2, 4.7, 10.9, 40.6, 21.2),
    )
}


def unprintable(address: Iterable[str]) -> str:
    """The characters no label can show, each once, in order: leave such an address out and say why.

    Letters of Latin alphabets that the font lacks are printed without their accent, so they are not listed.
    """
    return "".join(dict.fromkeys(char for line in address for char in printed(line) if not is_drawable(char)))


def is_too_long(address: Sequence[str], sheet: LabelSheet) -> bool:
    """Whether a line would be cut on this sheet, even at the smallest size."""
    lines, size = _layout(address, sheet)
    return _widest(lines) > _room(sheet) / (size * NARROWEST) + ROUNDING


def draw_labels(
    addresses: Iterable[Sequence[str]],
    sheet: LabelSheet,
    *,
    start_at: int = 1,
    offset_x: float = 0.0,
    offset_y: float = 0.0,
    out: BinaryIO,
) -> int:
    """Write the sheets as a PDF to `out` and return the number of pages.

    An address is 1 to 7 lines, from top to bottom. `start_at` is the first free label, counted from 1 along the
    rows. The offsets, in mm, move everything right and down. A character that cannot be printed becomes "?" and a
    line that is too long ends in "…": `unprintable` and `is_too_long` tell beforehand.

    Raises ValidationError for a start or an offset off the sheet, or for no address; nothing is written then.
    """
    _check(sheet, start_at, offset_x, offset_y)
    addresses = iter(addresses)
    first = next(addresses, None)
    if first is None:
        raise ValidationError(_("There is no address to print."), code="empty")
    canvas = _canvas(out, sheet)
    canvas.translate(offset_x * mm, -offset_y * mm)
    position = start_at - 1
    for position, lines in enumerate(chain([first], addresses), start_at - 1):
        if position % sheet.per_page == 0 and position >= start_at:
            canvas.showPage()
            canvas.translate(offset_x * mm, -offset_y * mm)
        _draw(canvas, lines, sheet, position % sheet.per_page)
    canvas.save()
    return position // sheet.per_page + 1


def _check(sheet: LabelSheet, start_at: int, offset_x: float, offset_y: float) -> None:
    if not 1 <= start_at <= sheet.per_page:
        message = _(
            "The first label must be between 1 and %(last)s: a sheet of %(sheet)s has %(last)s labels."
        )
        params = {"last": sheet.per_page, "sheet": sheet.name}
        raise ValidationError({"start_at": ValidationError(message, code="start_at", params=params)})
    for name, offset in (("offset_x", offset_x), ("offset_y", offset_y)):
        if not abs(offset) <= LARGEST_OFFSET:  # so written, it refuses NaN too
            message = _("The offset must be between -%(limit)s and %(limit)s millimetres.")
            params = {"limit": round(LARGEST_OFFSET)}
            raise ValidationError({name: ValidationError(message, code="offset", params=params)})


def _canvas(out: BinaryIO, sheet: LabelSheet) -> Canvas:
    canvas = Canvas(out, pagesize=A4, pageCompression=1, invariant=1, lang="fr-FR")
    canvas.setTitle(gettext("Address labels, sheets of %(sheet)s") % {"sheet": sheet.name})
    canvas.setAuthor("")
    canvas.setSubject("")
    canvas.setCreator("")
    # Otherwise readers shrink the page to the printer's margins and every label is off.
    canvas.setViewerPreference("PrintScaling", "None")
    return canvas


def _draw(canvas: Canvas, address: Sequence[str], sheet: LabelSheet, place: int) -> None:
    if not 1 <= len(address) <= MOST_LINES:
        raise ValueError(f"An address has 1 to {MOST_LINES} lines, this one has {len(address)}.")
    lines, size = _layout(address, sheet)
    scale = max(NARROWEST, min(1.0, _room(sheet) / (_widest(lines) * size)))
    lines = [_cut(line, _room(sheet) / (size * scale)) for line in lines]
    row, column = divmod(place, sheet.columns)
    inset = max(MARGIN * mm, min(INSET * mm, (sheet.width * mm - _widest(lines) * size * scale) / 2))
    above = (sheet.height * mm - len(lines) * LEADING * size) / 2 + BASELINE * size
    text = canvas.beginText(
        (sheet.left + column * sheet.pitch_x) * mm + inset,
        A4[1] - (sheet.top + row * sheet.pitch_y) * mm - above,
    )
    text.setFont(FONT, size, LEADING * size)
    text.setHorizScale(100 * scale)
    text.textLines(lines, trim=0)
    canvas.drawText(text)


def _layout(address: Sequence[str], sheet: LabelSheet) -> tuple[list[str], float]:
    """The lines as printed and their size. A line that the postal norm allows is never broken: it shrinks."""
    lines = [drawable(printed(line)) for line in address]
    whole = _largest(lines, sheet)
    for size in filter(whole.__lt__, BROKEN_SIZES):
        pieces = [piece for line in lines for piece in _broken(line, _room(sheet) / (size * NARROWED))]
        if size <= _largest(pieces, sheet):
            return pieces, size
    return lines, max(whole, SMALLEST)


def _broken(line: str, room: float) -> list[str]:
    return simpleSplit(line, FONT, 1, room) if len(line) > LONGEST_LINE else [line]


def _largest(lines: Sequence[str], sheet: LabelSheet) -> float:
    """The largest size, in points, at which these lines fit on the label both ways."""
    by_height = (sheet.height - 2 * MARGIN) * mm / (len(lines) * LEADING)
    return min(LARGEST, by_height, _room(sheet) / (_widest(lines) * NARROWED))


def _room(sheet: LabelSheet) -> float:
    """Width that may be printed on, in points."""
    return (sheet.width - 2 * MARGIN) * mm


def _width(line: str) -> float:
    """Width in points at size 1."""
    return stringWidth(line, FONT, 1)


def _widest(lines: Sequence[str]) -> float:
    return max(map(_width, lines), default=0) or 1.0


def _cut(line: str, room: float) -> str:
    """The line, or as much of it as fits in a room given in points at size 1."""
    if _width(line) <= room + ROUNDING:
        return line
    while line and _width(f"{line}…") > room:
        line = line[:-1].rstrip()
    return f"{line}…"
