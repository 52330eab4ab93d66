from django.utils import timezone

from crm.change_requests import services


def send_digest() -> None:
    """Once a day, if the Settings screen says so: what waits, to who decides it."""
    services.send_digest(at=timezone.now())
