"""What every verb begins and ends with."""

from datetime import datetime

from crm.accounts.models import User
from crm.clients.models import Client
from crm.conversations.models import SupportRequest, Thread
from crm.conversations.telling import note_answered
from crm.conversations.turns import count_unread, follow_last


def locked_thread(client: Client, *, at: datetime) -> Thread:
    """The client's thread, begun when it is missing, held until the end of the transaction."""
    Thread.objects.get_or_create(client=client, defaults={"moved_at": at})
    thread = Thread.objects.select_for_update().get(client=client)
    thread.client = client
    return thread


def moved(thread: Thread, *, at: datetime) -> None:
    follow_last(thread, at=at)
    count_unread(thread)
    thread.save()


def note_request_answered(request: SupportRequest, *, by: User | None, at: datetime) -> None:
    request.answer(by=by, at=at)
    request.save(update_fields=["status", "answered_by", "answered_at"])
    note_answered(request, at=at)
