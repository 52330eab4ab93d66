from crm.conversations.models.canned import CannedReply
from crm.conversations.models.message import Message, MessageFile, MessageQuerySet
from crm.conversations.models.preference import Preference
from crm.conversations.models.request import SupportRequest
from crm.conversations.models.thread import ReadMark, Thread, ThreadQuerySet

__all__ = [
    "CannedReply",
    "Message",
    "MessageFile",
    "MessageQuerySet",
    "Preference",
    "ReadMark",
    "SupportRequest",
    "Thread",
    "ThreadQuerySet",
]
