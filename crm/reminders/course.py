"""What the coming days bring to one subscription, if nothing else happens and a pass is done on each."""

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from crm.products.models import Subscription
from crm.reminders.choosing import Offsets, offsets_of
from crm.reminders.models import Pause, Reminder
from crm.reminders.timetable import Due, Offset, due, smallest_due

DAY = timedelta(days=1)


@dataclass(frozen=True)
class Known:
    """What was written about one end: the days whose case is closed, those of them that were sent, and on which days
    a mail was."""

    settled: frozenset[int] = frozenset()
    sent: frozenset[int] = frozenset()
    mailed_on: frozenset[date] = frozenset()


def known_of(term: Subscription, rows: Iterable[Reminder]) -> Known:
    """`rows`: every reminder of this subscription."""
    status, rows = Reminder.Status, list(rows)
    series = [row for row in rows if row.ends_on == term.ends_on and row.purpose == Reminder.Purpose.END]
    closed = [row for row in series if row.status != status.OWED]
    return Known(
        frozenset(row.days for row in closed),
        frozenset(row.days for row in closed if row.status in (status.MAILED, status.LETTER)),
        frozenset(row.day for row in rows if row.status == status.MAILED),
    )


def course_of(
    term: Subscription,
    offsets: Offsets,
    rows: Iterable[Reminder],
    pauses: Collection[Pause],
    *,
    first: date,
    last: date,
) -> dict[date, Due]:
    """`course` of a subscription, of which `rows` are all the reminders and `pauses` those that concern it."""
    return course(
        term.ends_on,
        known_on=term.end_known_on,
        offsets=offsets_of(term, offsets),
        known=known_of(term, rows),
        pauses=pauses,
        first=first,
        last=last,
    )


def course(
    ends_on: date,
    *,
    known_on: date,
    offsets: Sequence[Offset],
    known: Known,
    pauses: Collection[Pause],
    first: date,
    last: date,
) -> dict[date, Due]:
    """What the days from `first` to `last` ask for an end."""
    settled, sent, found = set(known.settled), set(known.sent), {}
    for day in _turns(ends_on, offsets, known, pauses, first):
        is_paused = any(one.covers(day) for one in pauses)
        if day > last or is_paused or smallest_due(ends_on, offsets, day) in {None, *settled}:
            continue
        asked = due(
            ends_on,
            known_on=known_on,
            offsets=offsets,
            settled=settled,
            sent=sent,
            day=day,
            may_mail=day not in known.mailed_on,
        )
        if asked == Due():
            continue
        found[day] = asked
        settled |= {one.days for one in (*asked.superseded, *asked.skipped)}
        if asked.mail:
            settled.add(asked.mail.days)
            sent.add(asked.mail.days)
    return found


def _turns(
    ends_on: date, offsets: Sequence[Offset], known: Known, pauses: Collection[Pause], first: date
) -> Iterator[date]:
    """The days on which something may change, in order."""
    turns = {first, *(one.first_day(ends_on) for one in offsets)}
    turns |= {one.ends_on + DAY for one in pauses if one.ends_on} | {day + DAY for day in known.mailed_on}
    return iter(sorted(turn for turn in turns if first <= turn <= ends_on))
