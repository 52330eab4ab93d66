"""The one process that works while nobody looks. Several may be started: one holds the lease, the others wait."""

import logging
import os
import signal
import socket
import threading
from datetime import timedelta

from apscheduler.schedulers.background import BackgroundScheduler
from django.conf import settings
from django.core.management.base import BaseCommand
from django.utils import timezone
from django.utils.module_loading import import_string
from django.utils.translation import gettext as _
from django_apscheduler.jobstores import DjangoJobStore
from django_apscheduler.util import close_old_connections

from crm.core.models import Lease

logger = logging.getLogger(__name__)
LEASE = "scheduler"
DURATION = timedelta(minutes=2)
BEAT_SECONDS = 15


class Command(BaseCommand):
    help = "Run the scheduled jobs of settings.SCHEDULE, one process at a time."

    def handle(self, *args, **options) -> None:
        self.owner = f"{socket.gethostname()}:{os.getpid()}"
        self.stopping = threading.Event()
        for signal_number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(signal_number, lambda *_: self.stopping.set())
        scheduler = self._scheduler()
        scheduler.start(paused=True)
        try:
            self._beat(scheduler)
        finally:
            scheduler.shutdown(wait=True)
            Lease.objects.release(LEASE, owner=self.owner, now=timezone.now())

    def _scheduler(self) -> BackgroundScheduler:
        # A run missed because the machine was off is done once, late, whatever the delay.
        scheduler = BackgroundScheduler(
            timezone=settings.TIME_ZONE,
            job_defaults={"coalesce": True, "max_instances": 1, "misfire_grace_time": None},
        )
        scheduler.add_jobstore(DjangoJobStore(), "default")
        now = timezone.now()
        for path, interval in settings.SCHEDULE.items():
            scheduler.add_job(
                run_job,
                "interval",
                args=[path],
                id=path,
                replace_existing=True,
                next_run_time=now,
                **interval,
            )
        return scheduler

    def _beat(self, scheduler: BackgroundScheduler) -> None:
        working = False
        while not self.stopping.is_set():
            holds = _take_lease(self.owner)
            if holds and not working:
                self.stdout.write(_("Scheduler at work."))
                scheduler.resume()
            elif working and not holds:
                self.stdout.write(_("Another scheduler is at work: waiting."))
                scheduler.pause()
            working = holds
            self.stopping.wait(BEAT_SECONDS)


@close_old_connections
def _take_lease(owner: str) -> bool:
    return Lease.objects.take(LEASE, owner=owner, now=timezone.now(), duration=DURATION)


@close_old_connections
def run_job(path: str) -> None:
    """Run one job of settings.SCHEDULE. A failure is logged and kept by the job store; the next run comes anyway."""
    import_string(path)()
