from crm.change_requests.models.base import AlreadyDecided, Request
from crm.change_requests.models.record import ChangedField, ChangeRequest
from crm.change_requests.models.service import ServiceRequest

__all__ = ["AlreadyDecided", "ChangeRequest", "ChangedField", "Request", "ServiceRequest"]
