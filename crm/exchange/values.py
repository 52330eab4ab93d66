"""What each kind of value looks like in an exported cell, a whole column at once.

In both files a line break inside a text is LF, which is what Excel itself writes, and None is an empty cell.
"""

from collections.abc import Callable, Iterable
from datetime import date, datetime
from functools import lru_cache
from typing import Any, Literal

from django.utils import timezone

from crm.exchange.formulas import escape_formula

Kind = Literal["text", "identifier", "date", "datetime", "amount", "rate", "integer", "boolean"]
LONGEST_INTEGER = 10**15  # Excel keeps 15 digits and puts zeros for the others
YES_NO = {True: "oui", False: "non", None: ""}


def cell_text(value: Any) -> str:
    text = str(value)
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    return escape_formula(text)


def _texts(values: Iterable[Any]) -> list[str]:
    return [
        ""
        if value is None or value == ""
        else value
        if type(value) is str and value[:1].isalnum() and "\r" not in value  # nearly all: nothing to do
        else cell_text(value)
        for value in values
    ]


def _by_cell(convert: Callable[[Any], Any]) -> Callable[[Iterable[Any]], list]:
    """A column's converter from a cell's; None is an empty cell."""
    return lambda values: [None if value is None else convert(value) for value in values]


def _amount(value: Any) -> str:
    return f"{value:.2f}".replace(".", ",")


def _rate(value: Any) -> str:
    return f"{value:f}".replace(".", ",")


def _local(value: datetime) -> datetime:
    return timezone.localtime(value) if timezone.is_aware(value) else value


@lru_cache(maxsize=4096)
def _day(value: date | None) -> str:
    if value is None:
        return ""
    day = _local(value) if isinstance(value, datetime) else value
    return f"{day.day:02}/{day.month:02}/{day.year:04}"


def _instant(value: datetime) -> str:
    return f"{_day(_local(value).date())} {_local(value):%H:%M:%S}"


@lru_cache(maxsize=4096)
def _excel_day(value: date | None) -> int | str:
    """Days since 30 December 1899; before March 1900 Excel's calendar has a day that never was, so a text."""
    if value is None:
        return ""
    day = _local(value).date() if isinstance(value, datetime) else value
    return (day - date(1899, 12, 30)).days if day >= date(1900, 3, 1) else _day(day)


def _excel_instant(value: datetime) -> float | str:
    local = _local(value)
    day = _excel_day(local.date())
    if isinstance(day, str):
        return _instant(value)
    return day + (local.hour * 3600 + local.minute * 60 + local.second) / 86400


def _excel_integer(value: int) -> int | str:
    return value if abs(value) < LONGEST_INTEGER else str(value)


TO_CSV: dict[Kind, Callable[[Iterable[Any]], list]] = {
    "text": _texts,
    "identifier": _texts,
    "date": lambda values: list(map(_day, values)),
    "datetime": _by_cell(_instant),
    "amount": _by_cell(_amount),
    "rate": _by_cell(_rate),
    "integer": list,
    "boolean": lambda values: list(map(YES_NO.__getitem__, values)),
}
TO_EXCEL: dict[Kind, Callable[[Iterable[Any]], list]] = {
    **TO_CSV,
    "date": lambda values: list(map(_excel_day, values)),
    "datetime": _by_cell(_excel_instant),
    "amount": _by_cell(float),
    "rate": _by_cell(float),
    "integer": _by_cell(_excel_integer),
}
