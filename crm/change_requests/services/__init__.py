"""The verbs of requests: about a service (service), about a record (record, deciding), about either (closing)."""

from crm.change_requests.services.closing import withdraw
from crm.change_requests.services.deciding import Moved, accept_all, decide, refuse_all
from crm.change_requests.services.digest import send_digest
from crm.change_requests.services.record import NothingToChange, follow_sign_in, open_fields, submit
from crm.change_requests.services.service import accept, ask, refuse, settle, why_not

__all__ = [
    "Moved",
    "NothingToChange",
    "accept",
    "accept_all",
    "ask",
    "decide",
    "follow_sign_in",
    "open_fields",
    "refuse",
    "refuse_all",
    "send_digest",
    "settle",
    "submit",
    "why_not",
    "withdraw",
]
