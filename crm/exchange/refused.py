"""The refused lines, as a file to correct and send again."""

from collections.abc import Iterator

from django.conf import settings
from django.utils.translation import gettext, override

from crm.exchange.importing.headings import REASON_HEADING, is_ours
from crm.exchange.models import ImportLine, ImportRun
from crm.exchange.writing import Column, write_csv


def refused_file(run: ImportRun) -> Iterator[bytes]:
    """The original cells and headings, and why each line was refused; the last column is ours and is not read back."""
    with override(settings.LANGUAGE_CODE):
        columns = [Column(str(place), run.headings[place]) for place in _places(run)]
        columns.append(Column("reason", gettext(REASON_HEADING)))
        yield from write_csv(columns, _rows(run))


def _places(run: ImportRun) -> list[int]:
    """The file's own columns: the reasons of a former time are not said again."""
    return [place for place, heading in enumerate(run.headings) if not is_ours(heading)]


def _rows(run: ImportRun) -> Iterator[list[str]]:
    places = _places(run)
    lines = run.lines.filter(verdict=ImportLine.Verdict.REFUSED).order_by("line")
    for raw, reasons in lines.values_list("raw", "reasons").iterator(chunk_size=1000):
        why = " / ".join(f"{heading} : {message}" if heading else message for heading, message in reasons)
        yield [*(raw[place] if place < len(raw) else "" for place in places), why]


def refused_name(run: ImportRun) -> str:
    stem = run.original_name.rsplit(".", 1)[0]
    return gettext("%(name)s - refused lines.csv") % {"name": stem}
