"""What is wrong with the reminders, for the staff and for the health page."""

from datetime import datetime, timedelta

from django.db.migrations.recorder import MigrationRecorder
from django.db.models import Subquery
from django.utils.timesince import timesince
from django.utils.translation import gettext as _

from crm.reminders.models import Run

# A day, and the two hours of a late morning.
PATIENCE = timedelta(hours=26)


def reminders(now: datetime) -> list[str]:
    """No pass for 26 hours. A base where there was none yet is given as long, from the day that it had reminders."""
    last, installed_at = _known()
    since = last or installed_at
    if since is None or now - since <= PATIENCE:
        return []
    if last is None:
        return [_("The reminders have never been prepared: is the scheduler at work?")]
    ago = timesince(last, now, depth=1)
    return [_("The reminders have not been prepared for %(ago)s: is the scheduler at work?") % {"ago": ago}]


def _known() -> tuple[datetime | None, datetime | None]:
    """When the last pass ended, and when the base had reminders, in one statement."""
    last = Run.objects.order_by("-finished_at").values("finished_at")[:1]
    first = MigrationRecorder.Migration.objects.filter(app="reminders").order_by("applied")
    return first.annotate(last=Subquery(last)).values_list("last", "applied").first() or (None, None)
