"""The verbs of requests."""

from crm.change_requests.services.closing import withdraw
from crm.change_requests.services.service import accept, ask, refuse, settle, why_not

__all__ = ["accept", "ask", "refuse", "settle", "why_not", "withdraw"]
