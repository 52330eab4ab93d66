from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from crm.core.schedule import titled
from crm.mailing.delivery import deliver
from crm.mailing.trail import tell_timeline


@titled(_("Send the mails that wait"))
def deliver_outbox() -> None:
    """Send what waits, for ten seconds at most."""
    deliver(clock=timezone.now)
    tell_timeline(now=timezone.now())
