"""How much of the conversations waits for a member of staff."""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, Min, QuerySet, Value
from django.urls import reverse

from crm.accounts.models import User
from crm.conversations.models import Thread


@dataclass(frozen=True)
class Waiting:
    number: int
    oldest: datetime
    url: str


def may_read(user: User) -> bool:
    return user.has_perms(["conversations.view_thread", "clients.view_client"])


def unread(user: User) -> int:
    """How many conversations hold something that nobody here has read."""
    return _unread(user).count() if may_read(user) else 0


def counts(user: User) -> list[QuerySet]:
    """(address of the inbox, how many are unread), in one row or none: the badge of every page."""
    return (
        [_unread(user).values(address=Value(inbox())).annotate(number=Count("pk"))] if may_read(user) else []
    )


def _unread(user: User) -> QuerySet:
    return Thread.objects.visible_to(user).unread_by_office().order_by()


def waiting(user: User) -> Waiting | None:
    """The conversations whose client waits for an answer; None when there are none, or no right to know."""
    if not may_read(user):
        return None
    rows = Thread.objects.visible_to(user).waiting_for(Thread.Side.OFFICE).order_by()
    found = rows.aggregate(number=Count("pk"), oldest=Min("waiting_since"))
    return Waiting(url=inbox() + "?desk=office", **found) if found["number"] else None


def inbox() -> str:
    return reverse("admin:conversations_thread_changelist")


def latest_stamp() -> int:
    """A number that differs once anything moved in any conversation. Whoever asks, one look at the end of an index."""
    moved = Thread.objects.latest_move()
    return int(moved.timestamp() * 1_000_000) if moved else 0
