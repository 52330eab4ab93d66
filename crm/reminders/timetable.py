"""When reminders are due: pure functions of days.

A reminder of so many days is due from that day before the last day of service until the last day, included. What was
missed is not sent late in a heap: only the most urgent one is, and the larger ones are replaced by it.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from datetime import date, timedelta

from crm.france.terms import add_months


@dataclass(frozen=True)
class Offset:
    """A rule in force: days before the end, since when, and the key of its own text."""

    days: int
    since: date
    template: int | None = None

    def first_day(self, ends_on: date) -> date:
        return ends_on - timedelta(days=self.days)


@dataclass(frozen=True)
class Due:
    """What a day asks for one subscription: at most one mail, the offsets it replaces, and those that came too late."""

    mail: Offset | None = None
    superseded: list[Offset] = field(default_factory=list)
    skipped: list[Offset] = field(default_factory=list)


def due(
    ends_on: date,
    *,
    known_on: date,
    offsets: Iterable[Offset],
    settled: Collection[int],
    sent: Collection[int],
    day: date,
    may_mail: bool = True,
) -> Due:
    """`known_on`: since when this end is known. `settled`: days of the offsets whose case is closed for this end, and
    `sent` those among them that were sent. `may_mail`: False when the recipient already had one that day."""
    if day > ends_on:
        return Due()
    open_ones = [one for one in offsets if one.days not in settled and one.first_day(ends_on) <= day]
    skipped = [one for one in open_ones if one.first_day(ends_on) < max(known_on, one.since)]
    ready = sorted((one for one in open_ones if one not in skipped), key=lambda one: one.days)
    if not ready or not may_mail:
        return Due(skipped=skipped)
    urgent, *larger = ready
    if any(days <= urgent.days for days in sent):
        return Due(superseded=ready, skipped=skipped)
    return Due(mail=urgent, superseded=larger, skipped=skipped)


def smallest_due(ends_on: date, offsets: Iterable[Offset], day: date) -> int | None:
    """The days of the most urgent offset that this day asks for; None when none is due yet."""
    return min((one.days for one in offsets if one.first_day(ends_on) <= day), default=None)


@dataclass(frozen=True)
class NoticeWindow:
    """When a client must be told that a term will be renewed tacitly (C. conso., art. L215-1).

    Between three months and one month before `deadline`, the last day on which the client may refuse.
    """

    opens_on: date
    closes_on: date
    deadline: date

    def is_open(self, day: date) -> bool:
        """Until the deadline: told late, the client may at least still refuse."""
        return self.opens_on <= day <= self.deadline

    def is_late(self, day: date) -> bool:
        return day > self.closes_on


def notice_window(ends_on: date, notice_months: int) -> NoticeWindow:
    """
    The window for a last day of service and a notice in months.

    >>> window = notice_window(date(2026, 12, 31), 1)
    >>> window.opens_on, window.closes_on, window.deadline
    (datetime.date(2026, 8, 30), datetime.date(2026, 10, 30), datetime.date(2026, 11, 30))
    """
    deadline = add_months(ends_on, -notice_months)
    return NoticeWindow(add_months(deadline, -3), add_months(deadline, -1), deadline)
