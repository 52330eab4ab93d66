from datetime import timedelta

from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from crm.access.registering import forget_unconfirmed
from crm.access.sessions import forget_ended
from crm.core.schedule import titled


@titled(_("Erase the sessions that are over and the registrations that nobody confirmed"))
def tidy_up() -> None:
    """Erase the sessions that are over, and after a month the registrations that nobody confirmed."""
    now = timezone.now()
    forget_ended(now=now)
    forget_unconfirmed(before=now - timedelta(days=30))
