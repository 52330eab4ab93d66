from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from crm.core.models import Execution
from crm.core.schedule import titled


@titled(_("Forget the old runs of the scheduler"))
def purge_executions() -> None:
    """Successes after a week, as some jobs run every few seconds; the rest after a month."""
    Execution.objects.outdated(timezone.now()).delete()
