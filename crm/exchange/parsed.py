"""What reading one cell gives: a value, and whether a person must be shown that it was put right."""

from collections.abc import Iterable
from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Generic, NamedTuple, TypeVar

from django.core.exceptions import ValidationError
from rapidfuzz import fuzz, process

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise

# What a file may hold in one cell. CSV gives text only; XLSX gives the typed ones too.
Raw = str | bool | Decimal | date | datetime | None

T = TypeVar("T")

_SHOWN = 60


class Parsed(NamedTuple, Generic[T]):
    """A cell's value; `is_rectified` when it is not what the cell says and both must be shown."""

    value: T
    is_rectified: bool = False


def refusal(message: "_StrPromise", code: str, value: object = "", **params: object) -> ValidationError:
    """The reason a cell is refused; `value` is shortened, since a cell may hold 32,767 characters."""
    text = str(value)
    shown = text if len(text) <= _SHOWN else text[:_SHOWN] + "…"
    return ValidationError(message, code=code, params={"value": shown, **params})


def as_text(raw: Raw) -> str:
    """The text a person would have typed for this cell."""
    match raw:
        case None:
            return ""
        case bool():
            return "oui" if raw else "non"
        case date():
            return f"{raw:%d/%m/}{raw.year:04d}"
        case _:
            return str(raw)


def nearest(text: str, names: Iterable[str]) -> str:
    """The name closest to `text`, or "" when none is near enough to be worth naming."""
    if len(text) > _SHOWN:
        return ""
    found = process.extractOne(text, list(names), scorer=fuzz.ratio, processor=str.casefold, score_cutoff=70)
    return found[0] if found else ""
