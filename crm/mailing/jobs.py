from django.utils import timezone

from crm.mailing.delivery import deliver
from crm.mailing.trail import tell_timeline


def deliver_outbox() -> None:
    """Send what waits, for ten seconds at most."""
    deliver(clock=timezone.now)
    tell_timeline(now=timezone.now())
