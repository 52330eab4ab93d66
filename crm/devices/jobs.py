from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from crm.core.schedule import titled
from crm.devices.delivery import deliver


@titled(_("Send the notifications that wait"))
def send_notifications() -> None:
    """Send what waits, for eight seconds at most, and forget those of the day before."""
    deliver(clock=timezone.now)
