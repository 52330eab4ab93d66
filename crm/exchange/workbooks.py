"""XLSX, row by row: memory does not grow with the file, and hostile archives are refused unopened.

openpyxl understands the workbook, its styles and its days (through defusedxml: no DTD entity is ever
expanded). The sheet and the table of shared strings, which may be huge, are read as a stream: openpyxl
keeps every shared string, and an element for every row, in memory.
"""

from collections.abc import Iterator
from typing import IO

from django.utils.translation import gettext_lazy as _
from openpyxl import DEFUSEDXML
from openpyxl.reader.excel import ExcelReader
from openpyxl.styles.stylesheet import apply_stylesheet

from .archives import Archive, damaged, open_archive
from .formats import Formats
from .parsed import Raw
from .sheets import SheetHandler, Strings, read_strings, stream
from .sources import Limits, Unreadable

if not DEFUSEDXML:
    raise RuntimeError("openpyxl must run with defusedxml: pip install defusedxml")


class _Outline(ExcelReader):
    """openpyxl's reader, stopped before the shared strings and the sheets."""

    def __init__(self, archive: Archive) -> None:
        self.archive = archive
        self.valid_files = archive.namelist()
        self.read_only = self.data_only = True
        self.keep_vba = self.keep_links = self.rich_text = False
        self.read_manifest()
        self.read_workbook()
        apply_stylesheet(self.archive, self.wb)
        strings = [part.PartName[1:] for part in self.package.Override if "sharedStrings" in part.ContentType]
        self.strings_path = strings[0] if strings else ""
        self.sheets = [
            (sheet.name, relation.target, sheet.state)
            for sheet, relation in self.parser.find_sheets()
            if relation.target in self.valid_files and "chartsheet" not in relation.Type
        ]


class Workbook:
    """An XLSX file, checked; `rows()` streams one sheet."""

    def __init__(self, file: IO[bytes], limits: Limits) -> None:
        self._archive = open_archive(file, limits)
        try:
            outline = _Outline(self._archive)
        except Unreadable:
            raise
        except Exception:  # noqa: BLE001 - openpyxl raises whatever a damaged part leads it to
            raise damaged() from None
        self._paths = {name: path for name, path, state in outline.sheets if state == "visible"}
        if not self._paths:
            raise Unreadable(_("The workbook has no visible sheet: show the one to read."), "no_sheet")
        self._formats = Formats(outline.wb)
        self._strings_path = outline.strings_path
        self._strings: Strings | None = None

    @property
    def sheet_names(self) -> list[str]:
        return list(self._paths)

    def rows(self, sheet: str) -> Iterator[tuple[int, list[Raw]]]:
        """(row number in the sheet, cells from column A on) for each row that is not blank."""
        if self._strings is None:
            self._strings = read_strings(self._archive, self._strings_path)
        handler = SheetHandler(self._strings, self._formats)
        yield from stream(self._archive, self._paths[sheet], handler)
