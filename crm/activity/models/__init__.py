from crm.activity.models.intervention import Intervention, InterventionFile, InterventionQuerySet
from crm.activity.models.lock import StatusLock, StatusLockQuerySet

__all__ = ["Intervention", "InterventionFile", "InterventionQuerySet", "StatusLock", "StatusLockQuerySet"]
