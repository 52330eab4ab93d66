from django.utils import timezone

from crm.exchange import services


def carry_on_imports() -> None:
    """Imports left half-way by a closed browser or a stopped process."""
    services.carry_on(now=timezone.now())


def forget_old_imports() -> None:
    services.forget_old(now=timezone.now())
