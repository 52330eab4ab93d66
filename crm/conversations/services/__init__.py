"""The verbs of the conversation. Each locks the client's thread first: no two writers cross, and pages that ask for what
is new miss nothing."""

from crm.conversations.services.desk import assign, mark_answered, mark_read, settle
from crm.conversations.services.writing import NotTheirs, delete, edit, open_request, send

__all__ = [
    "NotTheirs",
    "assign",
    "delete",
    "edit",
    "mark_answered",
    "mark_read",
    "open_request",
    "send",
    "settle",
]
