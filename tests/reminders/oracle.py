"""The rules of reminders told a second time, naively, one service and one day at a time, sharing nothing with the
product; and a world of random services in which both are played."""

import random
from dataclasses import dataclass, field
from datetime import date, timedelta

OFFSETS = (30, 15, 8, 5, 3, 1)
DAY = timedelta(days=1)


@dataclass
class Service:
    """What happens to one service: events by day, each before that day's pass."""

    known_on: date
    ends_on: date
    events: dict[date, tuple[str, date | None]] = field(default_factory=dict)


@dataclass
class Told:
    """What the oracle says left: (day, offset, end date)."""

    left: list[tuple[date, int, date]] = field(default_factory=list)
    settled: set[tuple[date, int]] = field(default_factory=set)
    sent: set[tuple[date, int]] = field(default_factory=set)
    last_day: date | None = None


def play(
    service: Service, first: date, last: date, asleep: set[date], mute: set[date]
) -> list[tuple[date, int, date]]:
    """The reminders of a service from day to day. `asleep`: no pass that day. `mute`: the mails do not leave."""
    told, ends_on, known_on, is_over = Told(), service.ends_on, service.known_on, False
    waiting: tuple[int, date] | None = None
    day = first
    while day <= last:
        kind, value = service.events.get(day, ("", None))
        if kind == "move" and not is_over and value != ends_on:
            ends_on, known_on = value, day
        elif kind in ("renew", "stop", "cancel"):
            is_over = True
        if day >= service.known_on and day not in asleep:
            # What still waits from another day is written anew, or not at all.
            if waiting is not None:
                waiting = None
                told.last_day = None
            if not is_over and day <= ends_on:
                waiting = _pass(told, ends_on, known_on, day)
            if waiting is not None and day not in mute:
                told.left.append((day, waiting[0], ends_on))
                told.settled.add((ends_on, waiting[0]))
                told.sent.add((ends_on, waiting[0]))
                waiting, told.last_day = None, day
        day += DAY
    return told.left


def _pass(told: Told, ends_on: date, known_on: date, day: date) -> tuple[int, date] | None:
    due = [n for n in OFFSETS if ends_on - timedelta(days=n) <= day and (ends_on, n) not in told.settled]
    for n in due:
        if ends_on - timedelta(days=n) < known_on:
            told.settled.add((ends_on, n))
    due = [n for n in due if (ends_on, n) not in told.settled]
    if not due or told.last_day == day:
        return None
    urgent = min(due)
    if any(end == ends_on and n <= urgent for end, n in told.sent):
        told.settled.update((ends_on, n) for n in due)
        return None
    told.settled.update((ends_on, n) for n in due if n != urgent)
    return urgent, day


def world(seed: int, number: int, first: date, days: int) -> tuple[list[Service], set[date], set[date]]:
    """Random services, the days without a pass and the days on which no mail leaves."""
    chance = random.Random(seed)
    services = []
    for _index in range(number):
        known_on = first + timedelta(days=chance.randrange(days - 40))
        ends_on = known_on + timedelta(days=chance.randrange(90))
        services.append(Service(known_on, ends_on, _events(chance, known_on, ends_on)))
    asleep = _spells(chance, first, days, 10)
    return services, asleep, _spells(chance, first, days, 4)


def _events(chance: random.Random, known_on: date, ends_on: date) -> dict[date, tuple[str, date | None]]:
    events: dict[date, tuple[str, date | None]] = {}
    for _event in range(chance.choice((0, 0, 1, 2, 3))):
        day = known_on + timedelta(days=1 + chance.randrange(max(1, (ends_on - known_on).days)))
        kind = chance.choice(("move", "move", "move", "renew", "stop", "cancel"))
        if any(kind != "move" and on < day for on, (kind, _value) in events.items()):
            continue
        if kind == "move":
            near = chance.choice((0, 1, 4, 7, 29, 45))
            events[day] = (kind, day + timedelta(days=near))
        elif not any(on > day for on in events):
            events[day] = (kind, None)
    return events


def _spells(chance: random.Random, first: date, days: int, longest: int) -> set[date]:
    found: set[date] = set()
    for _spell in range(days // 25):
        start = first + timedelta(days=chance.randrange(days))
        found.update(start + timedelta(days=number) for number in range(chance.randint(1, longest)))
    return found
