from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from crm.change_requests import services
from crm.core.schedule import titled


@titled(_("Tell the staff once a day of the requests that wait"))
def send_digest() -> None:
    """Once a day, if the Settings screen says so: what waits, to who decides it."""
    services.send_digest(at=timezone.now())
