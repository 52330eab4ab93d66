"""What the readers of files share: the limits, the refusal, and a row."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from django.core.exceptions import ValidationError

from .parsed import Raw

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise


@dataclass(frozen=True, slots=True)
class Limits:
    """How much one uploaded file may weigh, packed and unpacked."""

    max_bytes: int = 50 * 1024 * 1024
    max_unpacked_bytes: int = 300 * 1024 * 1024
    max_ratio: int = 100
    max_entries: int = 200
    max_rows: int = 100_000
    max_columns: int = 100


class Unreadable(ValidationError):
    """The whole file is refused; the message says what to do."""

    def __init__(self, message: "_StrPromise", code: str, **params: object) -> None:
        super().__init__(message, code=code, params=params)


class Row(NamedTuple):
    """One record under the headings.

    `line` counts records from the headings, blank ones too: in a spreadsheet it is the row minus one.
    `values` has one value per heading, "" when empty; `extra_cells` is what stands right of the last heading.
    """

    line: int
    values: list[Raw]
    extra_cells: list[Raw]
