"""A day written in a cell, in the shapes French offices and Excel give it."""

import re
import unicodedata
from datetime import date, datetime, timedelta

from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from .parsed import Parsed, Raw, as_text, refusal

_PLAIN_FRENCH = re.compile(r"(?P<day>[0-9]{2})/(?P<month>[0-9]{2})/(?P<year>[0-9]{4})")
_PLAIN_ISO = re.compile(r"(?P<year>[0-9]{4})-(?P<month>[0-9]{2})-(?P<day>[0-9]{2})")
_YEAR_FIRST = re.compile(r"(?P<year>[0-9]{4})(?P<sep>[-/.])(?P<month>[0-9]{1,2})(?P=sep)(?P<day>[0-9]{1,2})")
_DAY_FIRST = re.compile(
    r"(?P<day>[0-9]{1,2})(?P<sep>[-/. ])(?P<month>[0-9]{1,2})(?P=sep)(?P<year>[0-9]{4}|[0-9]{2})"
)
_IN_WORDS = re.compile(
    r"(?:[a-z]+\.?,? )?(?P<day>[0-9]{1,2})(?:er)?[ -](?P<name>[a-z]{3,9})\.?[ -](?P<year>[0-9]{4}|[0-9]{2})"
)
_SERIAL = re.compile(r"(?P<serial>[0-9]{1,6})(?:[.,][0-9]+)?")
_HOUR = re.compile(
    r"[t ][0-9]{1,2}(?::|h)[0-9]{2}(?::[0-9]{2}(?:[.,][0-9]+)?)? ?(?:z|[+-][0-9]{2}:?[0-9]{2})?$"
)

_MONTHS = {
    "janvier": 1, "janv": 1, "jan": 1,
    "fevrier": 2, "fevr": 2, "fev": 2,
    "mars": 3, "mar": 3,
    "avril": 4, "avr": 4,
    "mai": 5,
    "juin": 6,
    "juillet": 7, "juil": 7,
    "aout": 8,
    "septembre": 9, "sept": 9, "sep": 9,
    "octobre": 10, "oct": 10,
    "novembre": 11, "nov": 11,
    "decembre": 12, "dec": 12,
}  # fmt: skip

# Day 0 of Excel's calendar, as it counts from 1 March 1900 on (it believes in 29 February 1900).
_EXCEL_EPOCH = date(1899, 12, 30)
# What software writes when it knows no date; nobody on file was born or joined on these days.
_SENTINELS = {date(1899, 12, 30), date(1899, 12, 31), date(1900, 1, 1)}
_FIRST_YEAR, _LAST_YEAR = 1800, 2200
# Days far enough from 1900 for a bare number to be a date and not a year, a quantity or a code.
_FIRST_SERIAL, _LAST_SERIAL = 3000, 109_574
_YEARS_AHEAD = 20


def parse_date(raw: Raw, *, today: date, is_future_ok: bool = True) -> Parsed[date | None]:
    """The day in a cell; None when it is empty.

    dd/mm/yyyy, yyyy-mm-dd and real dates of a spreadsheet are usual; every other shape is rectified.
    With `is_future_ok=False` (a birth, a creation) two-digit years fall in the past and a later day is
    refused; else they fall between 79 years ago and 20 years ahead.
    """
    if isinstance(raw, datetime):
        has_hour = bool(raw.hour or raw.minute or raw.second)
        return Parsed(_checked(raw.date(), raw, today, is_future_ok), has_hour)
    if isinstance(raw, date):
        return Parsed(_checked(raw, raw, today, is_future_ok))
    text = as_text(raw)
    if not text.strip():
        return Parsed(None)
    if match := _PLAIN_FRENCH.fullmatch(text) or _PLAIN_ISO.fullmatch(text):
        return Parsed(_checked(_day_of(match, text), text, today, is_future_ok))
    day = _rectified(text, today, is_future_ok)
    return Parsed(_checked(day, text, today, is_future_ok), True)


def _rectified(text: str, today: date, is_future_ok: bool) -> date:
    folded = _folded(text)
    without_hour = _HOUR.sub("", folded)
    if match := _PLAIN_ISO.fullmatch(without_hour) or _YEAR_FIRST.fullmatch(without_hour):
        return _day_of(match, text)
    if match := _DAY_FIRST.fullmatch(without_hour):
        return _in_century(match, int(match["month"]), text, today, is_future_ok)
    if (match := _IN_WORDS.fullmatch(without_hour)) and match["name"] in _MONTHS:
        return _in_century(match, _MONTHS[match["name"]], text, today, is_future_ok)
    if match := _SERIAL.fullmatch(folded):
        return _from_serial(int(match["serial"]), text)
    raise _not_a_date(text)


def _folded(text: str) -> str:
    """Lower case, without accents, every run of any space as one space."""
    decomposed = unicodedata.normalize("NFD", text.casefold())
    return " ".join("".join(c for c in decomposed if not unicodedata.combining(c)).split())


def _day_of(match: re.Match[str], text: str) -> date:
    return _real_day(int(match["year"]), int(match["month"]), int(match["day"]), text)


def _in_century(match: re.Match[str], month: int, text: str, today: date, is_future_ok: bool) -> date:
    year, day = int(match["year"]), int(match["day"])
    if len(match["year"]) == 4:
        return _real_day(year, month, day, text)
    year += 2000
    if is_future_ok:
        is_too_late = year > today.year + _YEARS_AHEAD
    else:
        is_too_late = (year, month, day) > (today.year, today.month, today.day)
    return _real_day(year - 100 if is_too_late else year, month, day, text)


def _real_day(year: int, month: int, day: int, text: str) -> date:
    if not (day and month and year):
        raise _sentinel(text)
    if month > 12 and day <= 12:
        raise refusal(
            _("“%(value)s” looks like a date with the month first: write the day first, dd/mm/yyyy."),
            "month_first",
            text,
        )
    try:
        return date(year, month, day)
    except ValueError:
        written = f"{day:02d}/{month:02d}/{year:04d}"
        raise refusal(_("%(value)s does not exist in the calendar."), "no_such_day", written) from None


def _from_serial(serial: int, text: str) -> date:
    if serial in (0, 1):
        raise _sentinel(text)
    if _FIRST_SERIAL <= serial <= _LAST_SERIAL:
        return _EXCEL_EPOCH + timedelta(days=serial)
    raise _not_a_date(text)


def _checked(day: date, raw: Raw, today: date, is_future_ok: bool) -> date:
    if day in _SENTINELS:
        raise _sentinel(as_text(raw))
    if not _FIRST_YEAR <= day.year <= _LAST_YEAR:
        raise refusal(
            _("%(value)s: the year must be between %(first)s and %(last)s."),
            "year_out_of_range",
            as_text(day),
            first=_FIRST_YEAR,
            last=_LAST_YEAR,
        )
    if day > today and not is_future_ok:
        raise refusal(_("%(value)s is in the future."), "in_the_future", as_text(day))
    return day


def _sentinel(text: str) -> ValidationError:
    return refusal(
        _("%(value)s is not a real date: leave the cell empty when it is unknown."), "sentinel", text
    )


def _not_a_date(text: str) -> ValidationError:
    return refusal(_("“%(value)s” is not a date: write it dd/mm/yyyy."), "not_a_date", text)
