"""The staff's face of the conversations: the inbox, a conversation, canned replies."""

from crm.conversations.admin.canned import CannedReplyAdmin
from crm.conversations.admin.inbox import ThreadAdmin

__all__ = ["CannedReplyAdmin", "ThreadAdmin"]
