"""Writing in a conversation, and changing what one wrote."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID, uuid4

from django.core.exceptions import ValidationError
from django.core.files.base import File
from django.db import transaction
from django.utils.translation import gettext as _

from crm.accounts.models import User
from crm.clients.models import Client
from crm.conversations.models import Message, MessageFile, SupportRequest, Thread
from crm.conversations.services.thread import locked_thread, moved, note_request_answered
from crm.conversations.telling import note_opened, tell_at_once
from crm.conversations.wording import tidy
from crm.timeline.services import attach, forget_files

Kind, Side = Message.Kind, Thread.Side


class NotTheirs(Exception):
    """Written by somebody else, or too long ago to be changed."""


@transaction.atomic
def send(
    client: Client,
    text: str,
    *,
    kind: str,
    by: User | None,
    at: datetime,
    token: UUID | None = None,
    uploads: Sequence[File] = (),
    request: SupportRequest | None = None,
) -> Message:
    """Write a message, or an internal note. What was sent already under this token is given back as it is.

    Raises ValidationError when there is nothing in it, or a file that is not allowed.
    """
    thread = locked_thread(client, at=at)
    already = Message.objects.filter(client=client, token=token).first() if token else None
    return already or _write(
        thread, text, kind=kind, by=by, at=at, token=token or uuid4(), uploads=uploads, request=request
    )


def _write(
    thread: Thread,
    text: str,
    *,
    kind: str,
    by: User | None,
    at: datetime,
    token: UUID,
    uploads: Sequence[File],
    request: SupportRequest | None,
) -> Message:
    text = tidy(text)
    if not text and not uploads:
        raise ValidationError(_("Write something, or attach a file."), "empty")
    message = Message(client=thread.client, request=request, kind=kind, author=by, text=text, token=token)
    message.sent_at, message.revision, message._history_user = at, thread.step(at=at), by
    message._history_date = at
    message.save(force_insert=True)
    attach(MessageFile, message, uploads, at=at, by=by)
    if request is not None:
        _turn_request(request, message, at=at)
    moved(thread, at=at)
    tell_at_once(message)
    return message


def _turn_request(request: SupportRequest, message: Message, *, at: datetime) -> None:
    """Our answer answers it; a word more from the client opens it again."""
    if message.kind == Kind.OFFICE and request.is_open:
        note_request_answered(request, by=message.author, at=at)
    elif message.kind == Kind.CLIENT and not request.is_open:
        request.reopen()
        request.save(update_fields=["status", "answered_by", "answered_at"])


@transaction.atomic
def open_request(
    client: Client,
    subject: str,
    text: str,
    *,
    kind: str,
    by: User | None,
    at: datetime,
    token: UUID | None = None,
    uploads: Sequence[File] = (),
) -> SupportRequest:
    """A request with a subject and its first message, by the client or, for them, by a member of staff."""
    thread = locked_thread(client, at=at)
    already = Message.objects.filter(client=client, token=token).first() if token else None
    if already is not None and already.request is not None:
        return already.request
    subject = " ".join(tidy(subject).split())[:120]
    if not subject:
        raise ValidationError({"subject": _("Say in a few words what it is about.")})
    request = SupportRequest.objects.create(client=client, subject=subject, opened_at=at, opened_by=by)
    note_opened(request, at=at)
    _write(thread, text, kind=kind, by=by, at=at, token=token or uuid4(), uploads=uploads, request=request)
    return request


@transaction.atomic
def edit(message: Message, text: str, *, by: User, at: datetime) -> Message:
    """Correct one's own words; the history keeps what they were. Raises NotTheirs."""
    thread = locked_thread(message.client, at=at)
    message = Message.objects.get(pk=message.pk)
    if not message.is_edited_by(by, at=at):
        raise NotTheirs(_("This message can no longer be corrected: write another one."))
    text = tidy(text)
    if not text and not message.files.exists():
        raise ValidationError(_("Write something, or delete the message."), "empty")
    if text == message.text:
        return message
    message.text, message.edited_at, message.revision = text, at, thread.step(at=at)
    message._history_user = by
    message.save(update_fields=["text", "edited_at", "revision"])
    thread.save()
    return message


@transaction.atomic
def delete(message: Message, *, by: User, at: datetime) -> Message:
    """Take a message back: its place stays, marked; its words stay in the history, its files leave the disk.

    Raises NotTheirs.
    """
    thread = locked_thread(message.client, at=at)
    message = Message.objects.get(pk=message.pk)
    if not message.is_deleted_by(by, at=at):
        raise NotTheirs(_("This message can no longer be deleted."))
    names = ", ".join(message.files.values_list("name", flat=True))
    forget_files(message.files.all())
    message.files.all().delete()
    message._change_reason = (_("Files removed: %(names)s") % {"names": names})[:100] if names else ""
    message.text, message.deleted_at, message.revision = "", at, thread.step(at=at)
    message._history_user = by
    message.save(update_fields=["text", "deleted_at", "revision"])
    moved(thread, at=at)
    return message
