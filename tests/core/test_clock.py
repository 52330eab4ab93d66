import time
from datetime import UTC, datetime, timedelta

import pytest
import time_machine

from crm.core import clock
from crm.core.clock import TOLERANCE, Reading

NOW = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)
FIRST = Reading(NOW, 1000)
YEAR = timedelta(days=365)


def later(*, calendar: timedelta, counted: timedelta) -> Reading:
    return Reading(NOW + calendar, FIRST.counted + counted.total_seconds())


@pytest.mark.parametrize(
    "jump", [TOLERANCE + timedelta(seconds=1), YEAR, -YEAR, -TOLERANCE - timedelta(seconds=1)]
)
def test_a_calendar_that_jumps_in_a_running_process_is_seen(jump):
    minute = timedelta(minutes=1)
    assert not FIRST.agrees_with(later(calendar=minute + jump, counted=minute))


@pytest.mark.parametrize("jump", [timedelta(0), TOLERANCE, -TOLERANCE])
def test_a_calendar_set_right_by_a_little_is_believed(jump):
    minute = timedelta(minutes=1)
    assert FIRST.agrees_with(later(calendar=minute + jump, counted=minute))


def test_a_computer_that_slept_for_days_is_believed():
    days = timedelta(days=4)
    assert FIRST.agrees_with(later(calendar=days, counted=days))


def test_what_the_clock_should_have_said_is_known():
    assert FIRST.expected_at(later(calendar=YEAR, counted=timedelta(minutes=1))) == NOW + timedelta(minutes=1)


def test_the_counter_is_the_one_that_goes_on_while_the_computer_sleeps():
    expected = getattr(time, "CLOCK_BOOTTIME", getattr(time, "CLOCK_MONOTONIC", None))
    assert expected == clock.COUNTER


def test_the_counter_does_not_follow_the_calendar():
    before = Reading.take()
    with time_machine.travel(before.now + YEAR):
        after = Reading.take()
    assert after.now - before.now > YEAR / 2
    assert after.counted - before.counted < 60
    assert not before.agrees_with(after)


def test_a_process_suspended_between_the_two_clocks_reads_them_again(monkeypatch):
    """Ten minutes pass between the calendar and the counter: taken as they are, they would disagree."""
    counts = iter([0, 600, 601, 601])
    monkeypatch.setattr(clock, "counted", lambda: next(counts))
    assert Reading.take().counted == 601


@pytest.mark.parametrize("night", ["2026-10-25", "2027-03-28"])
def test_summer_and_winter_time_do_not_move_the_clock(night):
    midnight = datetime.fromisoformat(f"{night}T00:00+00:00")
    with time_machine.travel(midnight) as traveller:
        first = Reading.take()
        traveller.shift(timedelta(hours=3))
        second = Reading(Reading.take().now, first.counted + 3 * 3600)
    assert first.agrees_with(second)
