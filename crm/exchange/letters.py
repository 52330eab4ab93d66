"""Letters on A4, folded in three into DL window envelopes, as PDF."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import BinaryIO

from django.utils.translation import gettext as _
from reportlab.lib.pagesizes import A4
from reportlab.lib.units import mm
from reportlab.lib.utils import simpleSplit
from reportlab.pdfgen.canvas import Canvas

from crm.exchange.printable import drawable, printed

FONT, BOLD = "Helvetica", "Helvetica-Bold"
SIZE, LEADING = 10.5, 14.5
LEFT, RIGHT, BOTTOM = 20 * mm, 190 * mm, 22 * mm
# What the window shows: 85 x 33 mm, at 110 mm from the left of the sheet and 55 mm from its top.
WINDOW_LEFT, WINDOW_TOP = 110 * mm, 55 * mm
ADDRESS_SIZE, ADDRESS_LEADING, ADDRESS_INSET = 10, 12, 3 * mm
SENDER_TOP, DATE_TOP, TEXT_TOP, NEXT_PAGE_TOP = 18 * mm, 100 * mm, 112 * mm, 25 * mm
BOX_INSET = 8


@dataclass(frozen=True)
class Letter:
    """`address`: 1 to 7 postal lines. `paragraphs`: each with whether it stands in a box."""

    address: Sequence[str]
    reference: str
    day: str
    subject: str
    paragraphs: Sequence[tuple[str, bool]]
    closing: str


def draw_letters(letters: Iterable[Letter], *, sender: Sequence[str], out: BinaryIO) -> int:
    """Write the letters as a PDF to `out`, each from a new page, and return the number of pages. `sender`: the name,
    then the lines below it."""
    canvas = Canvas(out, pagesize=A4, pageCompression=1, invariant=1, lang="fr-FR")
    canvas.setTitle(_("Letters"))
    canvas.setAuthor(sender[0] if sender else "")
    canvas.setCreator("")
    # Otherwise readers shrink the page to the printer's margins and the address leaves the window.
    canvas.setViewerPreference("PrintScaling", "None")
    pages = sum(_Sheet(canvas, letter, sender).draw() for letter in letters)
    canvas.save()
    return pages


class _Sheet:
    """One letter, over as many pages as it takes."""

    def __init__(self, canvas: Canvas, letter: Letter, sender: Sequence[str]) -> None:
        self.canvas, self.letter, self.sender = canvas, letter, sender
        self.pages = 1
        self.y = A4[1] - TEXT_TOP

    def draw(self) -> int:
        self._head()
        self._paragraph(self.letter.subject, font=BOLD)
        for text, is_boxed in self.letter.paragraphs:
            self._boxed(text) if is_boxed else self._paragraph(text)
        if self.letter.closing:
            self._paragraph(self.letter.closing)
        self.canvas.showPage()
        return self.pages

    def _head(self) -> None:
        self._lines(self.sender[:1], LEFT, SENDER_TOP, font=BOLD, size=12)
        self._lines(self.sender[1:], LEFT, SENDER_TOP + 6 * mm, size=9)
        self._lines(
            self.letter.address,
            WINDOW_LEFT + ADDRESS_INSET,
            WINDOW_TOP + ADDRESS_INSET,
            size=ADDRESS_SIZE,
            leading=ADDRESS_LEADING,
        )
        self._lines([self.letter.reference], LEFT, DATE_TOP, size=9)
        self._lines([self.letter.day], WINDOW_LEFT, DATE_TOP)

    def _lines(
        self, lines: Sequence[str], x: float, top: float, *, font=FONT, size=SIZE, leading: float = 0
    ) -> None:
        """Down from `top`, both in points from the upper left corner."""
        text = self.canvas.beginText(x, A4[1] - top - size)
        text.setFont(font, size, leading or size * 1.25)
        text.textLines([_drawn(line) for line in lines], trim=0)
        self.canvas.drawText(text)

    def _paragraph(self, text: str, *, font: str = FONT) -> None:
        for line in _wrapped(text, font, RIGHT - LEFT):
            self._line(line, LEFT, font)
        self.y -= LEADING * 0.6

    def _boxed(self, text: str) -> None:
        """In a frame, which stays on one page: what the law wants seen."""
        lines = _wrapped(text, BOLD, RIGHT - LEFT - 2 * BOX_INSET)
        height = len(lines) * LEADING + BOX_INSET
        if self.y - height < BOTTOM:
            self._turn()
        self.canvas.rect(LEFT, self.y - height + LEADING * 0.8, RIGHT - LEFT, height + BOX_INSET / 2)
        for line in lines:
            self._line(line, LEFT + BOX_INSET, BOLD)
        self.y -= LEADING * 0.6 + BOX_INSET

    def _line(self, line: str, x: float, font: str) -> None:
        if self.y < BOTTOM:
            self._turn()
        self.canvas.setFont(font, SIZE)
        self.canvas.drawString(x, self.y, line)
        self.y -= LEADING

    def _turn(self) -> None:
        self.canvas.showPage()
        self.pages += 1
        self.y = A4[1] - NEXT_PAGE_TOP


def _wrapped(text: str, font: str, width: float) -> list[str]:
    return [
        piece for line in text.split("\n") for piece in (simpleSplit(_drawn(line), font, SIZE, width) or [""])
    ]


def _drawn(line: str) -> str:
    return drawable(printed(line))
