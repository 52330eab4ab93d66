import os
import signal
import sqlite3
import time
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest
from django.db import connection
from django.utils import timezone
from django_apscheduler.models import DjangoJob

from crm.core import services
from crm.core.models import Execution, Hold, Lease, RunRequest
from tests.core.conftest import database_url, until

# The same command with a short lease, so that a succession is seen at once, and jobs that leave traces.
HASTY = """
import os
from datetime import timedelta
import django
django.setup()
from django.conf import settings
from django.core.management import call_command
from crm.core import scheduler
from crm.core.management.commands import runscheduler
scheduler.DURATION, scheduler.RETRY_SECONDS = timedelta(seconds=2), 0.2
runscheduler.BEAT_SECONDS = float(os.environ.get("BEAT", "0.2"))
if "JOB" in os.environ:
    settings.SCHEDULE = {os.environ["JOB"]: {"seconds": float(os.environ["EVERY"])}}
"""
RUN = 'call_command("runscheduler")'
# Negative control: nobody asks the database before a job starts.
UNFENCED = """
scheduler.Fence.is_open = lambda fence: True
"""
# A calendar that a thread shifts by as many seconds as a file says, when it comes; the counter goes on as it is.
LYING = """
import threading, time
from pathlib import Path
import time_machine
def lie():
    traveller, said = time_machine.travel(time.time()).start(), ""
    while True:
        if Path(os.environ["SHIFT"]).exists() and (text := Path(os.environ["SHIFT"]).read_text()) != said:
            traveller.shift(float(text)); said = text
        time.sleep(0.05)
threading.Thread(target=lie, daemon=True).start()
"""
NOTE, DAWDLE = "tests.core.scheduled.note", "tests.core.scheduled.dawdle"


@pytest.fixture
def notes(tmp_path) -> Path:
    return tmp_path / "notes"


@pytest.fixture
def scheduler(transactional_db, start, notes):
    """In this order: the processes end before the tables are emptied."""

    def scheduler(change: str = "", **environment: str):
        return start("-c", HASTY + change + RUN, DATABASE_URL=database_url(), NOTES=str(notes), **environment)

    return scheduler


def holder() -> str:
    """The process number of who holds the lease."""
    return next(
        (lease.owner.split(":")[-2] for lease in Lease.objects.filter(name="scheduler") if lease.owner), ""
    )


def lines(notes: Path) -> list[str]:
    """What the jobs wrote: a word and the number of the process."""
    return notes.read_text().splitlines() if notes.exists() else []


@pytest.mark.drill
def test_a_second_scheduler_waits_and_takes_over_when_the_first_is_killed(scheduler):
    first = scheduler()
    assert until(lambda: holder() == str(first.pid))
    second = scheduler()
    assert not until(lambda: holder() != str(first.pid), seconds=5)
    first.send_signal(signal.SIGKILL)
    assert until(lambda: holder() == str(second.pid), seconds=20)


def test_a_scheduler_that_stops_properly_frees_the_lease_at_once(scheduler):
    process = scheduler()
    assert until(lambda: holder() == str(process.pid))
    process.terminate()
    assert process.wait(20) == 0
    lease = Lease.objects.get(name="scheduler")
    assert lease.expires_at < lease.beat_at + timedelta(seconds=2)


def test_the_jobs_of_the_settings_are_kept_in_the_database(scheduler, settings):
    process = scheduler()
    assert until(lambda: DjangoJob.objects.count() == len(settings.SCHEDULE))
    assert set(DjangoJob.objects.values_list("id", flat=True)) == set(settings.SCHEDULE)
    process.terminate()
    assert process.wait(20) == 0


@pytest.mark.drill
def test_a_running_job_is_given_time_to_end_and_nobody_starts_it_meanwhile(scheduler, notes):
    first = scheduler(JOB=DAWDLE, EVERY="3600")
    assert until(lambda: lines(notes) == [f"began {first.pid}"])
    second = scheduler(JOB=DAWDLE, EVERY="3600")
    first.terminate()
    assert first.wait(20) == 0
    assert lines(notes) == [f"began {first.pid}", f"ended {first.pid}"]
    assert until(lambda: holder() == str(second.pid))
    assert Execution.objects.values_list("status", flat=True).get() == Execution.State.SUCCEEDED


def test_what_a_killed_scheduler_was_doing_is_said_interrupted(scheduler, notes):
    first = scheduler(JOB=DAWDLE, EVERY="3600")
    assert until(lambda: lines(notes) and Execution.objects.left_running().exists())
    first.send_signal(signal.SIGKILL)
    scheduler(JOB=DAWDLE, EVERY="3600")
    assert until(lambda: Execution.objects.filter(status=Execution.State.INTERRUPTED).exists())


def test_a_run_that_staff_ask_for_starts_within_seconds(scheduler, notes):
    scheduler(JOB=NOTE, EVERY="3600")
    assert until(lambda: len(lines(notes)) == 1)
    services.ask_run(NOTE, by="Ada", at=timezone.now())
    assert until(lambda: len(lines(notes)) == 2, seconds=10)
    assert until(lambda: not RunRequest.objects.exists())
    assert not until(lambda: len(lines(notes)) > 2, seconds=2)


def overlap(notes: Path, first, second) -> int:
    """How many jobs the first process started after the second had begun."""
    pids = [int(line.split()[1]) for line in lines(notes)]
    return pids[pids.index(second.pid) :].count(first.pid)


def succession(scheduler, notes: Path, change: str) -> int:
    """The first scheduler does not notice that its lease ran out: its next beat is far away."""
    first = scheduler(change, JOB=NOTE, EVERY="0.2", BEAT="60")
    assert until(lambda: f"ran {first.pid}" in lines(notes))
    second = scheduler(change, JOB=NOTE, EVERY="0.2")
    assert until(lambda: f"ran {second.pid}" in lines(notes))
    time.sleep(2)
    return overlap(notes, first, second)


