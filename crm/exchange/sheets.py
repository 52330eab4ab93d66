"""The XML of a sheet as a stream of rows. Nothing grows with the sheet: texts that cells share are on disk."""

import mmap
import re
import tempfile
import zipfile
import zlib
from array import array
from collections.abc import Iterator
from typing import Any
from xml.sax import SAXException
from xml.sax.handler import ContentHandler

import defusedxml.sax
from defusedxml.common import DefusedXmlException
from openpyxl.utils import column_index_from_string
from openpyxl.utils.datetime import from_ISO8601

from .archives import Archive, damaged, too_heavy
from .formats import Formats, as_day
from .parsed import Raw
from .sources import Unreadable

_CHUNK = 64 * 1024
# More than this without one complete tag is an attack on the parser's buffer.
_MAX_SILENCE_BYTES = 2 * 1024 * 1024
_MAX_CELL_CHARACTERS = 100_000
_MAX_STRINGS = 4_000_000
# The size of a sheet in Excel.
_SHEET_ROWS, _SHEET_COLUMNS = 1_048_576, 16_384
_CELL = re.compile("([A-Z]{1,3})[0-9]{0,7}")


class Strings:
    """The texts that cells share, in a temporary file: a workbook may have millions."""

    def __init__(self) -> None:
        self._file = tempfile.TemporaryFile()  # noqa: SIM115 - closed when sealed
        self._ends = array("Q", [0])
        self._map: mmap.mmap | bytes = b""

    def append(self, text: str) -> None:
        if len(self._ends) > _MAX_STRINGS:
            raise too_heavy()
        data = text.encode()
        self._file.write(data)
        self._ends.append(self._ends[-1] + len(data))

    def seal(self) -> None:
        self._file.flush()
        if self._ends[-1]:
            self._map = mmap.mmap(self._file.fileno(), 0, access=mmap.ACCESS_READ)
        self._file.close()

    def __getitem__(self, index: int) -> str:
        if not 0 <= index < len(self._ends) - 1:
            raise damaged()
        return self._map[self._ends[index] : self._ends[index + 1]].decode()


class _Handler(ContentHandler):
    """Gathers the text of the elements named in `texts`, within bounds; counts what the parser tells."""

    texts: frozenset[str] = frozenset()

    def __init__(self) -> None:
        super().__init__()
        self.told = 0
        self.done: list[Any] = []
        self._parts: list[str] | None = None
        self._length = 0

    def startElement(self, name: str, attrs: Any) -> None:  # noqa: N802
        self.told += 1
        name = name.rpartition(":")[2]
        if name in self.texts:
            self._parts = []
        self.opened(name, attrs)

    def characters(self, content: str) -> None:
        self.told += 1
        if self._parts is not None:
            self._length += len(content)
            if self._length > _MAX_CELL_CHARACTERS:
                raise damaged()
            self._parts.append(content)

    def endElement(self, name: str) -> None:  # noqa: N802
        self.told += 1
        name = name.rpartition(":")[2]
        text = ""
        if name in self.texts and self._parts is not None:
            text, self._parts = "".join(self._parts), None
        self.closed(name, text)

    def opened(self, name: str, attrs: Any) -> None: ...

    def closed(self, name: str, text: str) -> None: ...


class StringsHandler(_Handler):
    texts = frozenset({"t"})

    def __init__(self, strings: Strings) -> None:
        super().__init__()
        self._strings = strings
        self._runs: list[str] = []
        self._is_phonetic = False

    def opened(self, name: str, attrs: Any) -> None:
        if name == "rPh":
            self._is_phonetic = True

    def closed(self, name: str, text: str) -> None:
        if name == "t" and not self._is_phonetic:
            self._runs.append(text)
        elif name == "rPh":
            self._is_phonetic = False
        elif name == "si":
            self._strings.append(_unescaped("".join(self._runs)))
            self._runs, self._length = [], 0


class SheetHandler(_Handler):
    texts = frozenset({"v", "t", "f"})

    def __init__(self, strings: Strings, formats: Formats) -> None:
        super().__init__()
        self._strings = strings
        self._formats = formats
        self._row = self._column = self._style = self._seen = 0
        self._kind = "n"
        self._cells: list[Raw] = []
        self._value = self._formula = ""
        self._is_phonetic = False

    def opened(self, name: str, attrs: Any) -> None:
        if name == "c":
            reference = _CELL.fullmatch(attrs.get("r", ""))
            self._column = column_index_from_string(reference[1]) if reference else self._column + 1
            self._seen += 1
            if max(self._column, self._seen) > _SHEET_COLUMNS:
                raise damaged()
            self._kind, self._style = attrs.get("t", "n"), int(attrs.get("s", 0))
            self._value = self._formula = ""
        elif name == "row":
            row = int(attrs.get("r", self._row + 1))
            if not self._row < row <= _SHEET_ROWS:
                raise damaged()
            self._row, self._column, self._seen, self._cells = row, 0, 0, []
        elif name == "rPh":
            self._is_phonetic = True

    def closed(self, name: str, text: str) -> None:
        if name == "v":
            self._value = text
        elif name == "t" and not self._is_phonetic:
            self._value = self._value + text
        elif name == "f":
            self._formula = text
        elif name == "c":
            self._length = 0
            self._close_cell()
        elif name == "row" and self._cells:
            self.done.append((self._row, self._cells))
            self._cells = []
        elif name == "rPh":
            self._is_phonetic = False

    def _close_cell(self) -> None:
        value = self._typed()
        if isinstance(value, str) and not value.strip():
            return
        missing = self._column - 1 - len(self._cells)
        if missing >= 0:
            self._cells += [""] * missing
            self._cells.append(value)
        else:
            self._cells[self._column - 1] = value

    def _typed(self) -> Raw:
        text = self._value
        if self._formula and not text and self._kind != "str":
            # A formula that no spreadsheet has reckoned yet: shown as it is, for there is no value.
            return f"={self._formula}"
        match self._kind:
            case "s":
                return self._strings[int(text)] if text else ""
            case "n":
                return self._formats.value(text, self._style) if text.strip() else ""
            case "b":
                return text.strip() == "1"
            case "d":
                return (as_day(from_ISO8601(text)) or text) if text else ""
            case _:
                return _unescaped(text)


def _unescaped(text: str) -> str:
    return text.replace("_x000D_\n", "\n").replace("_x000D_", "\n")


def stream(archive: Archive, path: str, handler: _Handler) -> Iterator[Any]:
    """Feeds a part to its handler by small pieces, and gives what the handler has done so far."""
    parser = defusedxml.sax.make_parser()
    parser.forbid_dtd = True
    parser.setContentHandler(handler)
    silence = told = 0
    try:
        with archive.open(path) as part:
            while chunk := part.read(_CHUNK):
                parser.feed(chunk)
                silence = 0 if handler.told > told else silence + len(chunk)
                told = handler.told
                if silence > _MAX_SILENCE_BYTES:
                    raise too_heavy()
                done, handler.done = handler.done, []
                yield from done
            parser.close()
            yield from handler.done
    except (
        SAXException,
        DefusedXmlException,
        zipfile.BadZipFile,
        zlib.error,
        ValueError,
        OverflowError,
        EOFError,
        NotImplementedError,
    ) as error:
        if isinstance(error, Unreadable):
            raise
        raise damaged() from None


def read_strings(archive: Archive, path: str) -> Strings:
    """The texts that cells share; none when the workbook has no such part."""
    strings = Strings()
    try:
        if path in archive.namelist():
            for _nothing in stream(archive, path, StringsHandler(strings)):
                pass
    finally:
        strings.seal()
    return strings
