"""What is told of a message: on the client's timeline, and to the devices of who should hear of it. In the writer's
transaction.

Mails are not written here but by `unread_mails`, once a message has stayed unread for a while.
"""

from datetime import datetime

from django.conf import settings
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import override

from crm.conversations.models import Message, SupportRequest
from crm.conversations.recipients import people_for
from crm.devices.services import notify
from crm.mailing.services import language_for
from crm.organisation.models import Organisation
from crm.timeline.models import Entry
from crm.timeline.services import record

CONVERSATION = "admin:conversations_thread_change"


def tell_at_once(message: Message) -> None:
    """Called for each message as it is written; nobody hears of an internal note."""
    if message.is_note:
        return
    _tell_devices(message)
    if message.request_id is None and not _is_followed(message):
        note_said(message)


def _tell_devices(message: Message) -> None:
    """Once, until it is read: a notification says that there is something to read, which a second would not add to."""
    client, is_for_client = message.client, not message.is_from_client
    thread = client.thread
    since = thread.unread_by_client_since if is_for_client else thread.unread_by_office_since
    if since is None:
        return
    url = reverse("portal:messages") if is_for_client else reverse(CONVERSATION, args=[client.pk])
    with override(language_for(client) if is_for_client else settings.LANGUAGE_CODE):
        body = _("You have a new message.") if is_for_client else _("A client wrote to us.")
    for person in people_for(message):
        if person != message.author:
            notify(
                person,
                title=Organisation.objects.current().name,
                body=body,
                url=url,
                key=f"messages:{client.pk}:{since.isoformat()}",
                at=message.sent_at,
            )


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
