"""What a spreadsheet's number means: the style of the cell tells."""

import math
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from openpyxl.styles.numbers import BUILTIN_FORMATS, BUILTIN_FORMATS_MAX_SIZE
from openpyxl.utils.datetime import from_excel

from .parsed import Raw


class Formats:
    """What the style of a cell says of its number."""

    def __init__(self, workbook: Any) -> None:
        self.epoch = workbook.epoch
        self._dates = workbook._date_formats
        self._ids = [style.numFmtId for style in workbook._cell_styles]
        self._custom = workbook._number_formats

    def value(self, text: str, style: int) -> Raw:
        """The cell's number as shown: a day, a percentage, a code with its leading zeros, else the number."""
        number = float(text)
        if not math.isfinite(number):
            return text
        if style in self._dates and number >= 1:
            return as_day(from_excel(number, self.epoch)) or text
        pattern = self._pattern(style)
        if "%" in pattern:
            return f"{(Decimal(f'{number:.15g}') * 100).normalize():f} %"
        if number.is_integer() and abs(number) < 1e15:
            whole = str(int(number))
            return whole.zfill(len(pattern)) if set(pattern) == {"0"} else whole
        if number.is_integer() or abs(number) < 1e-4:
            # Excel keeps 15 digits: this is refused later, as an identifier whose digits are lost.
            return f"{number:.14E}"
        return Decimal(f"{number:.15g}")

    def _pattern(self, style: int) -> str:
        number_format = self._ids[style] if 0 <= style < len(self._ids) else 0
        if number_format < BUILTIN_FORMATS_MAX_SIZE:
            return BUILTIN_FORMATS.get(number_format, "")
        index = number_format - BUILTIN_FORMATS_MAX_SIZE
        return self._custom[index] if index < len(self._custom) else ""


def as_day(moment: object) -> date | datetime | None:
    if isinstance(moment, datetime):
        return moment if moment.hour or moment.minute or moment.second else moment.date()
    return moment if isinstance(moment, date) else None
