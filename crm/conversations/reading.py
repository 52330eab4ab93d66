"""A conversation as a page reads it: the latest messages, those before, what changed since, and how far it was read."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from crm.clients.models import Client
from crm.conversations.models import Message, MessageQuerySet, ReadMark, SupportRequest, Thread
from crm.core.rows import is_key

PER_PAGE = 50
Kind = Message.Kind


@dataclass(frozen=True)
class Line:
    message: Message
    # Written by who looks.
    is_own: bool
    may_edit: bool
    may_delete: bool


@dataclass(frozen=True)
class Receipt:
    """Of the last message of one's own side: who of the other side has read it, and when. None before any message."""

    message: Message | None
    readers: list[ReadMark] = field(default_factory=list)


@dataclass(frozen=True)
class Page:
    lines: list[Line]
    # Where the page before begins; empty on the first.
    before: str


def thread_of(client: Client) -> Thread:
    """The client's thread; an unsaved one before the first message."""
    return Thread.objects.filter(client=client).first() or Thread(client=client)


def page(messages: MessageQuerySet, *, user: Any, at: datetime, before: str = "") -> Page:
    """The latest messages, or those before that key; three queries whatever the length of the conversation."""
    if is_key(before):
        messages = messages.filter(pk__lt=before)
    rows = list(_complete(messages).order_by("-pk")[: PER_PAGE + 1])
    is_cut, rows = len(rows) > PER_PAGE, rows[:PER_PAGE]
    return Page(_lines(reversed(rows), user, at), str(rows[-1].pk) if is_cut else "")


def changed(messages: MessageQuerySet, revision: int, *, user: Any, at: datetime) -> list[Line]:
    """What was written, corrected or taken back since that move; the latest when that is long ago."""
    rows = _complete(messages.since(revision)).order_by("-pk")[:PER_PAGE]
    return _lines(reversed(rows), user, at)


def _complete(messages: MessageQuerySet) -> MessageQuerySet:
    return messages.select_related("author", "request").prefetch_related("files")


def _lines(messages: Iterable[Message], user: Any, at: datetime) -> list[Line]:
    return [
        Line(
            one,
            one.author_id is not None and one.author_id == user.pk,
            one.is_edited_by(user, at=at),
            one.is_deleted_by(user, at=at),
        )
        for one in messages
    ]


def receipt(client: Client, *, is_office: bool) -> Receipt:
    """How far the other side has read what this side said."""
    kind = Kind.OFFICE if is_office else Kind.CLIENT
    last = Message.objects.filter(client=client, kind=kind, deleted_at=None).order_by("-pk").first()
    if last is None:
        return Receipt(None)
    marks = ReadMark.objects.filter(client=client, is_office=not is_office, last_read__gte=last.pk)
    return Receipt(last, list(marks.select_related("user").order_by("read_at")))


def to_mark(thread: Thread, lines: Iterable[Line], *, is_office: bool, request: SupportRequest | None) -> int:
    """The key up to which what is shown has been read; 0 when there is nothing to note.

    A page of one request notes it only when nothing else is unread: what it does not show was not read.
    """
    kind, mark, unread = (
        (Kind.CLIENT, thread.read_by_office, thread.unread_by_office)
        if is_office
        else (Kind.OFFICE, thread.read_by_client, thread.unread_by_client)
    )
    keys = [line.message.pk for line in lines if line.message.kind == kind and not line.message.is_deleted]
    if request is not None and sum(key > mark for key in keys) < unread:
        return 0
    return max(keys, default=0)


def subject_of_last_words(client: Client) -> SupportRequest | None:
    """What an answer is about: the subject of the client's last words, while it is open."""
    last = (
        Message.objects.filter(client=client, kind=Kind.CLIENT)
        .select_related("request")
        .order_by("-pk")
        .first()
    )
    asked = last.request if last is not None else None
    return asked if asked is not None and asked.is_open else None
