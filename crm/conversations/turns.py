"""What follows from the messages of a thread: whose turn it is, and what each side has not read. Always reckoned again
from the messages, under the lock of the thread: nothing can drift."""

from datetime import datetime

from django.db.models import Count, Min

from crm.conversations.models import Message, Thread

Kind, Side = Message.Kind, Thread.Side


def follow_last(thread: Thread, *, at: datetime) -> None:
    """The last thing said is what the list shows, and decides whose turn it is."""
    last = Message.objects.filter(client=thread.client).said().order_by("-pk").first()
    if (last.pk if last else None) == thread.last_message_id:
        return
    thread.last_message, thread.last_at = last, last.sent_at if last else None
    if last is None:
        thread.wait_for(Side.NOBODY, at=at)
    else:
        thread.wait_for(Side.OFFICE if last.is_from_client else Side.CLIENT, at=last.sent_at)


def count_unread(thread: Thread) -> None:
    """How many messages of the other side come after its mark, and since when the oldest of them waits."""
    thread.unread_by_office, thread.unread_by_office_since = _after(
        thread, Kind.CLIENT, thread.read_by_office
    )
    thread.unread_by_client, thread.unread_by_client_since = _after(
        thread, Kind.OFFICE, thread.read_by_client
    )


def _after(thread: Thread, kind: str, mark: int) -> tuple[int, datetime | None]:
    unread = Message.objects.filter(client=thread.client, kind=kind, pk__gt=mark, deleted_at=None).order_by()
    found = unread.aggregate(number=Count("pk"), since=Min("sent_at"))
    return found["number"], found["since"]