@pytest.mark.drill
def test_who_lost_the_lease_without_knowing_starts_no_job(scheduler, notes):
    assert succession(scheduler, notes, "") == 0


@pytest.mark.drill
def test_without_the_fence_two_schedulers_would_work_at_once(scheduler, notes):
    """Negative control."""
    assert succession(scheduler, notes, UNFENCED) > 0


def suspend(process) -> None:
    """Between two transactions: a process stopped inside one would keep its locks for as long as it sleeps."""

    def holds_a_lock() -> bool:
        if connection.vendor != "sqlite":
            with connection.cursor() as cursor:
                cursor.execute(
                    "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() "
                    "AND pid <> pg_backend_pid() AND state <> 'idle'"
                )
                return cursor.fetchone()[0] > 0
        try:
            with closing(sqlite3.connect(connection.settings_dict["NAME"], timeout=0.1)) as base:
                base.execute("BEGIN EXCLUSIVE")
        except sqlite3.OperationalError:
            return True
        return False

    def stop() -> None:
        process.send_signal(signal.SIGSTOP)
        os.waitpid(process.pid, os.WUNTRACED)

    stop()
    while holds_a_lock():
        process.send_signal(signal.SIGCONT)
        time.sleep(0.05)
        stop()


@pytest.mark.drill
def test_a_scheduler_that_was_suspended_does_not_go_on_when_it_wakes(scheduler, notes):
    first = scheduler(JOB=NOTE, EVERY="0.2")
    assert until(lambda: f"ran {first.pid}" in lines(notes))
    suspend(first)
    second = scheduler(JOB=NOTE, EVERY="0.2")
    assert until(lambda: f"ran {second.pid}" in lines(notes))
    first.send_signal(signal.SIGCONT)
    time.sleep(2)
    # One at most: what had passed the fence when its process was stopped.
    assert overlap(notes, first, second) <= 1
    assert holder() == str(second.pid)
    second.terminate()
    assert until(lambda: lines(notes)[-1] == f"ran {first.pid}"), "the first takes its turn again"


def stopped(notes: Path) -> bool:
    """Whether no job starts any more."""
    count = len(lines(notes))
    time.sleep(1.5)
    return len(lines(notes)) == count


@pytest.mark.drill
@pytest.mark.parametrize("years", [1, -1])
def test_under_a_clock_that_jumps_nothing_runs_until_it_is_confirmed(scheduler, notes, tmp_path, years):
    shift = tmp_path / "shift"
    process = scheduler(LYING, JOB=NOTE, EVERY="0.2", SHIFT=str(shift))
    assert until(lambda: len(lines(notes)) > 2)
    shift.write_text(str(years * 365 * 86400))
    assert until(lambda: Hold.objects.open().exists())
    assert stopped(notes)
    hold = Hold.objects.get()
    assert round((hold.read_at - hold.expected_at) / timedelta(days=365)) == years
    services.confirm_clock(by="Ada", at=timezone.now() + timedelta(days=365 * years))
    count = len(lines(notes))
    assert until(lambda: len(lines(notes)) > count + 2)
    assert Hold.objects.count() == 1
    process.terminate()
    assert process.wait(20) == 0


@pytest.mark.drill
def test_a_job_that_was_due_when_the_clock_jumped_has_not_seen_the_wrong_day(scheduler, notes, tmp_path):
    """The jump is noticed by the job itself, whenever the next beat comes."""
    shift = tmp_path / "shift"
    scheduler(LYING, JOB=NOTE, EVERY="3", SHIFT=str(shift), BEAT="60")
    assert until(lambda: len(lines(notes)) == 1)
    shift.write_text(str(365 * 86400))
    assert not until(lambda: len(lines(notes)) > 1, seconds=5)


def test_a_clock_behind_the_last_heartbeat_is_doubted_at_the_start(scheduler, notes):
    ahead = timezone.now() + timedelta(days=365)
    Lease.objects.create(name="scheduler", owner="host:1:a", expires_at=ahead, beat_at=ahead)
    scheduler(JOB=NOTE, EVERY="0.2")
    assert until(lambda: Hold.objects.open().exists())
    assert Hold.objects.get().expected_at == ahead
    assert lines(notes) == []
    services.confirm_clock(by="Ada", at=timezone.now())
    assert until(lambda: lines(notes))


def test_a_computer_that_was_off_for_four_days_catches_up_without_asking(scheduler, notes):
    past = timezone.now() - timedelta(days=4)
    Lease.objects.create(name="scheduler", owner="host:1:a", expires_at=past, beat_at=past)
    DjangoJob.objects.create(id=NOTE, job_state=b"", next_run_time=past + timedelta(hours=1))
    process = scheduler(JOB=NOTE, EVERY="3600")
    assert until(lambda: lines(notes) == [f"ran {process.pid}"])
    assert not until(lambda: len(lines(notes)) > 1, seconds=2), "once, not once per missed hour"
    assert not Hold.objects.exists()


@pytest.mark.drill
def test_the_work_goes_on_through_six_kills_in_a_row(scheduler):
    """Three schedulers at any time; whoever holds the lease is killed, and another one goes on."""
    waiting = [scheduler() for _rank in range(3)]
    for _kill in range(6):
        at_work = {str(process.pid): process for process in waiting}
        assert until(lambda alive=at_work: holder() in alive)
        gone = at_work[holder()]
        gone.send_signal(signal.SIGKILL)
        waiting = [process for process in waiting if process is not gone] + [scheduler()]
    assert until(lambda: holder() in {str(process.pid) for process in waiting})
