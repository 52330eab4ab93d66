"""What is told of a message: on the client's timeline, and to who should hear of it. In the writer's transaction.

Mails are not written here but by `unread_mails`, once a message has stayed unread for a while.
"""

from datetime import datetime

from django.conf import settings
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import override

from crm.conversations.models import Message, SupportRequest
from crm.timeline.models import Entry
from crm.timeline.services import record

Kind = Message.Kind


def tell_at_once(message: Message) -> None:
    """Called for each message as it is written, never for an internal note. The one place from which devices will be
    told: who should hear of it is `recipients.people_for(message)`."""
    if message.is_note:
        return
    if message.request_id is None and not _is_followed(message):
        note_said(message)


def _is_followed(message: Message) -> bool:
    """Whether the timeline tells already that this side wrote today: one line a day, not one for each message."""
    midnight = timezone.localtime(message.sent_at).replace(hour=0, minute=0, second=0, microsecond=0)
    earlier = Message.objects.filter(client=message.client_id, kind=message.kind, sent_at__gte=midnight)
    return earlier.filter(pk__lt=message.pk, request=None).exists()


def note_said(message: Message) -> None:
    """Without its words, which may still be corrected or taken back."""
    with override(settings.LANGUAGE_CODE):
        said = _("The client wrote to us") if message.is_from_client else _("We wrote to the client")
    record(
        message.client,
        Entry.Kind.MESSAGE,
        said,
        at=message.sent_at,
        by=message.author,
        target=message.client.thread,
    )


def note_opened(request: SupportRequest, *, at: datetime) -> None:
    with override(settings.LANGUAGE_CODE):
        said = _("Support request: %(subject)s") % {"subject": request.subject}
    _note(request, said, at=at, by=request.opened_by)


def note_answered(request: SupportRequest, *, at: datetime) -> None:
    with override(settings.LANGUAGE_CODE):
        said = _("Support request answered: %(subject)s") % {"subject": request.subject}
    _note(request, said, at=at, by=request.answered_by)


def _note(request: SupportRequest, said: str, *, at: datetime, by) -> None:
    client = request.client
    record(client, Entry.Kind.SUPPORT, said, at=at, by=by, target=client.thread, is_visible_to_client=True)
