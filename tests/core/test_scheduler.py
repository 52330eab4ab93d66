import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from django.db import OperationalError
from django.utils import timezone
from django_apscheduler.models import DjangoJob

from crm.core import scheduler as module
from crm.core import services
from crm.core.clock import Reading
from crm.core.models import Execution, Hold, Lease, RunRequest
from crm.core.scheduler import Every, Fence, FencedScheduler
from tests.core.conftest import until

NOTE, FAIL, AT_LENGTH = (f"tests.core.scheduled.{name}" for name in ("note", "fail", "fail_at_length"))
YEAR, HOUR = timedelta(days=365), timedelta(hours=1)


@pytest.fixture
def fence(transactional_db) -> Fence:
    fence = Fence("one")
    fence.prolong()
    return fence


@pytest.fixture
def scheduler(fence, settings, tmp_path, monkeypatch):
    settings.SCHEDULE = {NOTE: {"hours": 1}}
    monkeypatch.setenv("NOTES", str(tmp_path / "notes"))
    scheduler = FencedScheduler(fence)
    scheduler.start(paused=True)
    yield scheduler
    scheduler.shutdown(wait=True)


@pytest.fixture
def notes(tmp_path) -> Path:
    return tmp_path / "notes"


def lines(notes: Path) -> int:
    return len(notes.read_text().splitlines()) if notes.exists() else 0


def given_to(owner: str) -> None:
    Lease.objects.filter(name="scheduler").update(owner=owner)


# The fence


def test_the_fence_is_open_for_who_holds_the_lease(fence):
    assert fence.is_open()


@pytest.mark.parametrize(
    "closing",
    [
        lambda fence: given_to("two"),
        lambda fence: Lease.objects.update(expires_at=timezone.now()),
        lambda fence: services.hold(expected_at=timezone.now(), read_at=timezone.now()),
        lambda fence: fence.stopping.set(),
        lambda fence: setattr(fence, "reading", Reading(timezone.now() - YEAR, fence.reading.counted)),
    ],
    ids=["lease taken", "lease expired", "clock doubted", "stopping", "clock jumped"],
)
def test_the_fence_is_closed(fence, closing):
    closing(fence)
    assert not fence.is_open()


def test_the_fence_is_closed_when_the_database_does_not_answer(fence, monkeypatch):
    def down(*arguments, **named):
        raise OperationalError("gone")

    monkeypatch.setattr("crm.core.models.LeaseQuerySet.is_held", down)
    assert not fence.is_open()


def test_a_clock_that_jumped_is_doubted_until_confirmed_and_then_believed(fence):
    fence.reading = Reading(timezone.now() - YEAR, fence.reading.counted)
    assert not fence.watch_clock()
    assert not fence.watch_clock()
    services.confirm_clock(by="Ada", at=timezone.now())
    assert fence.watch_clock()
    assert Hold.objects.count() == 1


def test_a_heartbeat_a_little_ahead_is_the_clock_of_another_machine(fence):
    Lease.objects.update(beat_at=timezone.now() + timedelta(minutes=4))
    assert fence.watch_clock()
    Lease.objects.update(beat_at=timezone.now() + timedelta(minutes=6))
    assert not fence.watch_clock()


# Jobs


def test_a_job_never_seen_before_runs_at_once_and_then_at_its_interval(scheduler, notes):
    now = timezone.now()
    scheduler.take_up(now)
    scheduler.resume()
    assert until(lambda: lines(notes) == 1)
    assert until(lambda: Execution.objects.values_list("status", flat=True).first() == "Executed")
    assert DjangoJob.objects.get(pk=NOTE).next_run_time == now + HOUR


@pytest.mark.parametrize(
    ("kept", "due"),
    [(timedelta(minutes=20), timedelta(minutes=20)), (-4 * HOUR, timedelta(0)), (YEAR, HOUR)],
    ids=["not yet", "late", "kept under a clock that was ahead"],
)
def test_a_restart_keeps_the_hour_of_a_job_within_reason(scheduler, kept, due):
    now = timezone.now()
    DjangoJob.objects.create(id=NOTE, job_state=b"", next_run_time=now + kept)
    scheduler.take_up(now)
    assert DjangoJob.objects.get(pk=NOTE).next_run_time == now + due


def test_a_job_that_left_the_settings_leaves_the_database(scheduler):
    DjangoJob.objects.create(id="crm.core.jobs.gone", job_state=b"")
    scheduler.take_up(timezone.now())
    assert list(DjangoJob.objects.values_list("pk", flat=True)) == [NOTE]


