from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from crm.core.schedule import titled
from crm.organisation.models import Organisation
from crm.reminders.services import send_due


@titled(_("Prepare the reminders of the day"))
def send_due_reminders() -> None:
    """Write what today asks for, from the hour that the office chose."""
    now = timezone.localtime()
    if now.hour >= Organisation.objects.current().reminders_from_hour:
        send_due(day=now.date(), at=now)
