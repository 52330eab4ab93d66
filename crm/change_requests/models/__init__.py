from crm.change_requests.models.base import AlreadyDecided, Request
from crm.change_requests.models.service import ServiceRequest

__all__ = ["AlreadyDecided", "Request", "ServiceRequest"]
