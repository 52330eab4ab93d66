"""The mails about unread messages. None holds a message: mails are read over shoulders, and forwarded."""

from collections.abc import Sequence
from datetime import date, datetime

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext, override

from crm.clients.models import Client
from crm.conversations.models import Thread
from crm.conversations.recipients import by_address
from crm.mailing.kinds import Kind
from crm.mailing.models import Mail
from crm.mailing.variables import site_url, values_of


def read_by_client(mails: Sequence[Mail], now: datetime) -> dict[int, str]:
    """Read before the mail leaves: nothing left to tell."""
    waiting = set(Thread.objects.unread_by_client().filter(pk__in=_keys(mails)).values_list("pk", flat=True))
    return {mail.pk: _("The messages have been read.") for mail in mails if int(mail.about_id) not in waiting}


def read_by_office(mails: Sequence[Mail], now: datetime) -> dict[int, str]:
    """Of several conversations: nothing left of them for this person."""
    unread = Thread.objects.unread_by_office().select_related("client__manager", "assigned_to")
    waiting = {address.lower() for address in by_address(unread)}
    read = [mail for mail in mails if mail.recipient.lower() not in waiting]
    return {mail.pk: _("The messages have been read.") for mail in read}


def _keys(mails: Sequence[Mail]) -> list[int]:
    return [int(mail.about_id) for mail in mails]


def values_for_client(client: Client, number: int, language: str) -> dict[str, str]:
    with override(language):
        counted = ngettext("%(count)d message", "%(count)d messages", number) % {"count": number}
    address = site_url(reverse("portal:messages"))
    return values_of(client, language) | {"nombre": counted, "lien_messages": address}


def example(client: Client, day: date, language: str) -> dict[str, str]:
    return values_for_client(client, 2, language)


def values_for_staff(threads: Sequence[Thread]) -> dict[str, str]:
    """In the language in force."""
    number = sum(thread.unread_by_office for thread in threads)
    return {
        "nombre": ngettext("%(count)d message", "%(count)d messages", number) % {"count": number},
        "details": "\n".join(_lines(threads)),
        "lien_messages": site_url(reverse("admin:conversations_thread_changelist")),
    }


MOST_LINES = 50


def _lines(threads: Sequence[Thread]) -> list[str]:
    lines = [
        _("%(client)s: %(number)d unread") % {"client": thread.client, "number": thread.unread_by_office}
        for thread in threads[:MOST_LINES]
    ]
    if (left := len(threads) - MOST_LINES) > 0:
        lines.append(ngettext("and %(count)d other", "and %(count)d others", left) % {"count": left})
    return lines


def example_for_staff(client: Client, day: date, language: str) -> dict[str, str]:
    with override(language):
        return values_for_staff([Thread(client=client, unread_by_office=2)])


UNREAD = Kind(
    code="message_unread",
    title=gettext_lazy("Unread message"),
    sent_when=gettext_lazy(
        "Once, when a message of yours has stayed unread for as long as the Settings screen says; nothing more about "
        "what follows until the client has read. Each person may choose otherwise."
    ),
    variables=("nombre", "lien_messages"),
    unwanted=read_by_client,
    example=example,
)
DIGEST = Kind(
    code="messages_digest",
    title=gettext_lazy("Unread messages of the day"),
    sent_when=gettext_lazy("Once a day, for a week at most, while messages of the days before are unread."),
    variables=("nombre", "lien_messages"),
    unwanted=read_by_client,
    example=example,
)
UNREAD_FOR_STAFF = Kind(
    code="message_unread_staff",
    title=gettext_lazy("To the staff: unread messages of clients"),
    sent_when=gettext_lazy(
        "When a message of a client has stayed unread for as long as the Settings screen says, at most once an hour. "
        "To who the conversation is assigned to, else to the client’s manager, else to the address for requests, else "
        "to the administrators."
    ),
    variables=("nombre", "details", "lien_messages"),
    unwanted=read_by_office,
    example=example_for_staff,
    is_for_staff=True,
)
DIGEST_FOR_STAFF = Kind(
    code="messages_digest_staff",
    title=gettext_lazy("To the staff: unread messages of the days before"),
    sent_when=gettext_lazy("Every morning while messages of clients of the days before are unread."),
    variables=("nombre", "details", "lien_messages"),
    unwanted=read_by_office,
    example=example_for_staff,
    is_for_staff=True,
)
