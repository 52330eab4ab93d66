from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from crm.core.schedule import titled
from crm.exchange import services


@titled(_("Carry on the interrupted imports"))
def carry_on_imports() -> None:
    """Imports left half-way by a closed browser or a stopped process."""
    services.carry_on(now=timezone.now())


@titled(_("Forget the files of old imports"))
def forget_old_imports() -> None:
    services.forget_old(now=timezone.now())
