"""The one process that works while nobody looks. Several may be started: one holds the lease, the others wait."""

import logging
import os
import secrets
import signal
import socket
import time

from django.core.management.base import BaseCommand
from django.db import Error
from django.utils import timezone
from django.utils.translation import gettext as _
from django_apscheduler.util import close_old_connections

from crm.core.models import Lease
from crm.core.scheduler import Fence, FencedScheduler

logger = logging.getLogger(__name__)
BEAT_SECONDS = 5
GOODBYE_SECONDS = 0.5


class Command(BaseCommand):
    help = "Run the scheduled jobs of settings.SCHEDULE, one process at a time."

    def handle(self, *args, **options) -> None:
        # The drawn part: in containers, two processes of two hosts may have the same name and number.
        self.fence = Fence(f"{socket.gethostname()}:{os.getpid()}:{secrets.token_hex(4)}")
        self.is_working, self.said = False, ""
        for signal_number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(signal_number, lambda *_: self.fence.stopping.set())
        self.scheduler = FencedScheduler(self.fence)
        self.scheduler.start(paused=True)
        try:
            while not self.fence.stopping.is_set():
                self.beat()
                self.fence.stopping.wait(BEAT_SECONDS)
            self.let_the_running_jobs_end()
        finally:
            self.scheduler.shutdown(wait=True)
            Lease.objects.release(Lease.SCHEDULER, owner=self.fence.owner, now=timezone.now())

    def beat(self) -> None:
        """Whatever the database answers, or does not: another beat follows."""
        try:
            self.work_or_wait()
        except Error:
            logger.exception("The database does not answer: the scheduler waits.")
            self.pause()

    @close_old_connections
    def work_or_wait(self) -> None:
        now = timezone.now()
        if not self.fence.watch_clock():
            self.pause()
            self.say(_("The clock cannot be believed: waiting for an administrator to confirm it."))
            return
        # Lost while the computer slept, even if nobody took it: what is late must be found again.
        is_kept = Lease.objects.is_held(Lease.SCHEDULER, owner=self.fence.owner, now=now)
        if not self.fence.prolong():
            self.pause()
            self.say(_("Another scheduler is at work: waiting."))
            return
        if not (self.is_working and is_kept):
            self.scheduler.take_up(now)
            self.scheduler.resume()
            self.is_working = True
            self.say(_("Scheduler at work."))
        self.scheduler.serve_requests(now)

    def pause(self) -> None:
        self.scheduler.pause()
        self.is_working = False

    def say(self, state: str) -> None:
        """On the terminal, once."""
        if state != self.said:
            self.stdout.write(state)
        self.said = state

    def let_the_running_jobs_end(self) -> None:
        """However long they take: the supervisor knows when to lose patience. Meanwhile nobody else may start them."""
        self.scheduler.pause()
        while self.scheduler.executor.is_busy():
            try:
                self.fence.prolong()
            except Error:
                logger.exception("The lease could not be prolonged.")
            time.sleep(GOODBYE_SECONDS)
