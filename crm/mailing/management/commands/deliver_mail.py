"""Sends what waits, now: for a server without the scheduler, and to see what the mail server says."""

from collections import Counter

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from crm.mailing.delivery import deliver
from crm.mailing.models import Mail
from crm.mailing.queue_state import queue_state
from crm.mailing.trail import tell_timeline

SECONDS = 60


class Command(BaseCommand):
    help = "Send the mails that wait, until none is due. Exits 1 when the mail server cannot be reached."

    def handle(self, *args, **options) -> None:
        begun_at = timezone.now()
        total: Counter[str] = Counter()
        while tally := deliver(clock=timezone.now, seconds=SECONDS):
            total += tally
            if Mail.objects.unreachable().filter(not_before__gt=begun_at).exists():
                break
        while tell_timeline(now=timezone.now()):
            pass
        for status, count in total.items():
            self.stdout.write(f"{Mail.Status(status).label}\N{NO-BREAK SPACE}: {count}")
        state = queue_state()
        waiting = ngettext("%(count)d mail waits.", "%(count)d mails wait.", state.waiting) % {
            "count": state.waiting
        }
        if state.trouble:
            raise CommandError(f"{state.trouble} {waiting}")
        if not total:
            self.stdout.write(_("No mail was due."))
        self.stdout.write(waiting)
