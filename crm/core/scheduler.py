"""APScheduler behind a fence: no job starts but in the process that holds the lease, under a clock that is believed."""

import logging
import threading
from collections.abc import Callable
from concurrent.futures import Future
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

from apscheduler.events import EVENT_JOB_MISSED, JobExecutionEvent
from apscheduler.executors.base import run_job as run_as_apscheduler
from apscheduler.executors.pool import ThreadPoolExecutor
from apscheduler.schedulers.background import BackgroundScheduler
from apscheduler.schedulers.base import STATE_PAUSED
from apscheduler.triggers.interval import IntervalTrigger
from django.conf import settings
from django.db import Error
from django.utils import timezone
from django.utils.module_loading import import_string
from django_apscheduler.jobstores import DjangoJobStore
from django_apscheduler.models import DjangoJob, DjangoJobExecution
from django_apscheduler.util import close_old_connections

from crm.core import schedule, services
from crm.core.clock import TOLERANCE, Reading
from crm.core.models import Execution, Hold, Lease, RunRequest

logger = logging.getLogger(__name__)

DURATION = timedelta(minutes=2)
# How soon to ask again when the fence is closed or the database does not answer.
RETRY_SECONDS = 5
LONGEST_MESSAGE = DjangoJobExecution._meta.get_field("exception").max_length


class Fence:
    """Whether this process may start a job: asked when a job is due, and again when its turn comes.

    A process that was suspended and wakes believes that it still holds the lease: only the database knows.
    """

    def __init__(self, owner: str):
        self.owner = owner
        self.reading = Reading.take()
        self.stopping = threading.Event()

    @close_old_connections
    def is_open(self) -> bool:
        reading = Reading.take()
        try:
            return (
                not self.stopping.is_set()
                and self.reading.agrees_with(reading)
                and Lease.objects.is_held(Lease.SCHEDULER, owner=self.owner, now=reading.now)
                and not Hold.objects.open().exists()
            )
        except Error:
            logger.exception("The database does not say who may run jobs: none is started.")
            return False

    @close_old_connections
    def prolong(self) -> bool:
        return Lease.objects.take(Lease.SCHEDULER, owner=self.owner, now=timezone.now(), duration=DURATION)

    @close_old_connections
    def watch_clock(self) -> bool:
        """Compare the clock with itself and with the last heartbeat; whether nobody is asked to confirm it."""
        reading, expected_at = Reading.take(), None
        last_beat = Lease.objects.of_scheduler().last_beat()
        if not self.reading.agrees_with(reading):
            expected_at = self.reading.expected_at(reading)
        elif last_beat is not None and last_beat > reading.now + TOLERANCE:
            expected_at = last_beat
        if expected_at is not None:
            services.hold(expected_at=expected_at, read_at=reading.now)
        # Only now: until the hold is written, this very disagreement is what stops the jobs.
        self.reading = reading
        return not Hold.objects.open().exists()


class FencedExecutor(ThreadPoolExecutor):
    """Threads that ask the fence once more before they start."""

    def __init__(self, fence: Fence):
        super().__init__()
        self._fence = fence

    def is_busy(self, path: str = "") -> bool:
        """Whether a job, or this one, runs or waits for a thread."""
        with self._lock:
            return any(number > 0 and path in ("", busy) for busy, number in self._instances.items())

    def _do_submit_job(self, job, run_times: list[datetime]) -> None:
        future = self._pool.submit(self._run, job, run_times)
        future.add_done_callback(partial(self._tell, job.id))

    @close_old_connections
    def _tell(self, path: str, done: Future) -> None:
        """The job store writes what became of the run; in any case, it is over."""
        error = done.exception()
        if error is None:
            self._run_job_success(path, done.result())
        else:
            self._run_job_error(path, error, error.__traceback__)

    @close_old_connections
    def _run(self, job, run_times: list[datetime]) -> list[JobExecutionEvent]:
        served = _try(lambda: list(RunRequest.objects.filter(job=job.id).values_list("pk", flat=True)))
        # The last thing asked: from here on, only the rows' own claims tell who did what.
        if not self._fence.is_open():
            # Its time is spent, so whoever may run jobs is asked to do it instead.
            _try(lambda: services.ask_run(job.id, by="", at=timezone.now()))
            return [JobExecutionEvent(EVENT_JOB_MISSED, job.id, job._jobstore_alias, run_times[-1])]
        events = run_as_apscheduler(job, job._jobstore_alias, run_times, self._logger.name)
        if served:
            _try(lambda: RunRequest.objects.filter(pk__in=served).delete())
        return [_storable(event) for event in events]


