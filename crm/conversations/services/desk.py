"""Reading a conversation, and who answers it."""

from datetime import datetime

from django.db import transaction

from crm.accounts.models import User
from crm.clients.models import Client
from crm.conversations.models import Message, ReadMark, SupportRequest, Thread
from crm.conversations.services.thread import locked_thread, note_request_answered
from crm.conversations.turns import count_unread


@transaction.atomic
def mark_read(client: Client, *, by: User, up_to: int, at: datetime, is_office: bool) -> bool:
    """This person was shown the messages up to that key; whether the other side has something new to know."""
    thread = locked_thread(client, at=at)
    up_to = min(up_to, _last_key(thread))
    name = "read_by_office" if is_office else "read_by_client"
    mark, _is_new = ReadMark.objects.get_or_create(
        client=client, user=by, defaults={"is_office": is_office, "read_at": at}
    )
    if up_to <= mark.last_read:
        return False
    mark.last_read, mark.read_at = up_to, at
    mark.save(update_fields=["last_read", "read_at"])
    setattr(thread, name, max(up_to, getattr(thread, name)))
    thread.step(at=at)
    count_unread(thread)
    thread.save()
    return True


def _last_key(thread: Thread) -> int:
    keys = Message.objects.filter(client=thread.client).order_by("-pk")
    return keys.values_list("pk", flat=True).first() or 0


@transaction.atomic
def assign(client: Client, to: User | None, *, at: datetime) -> Thread:
    """Say who of the staff answers; None: whoever comes first."""
    thread = locked_thread(client, at=at)
    thread.assigned_to = to
    thread.step(at=at)
    thread.save()
    return thread


@transaction.atomic
def settle(client: Client, *, at: datetime) -> Thread:
    """Nothing to answer: the conversation waits for nobody, until somebody writes."""
    thread = locked_thread(client, at=at)
    thread.wait_for(Thread.Side.NOBODY, at=at)
    thread.step(at=at)
    thread.save()
    return thread


@transaction.atomic
def mark_answered(request: SupportRequest, *, by: User, at: datetime) -> SupportRequest:
    """Settled otherwise: by telephone, or by a message outside of it."""
    thread = locked_thread(request.client, at=at)
    request = SupportRequest.objects.select_for_update().get(pk=request.pk)
    if request.is_open:
        note_request_answered(request, by=by, at=at)
        thread.step(at=at)
        thread.save()
    return request