def refused_at_its_turn(scheduler, fence, notes: Path) -> int:
    """The lease is lost between the moment when the job was found due and the moment when its thread starts."""
    scheduler.take_up(timezone.now())
    turn = threading.Event()
    for _worker in range(scheduler.executor._pool._max_workers):
        scheduler.executor._pool.submit(turn.wait)
    scheduler.resume()
    assert until(lambda: scheduler.executor.is_busy(NOTE))
    given_to("two")
    turn.set()
    assert until(lambda: not scheduler.executor.is_busy())
    return lines(notes)


def test_a_job_is_refused_at_its_turn_when_the_lease_was_lost_meanwhile(scheduler, fence, notes):
    assert refused_at_its_turn(scheduler, fence, notes) == 0
    assert until(lambda: Execution.objects.values_list("status", flat=True).get() == Execution.State.MISSED)
    assert RunRequest.objects.values_list("job", "asked_by").get() == (NOTE, ""), (
        "who holds the lease will do it"
    )


def test_without_the_second_question_the_job_would_run(scheduler, fence, notes, monkeypatch):
    """Negative control."""
    monkeypatch.setattr(fence, "is_open", lambda: True)
    assert refused_at_its_turn(scheduler, fence, notes) == 1


def test_a_database_that_does_not_answer_does_not_end_the_scheduler(scheduler, notes, monkeypatch):
    monkeypatch.setattr(module, "RETRY_SECONDS", 0.1)
    failures = iter([OperationalError("gone")] * 3)
    real = module.DjangoJobStore.get_next_run_time

    def sometimes_down(store):
        for failure in failures:
            raise failure
        return real(store)

    monkeypatch.setattr(module.DjangoJobStore, "get_next_run_time", sometimes_down)
    scheduler.take_up(timezone.now())
    scheduler.resume()
    assert until(lambda: next(failures, None) is None)
    services.ask_run(NOTE, by="Ada", at=timezone.now())
    assert until(lambda: not scheduler.executor.is_busy())
    scheduler.serve_requests(timezone.now())
    assert until(lambda: lines(notes) >= 2)


@pytest.mark.parametrize(
    ("job", "message"),
    [(FAIL, "RuntimeError: first line\nthe printer is on fire"), (AT_LENGTH, f"{'x' * 992}\nthe end")],
)
def test_what_went_wrong_is_kept_whatever_its_length(scheduler, settings, caplog, job, message):
    settings.SCHEDULE = {job: {"hours": 1}}
    scheduler.take_up(timezone.now())
    scheduler.resume()
    assert until(lambda: Execution.objects.exclude(status="Started execution").exists())
    run = Execution.objects.get()
    assert (run.status, run.exception) == (Execution.State.FAILED, message)
    assert "scheduled.py" in run.traceback


# Intervals


@pytest.mark.parametrize("night", [datetime(2026, 10, 25, tzinfo=UTC), datetime(2027, 3, 28, tzinfo=UTC)])
def test_a_night_that_changes_the_hour_has_as_many_runs_as_any_other(night):
    every = Every(minutes=15, timezone=UTC, start_date=night)
    fires = [night]
    while fires[-1] < night + 6 * HOUR:
        fires.append(every.get_next_fire_time(fires[-1], fires[-1]))
    assert fires == [night + quarter * HOUR / 4 for quarter in range(25)]


@pytest.mark.parametrize(
    ("late", "after"),
    [(timedelta(seconds=3), timedelta(seconds=7)), (YEAR, timedelta(seconds=10))],
    ids=["hardly late", "a year late"],
)
def test_after_a_long_absence_the_interval_starts_again_from_now(late, after):
    due = datetime(2026, 11, 22, tzinfo=UTC)
    assert Every(seconds=10, timezone=UTC).get_next_fire_time(due, due + late) == due + late + after


# Requests


def test_a_request_made_while_the_job_runs_waits_for_its_end(scheduler, notes, monkeypatch):
    scheduler.take_up(timezone.now())
    monkeypatch.setattr(scheduler.executor, "is_busy", lambda path="": path == NOTE)
    services.ask_run(NOTE, by="Ada", at=timezone.now())
    later = timezone.now() + HOUR / 2
    scheduler.serve_requests(later)
    assert DjangoJob.objects.get(pk=NOTE).next_run_time < later
    monkeypatch.undo()
    scheduler.serve_requests(later)
    assert DjangoJob.objects.get(pk=NOTE).next_run_time == later


@pytest.mark.parametrize(
    "asked", [timedelta(0), YEAR], ids=["under a right clock", "under a clock that was ahead"]
)
def test_a_request_is_served_once(scheduler, notes, asked):
    scheduler.take_up(timezone.now())
    services.ask_run(NOTE, by="Ada", at=timezone.now() + asked)
    scheduler.resume()
    assert until(lambda: lines(notes) == 1)
    assert until(lambda: not RunRequest.objects.exists())
