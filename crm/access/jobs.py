from datetime import timedelta

from django.utils import timezone

from crm.access.registering import forget_unconfirmed
from crm.access.sessions import forget_ended


def tidy_up() -> None:
    """Erase the sessions that are over, and after a month the registrations that nobody confirmed."""
    now = timezone.now()
    forget_ended(now=now)
    forget_unconfirmed(before=now - timedelta(days=30))
