from django.utils import timezone

from crm.organisation.models import Organisation
from crm.reminders.services import send_due


def send_due_reminders() -> None:
    """Write what today asks for, from the hour that the office chose."""
    now = timezone.localtime()
    if now.hour >= Organisation.objects.current().reminders_from_hour:
        send_due(day=now.date(), at=now)
