"""The desk where the staff read what clients ask, and decide."""

from crm.change_requests.admin.service import ServiceRequestAdmin

__all__ = ["ServiceRequestAdmin"]
