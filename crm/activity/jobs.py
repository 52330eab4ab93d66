from django.utils import timezone

from crm.activity.services import refresh


def refresh_statuses() -> None:
    """What time alone changes: a formule that begins or ends, an intervention no longer recent, a lock that ends."""
    now = timezone.now()
    refresh(None, day=timezone.localdate(now), at=now)
