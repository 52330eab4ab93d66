"""What every ModelAdmin of ours is made of, and the screens of the scheduler."""

from crm.core import schedule_admin  # noqa: F401 (registers the scheduler's screens)
from crm.core.guard import GuardedAdmin, HistoryAdmin, MustBeKept, ReadOnlyAdmin, answering_any_address

__all__ = ["GuardedAdmin", "HistoryAdmin", "MustBeKept", "ReadOnlyAdmin", "answering_any_address"]
