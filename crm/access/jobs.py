from datetime import timedelta

from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from crm.access.failures import forget_failures
from crm.access.registering import forget_unconfirmed
from crm.access.sessions import forget_ended
from crm.core.schedule import titled


@titled(
    _("Erase the sessions that are over, the registrations that nobody confirmed and old failed sign-ins")
)
def tidy_up() -> None:
    """The sessions at once, the registrations after a month, the failed sign-ins after six."""
    now = timezone.now()
    forget_failures(before=now - timedelta(days=183))
    forget_ended(now=now)
    forget_unconfirmed(before=now - timedelta(days=30))
