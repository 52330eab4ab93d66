from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from crm.activity.services import refresh
from crm.core.schedule import titled


@titled(_("Decide who is active"))
def refresh_statuses() -> None:
    """What time alone changes: a formule that begins or ends, an intervention no longer recent, a lock that ends."""
    now = timezone.now()
    refresh(None, day=timezone.localdate(now), at=now)
