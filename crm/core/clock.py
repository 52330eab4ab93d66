"""Whether the computer's clock can be believed."""

import time
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Self

from django.utils import timezone

# A clock set right by the network moves by seconds; changes to and from summer time do not move it at all.
TOLERANCE = timedelta(minutes=5)

# A laptop that slept is not a fault: its calendar went on, so the other clock must count the sleep as well. Linux has
# a clock of its own for that, as its monotonic one stops; macOS counts it in CLOCK_MONOTONIC, Windows in what Python
# calls monotonic. A virtual machine that its host suspends counts nothing: it will ask, once, to be confirmed.
COUNTER = getattr(time, "CLOCK_BOOTTIME", getattr(time, "CLOCK_MONOTONIC", None))


def counted() -> float:
    """Seconds since some moment of this run of the computer, by a clock that nobody sets."""
    return time.monotonic() if COUNTER is None else time.clock_gettime(COUNTER)


@dataclass(frozen=True)
class Reading:
    """Both clocks read together: the calendar, and the seconds counted."""

    now: datetime
    counted: float

    @classmethod
    def take(cls) -> Self:
        """Read again when the process was suspended between the two: they would seem to disagree."""
        while True:
            before = counted()
            now = timezone.now()
            if counted() - before < 1:
                return cls(now, before)

    def expected_at(self, later: Self) -> datetime:
        """What the calendar should have said at the later reading, in the same process."""
        return self.now + timedelta(seconds=later.counted - self.counted)

    def agrees_with(self, later: Self) -> bool:
        return abs(later.now - self.expected_at(later)) <= TOLERANCE