def _try(ask: Callable[[], Any]) -> Any:
    """The answer of the database; None, and a line in the log, when it does not answer: the job matters more."""
    try:
        return ask()
    except Error:
        logger.exception("The database does not answer.")
        return None


def _storable(event: JobExecutionEvent) -> JobExecutionEvent:
    """With the kind of the error, and nothing that PostgreSQL would refuse: it would be said to run for ever."""
    if event.exception is not None:
        message = f"{type(event.exception).__name__}: {event.exception}".replace("\0", "")
        event.exception = message[-LONGEST_MESSAGE:]
        event.traceback = str(event.traceback).replace("\0", "")
    return event


class Every(IntervalTrigger):
    """An interval that starts again from now after an absence: APScheduler would go through all the missed times, one
    by one, with its lock held, which takes minutes when the clock jumps by a year under a job of every few seconds."""

    def get_next_fire_time(self, previous_fire_time: datetime | None, now: datetime) -> datetime:
        at = super().get_next_fire_time(previous_fire_time, now)
        return at if at > now else super().get_next_fire_time(now, now)


class FencedScheduler(BackgroundScheduler):
    """The jobs of the settings, kept in the database, started behind the fence."""

    def __init__(self, fence: Fence):
        # UTC: no hour of it comes twice or never. A run missed because the machine was off is done once, late,
        # whatever the delay.
        super().__init__(
            timezone=UTC,
            job_defaults={"coalesce": True, "max_instances": 1, "misfire_grace_time": None},
        )
        self._fence = fence
        self.executor = FencedExecutor(fence)
        self.add_executor(self.executor)
        self.add_jobstore(DjangoJobStore())

    @close_old_connections
    def _process_jobs(self) -> float | None:
        """Before any due job is marked as run; whatever happens, the thread goes on and asks again."""
        if self.state == STATE_PAUSED or self._fence.is_open():
            try:
                return super()._process_jobs()
            except Exception:
                logger.exception("The jobs wait.")
        return RETRY_SECONDS

    def take_up(self, now: datetime) -> None:
        """Make the kept jobs those of the settings: late ones now, none later than its interval, however the clock
        went meanwhile. What a killed process was doing is no longer in progress."""
        kept = dict(DjangoJob.objects.values_list("id", "next_run_time"))
        for path in settings.SCHEDULE:
            every = schedule.interval(path)
            due = min(max(kept.get(path) or now, now), now + every)
            self.add_job(
                run_job,
                Every(**settings.SCHEDULE[path], timezone=UTC),
                args=[path],
                id=path,
                replace_existing=True,
                next_run_time=due,
            )
        DjangoJob.objects.exclude(pk__in=settings.SCHEDULE).delete()
        left = Execution.objects.left_running()
        busy = [path for path in settings.SCHEDULE if self.executor.is_busy(path)]
        left.exclude(job__in=busy).update(status=Execution.State.INTERRUPTED)

    def serve_requests(self, now: datetime) -> None:
        """Make due at once what staff asked for, but for a job that still runs: its turn comes when it ends."""
        for path in RunRequest.objects.filter(job__in=settings.SCHEDULE).values_list("job", flat=True):
            if not self.executor.is_busy(path):
                self.modify_job(path, next_run_time=now)


def run_job(path: str) -> None:
    """Run one job of settings.SCHEDULE. A failure is logged and kept by the job store; the next run comes anyway."""
    import_string(path)()
