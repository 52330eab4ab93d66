from crm.access.models.access import Access
from crm.access.models.failure import FailedSignIn
from crm.access.models.impersonation import Impersonation
from crm.access.models.registration import Registration

__all__ = ["Access", "FailedSignIn", "Impersonation", "Registration"]
