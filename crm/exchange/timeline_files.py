"""The timeline of a client as a file: CSV for a spreadsheet, PDF for a folder. Written as it is read, entry by entry."""

from collections.abc import Iterator
from datetime import datetime
from typing import IO

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from reportlab.lib.pagesizes import A4
from reportlab.lib.units import mm
from reportlab.lib.utils import simpleSplit
from reportlab.pdfgen.canvas import Canvas

from crm.clients.models import Client
from crm.exchange.printable import drawable, printed
from crm.exchange.writing import Column, write_csv
from crm.mailing.rich_text import text_of
from crm.organisation.models import Organisation
from crm.timeline.models import Entry, EntryQuerySet
from crm.timeline.reading import with_actions

LOT = 1000
COLUMNS = [
    Column("at", gettext_lazy("Date"), "datetime"),
    Column("type", gettext_lazy("Type")),
    Column("summary", gettext_lazy("Summary")),
    Column("note", gettext_lazy("Note")),
    Column("files", gettext_lazy("Attached files")),
    Column("by", gettext_lazy("By")),
    Column("is_visible_to_client", gettext_lazy("Visible to the client"), "boolean"),
]
LEFT, RIGHT, TOP, BOTTOM = 18 * mm, A4[0] - 18 * mm, A4[1] - 18 * mm, 18 * mm
INDENT = 34 * mm
FONT, BOLD = "Helvetica", "Helvetica-Bold"
LEADING = 12.5
INK, QUIET, RULE = (0.11, 0.14, 0.19), (0.34, 0.37, 0.43), (0.87, 0.89, 0.91)


def timeline_csv(entries: EntryQuerySet) -> Iterator[bytes]:
    return write_csv(COLUMNS, (_row(entry) for entry in _read(entries)))


def _read(entries: EntryQuerySet) -> Iterator[Entry]:
    return with_actions(entries).iterator(chunk_size=LOT)


def _row(entry: Entry) -> tuple:
    who = str(entry.by) if entry.by else ""
    names = ", ".join(_names(entry))
    return entry.at, _type(entry), entry.summary, _note(entry), names, who, entry.is_visible_to_client


def _type(entry: Entry) -> str:
    return str(entry.action.kind if entry.action else entry.get_kind_display())


def _note(entry: Entry) -> str:
    return text_of(entry.action.note_html) if entry.action else ""


def _names(entry: Entry) -> list[str]:
    return [file.name for file in entry.action.files.all()] if entry.action else []


def timeline_pdf(client: Client, entries: EntryQuerySet, *, period: str, at: datetime, out: IO[bytes]) -> int:
    """Write the timeline as a PDF to `out` and return the number of pages. `period`: what it was narrowed to."""
    sheet = _Sheet(client, out, period, at)
    for entry in _read(entries):
        sheet.draw(entry)
    return sheet.finish()


class _Sheet:
    """Pages filled from top to bottom; only the one being filled is in memory."""

    def __init__(self, client: Client, out: IO[bytes], period: str, at: datetime) -> None:
        self.title = _("Timeline of %(client)s") % {"client": client}
        self.canvas = Canvas(out, pagesize=A4, pageCompression=1, invariant=1, lang="fr-FR")
        self.canvas.setTitle(self.title)
        self.canvas.setAuthor(Organisation.objects.current().name)
        self.canvas.setCreator("")
        self.number, self.count, self.y = 1, 0, TOP
        self._text(self.title, size=15, font=BOLD, leading=20)
        day = date_format(timezone.localtime(at), "DATE_FORMAT")
        made = {"organisation": Organisation.objects.current().name, "day": day}
        self._text(_("%(organisation)s, on %(day)s") % made, color=QUIET)
        if period:
            self._text(period, color=QUIET)
        self.y -= 6

    def draw(self, entry: Entry) -> None:
        self.count += 1
        if self.y < BOTTOM + 4 * LEADING:
            self._turn()
        self.canvas.setStrokeColorRGB(*RULE)
        self.canvas.line(LEFT, self.y + 3, RIGHT, self.y + 3)
        moment = date_format(timezone.localtime(entry.at), "SHORT_DATETIME_FORMAT")
        self.canvas.setFont(FONT, 9)
        self.canvas.setFillColorRGB(*QUIET)
        self.canvas.drawString(LEFT, self.y - LEADING + 3, moment)
        who = f" – {entry.by}" if entry.by else ""
        self._text(f"{_type(entry)}{who}", font=BOLD, left=LEFT + INDENT)
        self._text(entry.summary, left=LEFT + INDENT)
        for line in _note(entry).split("\n"):
            self._text(line, left=LEFT + INDENT, color=QUIET)
        if names := _names(entry):
            self._text(
                _("Attached: %(names)s") % {"names": ", ".join(names)}, left=LEFT + INDENT, color=QUIET
            )
        self.y -= 4

    def finish(self) -> int:
        if not self.count:
            self._text(_("Nothing happened in this period."))
        self._foot()
        self.canvas.save()
        return self.number

    def _text(
        self,
        text: str,
        *,
        size: float = 9.5,
        font: str = FONT,
        left: float = LEFT,
        color: tuple[float, float, float] = INK,
        leading: float = LEADING,
    ) -> None:
        for line in simpleSplit(drawable(printed(text)), font, size, RIGHT - left):
            if self.y < BOTTOM + leading:
                self._turn()
            self.y -= leading
            self.canvas.setFont(font, size)
            self.canvas.setFillColorRGB(*color)
            self.canvas.drawString(left, self.y + 3, line)

    def _turn(self) -> None:
        self._foot()
        self.canvas.showPage()
        self.number, self.y = self.number + 1, TOP

    def _foot(self) -> None:
        self.canvas.setFont(FONT, 8)
        self.canvas.setFillColorRGB(*QUIET)
        self.canvas.drawString(LEFT, BOTTOM - 14, drawable(printed(self.title)))
        self.canvas.drawRightString(RIGHT, BOTTOM - 14, _("Page %(number)d") % {"number": self.number})
