"""Who is told by mail of messages that stay unread: once, then at most once a day; never one mail for each message."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime, time, timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import override

from crm.access.models import Access
from crm.conversations.mails import (
    DIGEST,
    DIGEST_FOR_STAFF,
    UNREAD,
    UNREAD_FOR_STAFF,
    values_for_client,
    values_for_staff,
)
from crm.conversations.models import Preference, Thread
from crm.conversations.models.thread import ThreadQuerySet
from crm.conversations.recipients import by_address
from crm.mailing.kinds import Kind
from crm.mailing.models import Mail
from crm.mailing.services import Draft, language_for, queue_all
from crm.organisation.models import Organisation

Mails = Preference.Mails
# After a mail, another about something else waits that long, however lively the conversation.
QUIET = timedelta(hours=1)
# Of the digests; later the same day when the machine was off.
FROM = time(7)
# Who has not come for so long is left alone.
DIGEST_DAYS = timedelta(days=8)


@transaction.atomic
def tell_unread(*, at: datetime) -> list[Mail]:
    """The digests of the morning first: what they tell needs no mail of its own that day."""
    return [*_digest(at), *_soon(at)]


def _soon(at: datetime) -> list[Mail]:
    waited = at - timedelta(minutes=Organisation.objects.current().message_mail_minutes)
    clients = _untold(Thread.objects.unread_by_client(), "client", waited, at)
    drafts = _to_clients(UNREAD, clients, {Mails.SOON})
    Thread.objects.filter(pk__in=[one.pk for one in clients]).update(client_told_at=at)
    office = by_address(_untold(Thread.objects.unread_by_office(), "office", waited, at))
    told_lately = by_address(_complete(Thread.objects.filter(office_told_at__gt=at - QUIET)))
    wanted = {address: some for address, some in office.items() if address not in told_lately}
    drafts += _to_staff(UNREAD_FOR_STAFF, wanted, {Mails.SOON})
    _note_told(wanted, office_told_at=at)
    return queue_all(drafts, at=at)


def _untold(threads: ThreadQuerySet, side: str, waited: datetime, at: datetime) -> list[Thread]:
    """Unread for long enough, and not yet told: what was told of before has been read since."""
    since, told = f"unread_by_{side}_since", f"{side}_told_at"
    again = Q(**{f"{told}__lt": F(since), f"{told}__lte": at - QUIET})
    return list(_complete(threads.filter(Q(**{told: None}) | again, **{f"{since}__lte": waited})))


def _digest(at: datetime) -> list[Mail]:
    now = timezone.localtime(at)
    if now.time() < FROM:
        return []
    midnight, today = now.replace(hour=0, minute=0, second=0, microsecond=0), now.date()
    clients = _undigested(Thread.objects.unread_by_client(), "client", midnight)
    clients = [one for one in clients if one.unread_by_client_since > at - DIGEST_DAYS]
    drafts = _to_clients(DIGEST, clients, {Mails.SOON, Mails.DAILY})
    Thread.objects.filter(pk__in=[one.pk for one in clients]).update(
        client_digest_on=today, client_told_at=at
    )
    office = by_address(_undigested(Thread.objects.unread_by_office(), "office", midnight))
    drafts += _to_staff(DIGEST_FOR_STAFF, office, {Mails.SOON, Mails.DAILY})
    _note_told(office, office_digest_on=today, office_told_at=at)
    return queue_all(drafts, at=at)


def _undigested(threads: ThreadQuerySet, side: str, midnight: datetime) -> list[Thread]:
    """Unread since before today, and of no digest today."""
    today, on = timezone.localdate(midnight), f"{side}_digest_on"
    not_today = Q(**{on: None}) | Q(**{f"{on}__lt": today})
    return list(_complete(threads.filter(not_today, **{f"unread_by_{side}_since__lt": midnight})))


def _complete(threads: ThreadQuerySet) -> ThreadQuerySet:
    return threads.select_related("client__manager", "assigned_to").order_by("pk")


def _note_told(shared: dict[str, list[Thread]], **told) -> None:
    keys = {thread.pk for threads in shared.values() for thread in threads}
    Thread.objects.filter(pk__in=keys).update(**told)


def _to_clients(kind: Kind, threads: Iterable[Thread], wanted: set[str]) -> list[Draft]:
    """To everyone who opens these spaces and wants this mail."""
    of_client = {thread.pk: thread for thread in threads}
    accesses = Access.objects.open().filter(client__in=of_client).select_related("user").order_by("pk")
    chosen = _chosen({access.user.email for access in accesses})
    drafts = []
    for access in accesses:
        thread = of_client[access.client_id]
        if chosen[access.user.email] not in wanted:
            continue
        values = values_for_client(
            thread.client, thread.unread_by_client, language := language_for(thread.client)
        )
        drafts.append(
            Draft(
                kind.code,
                access.user.email,
                values,
                reason=_reason(),
                client=thread.client,
                about=thread,
                language=language,
            )
        )
    return drafts


def _to_staff(kind: Kind, shared: dict[str, list[Thread]], wanted: set[str]) -> list[Draft]:
    """One mail each, whatever the number of conversations."""
    chosen, language = _chosen(shared), settings.LANGUAGE_CODE
    with override(language):
        return [
            Draft(
                kind.code,
                address,
                values_for_staff(threads),
                reason=_reason(),
                about=threads[0],
                language=language,
            )
            for address, threads in shared.items()
            if chosen[address] in wanted
        ]


def _chosen(addresses: Iterable[str]) -> dict[str, str]:
    """What each of these people chose; the first choice for an address that is nobody's."""
    rows = Preference.objects.filter(user__email__in=list(addresses)).values_list("user__email", "mails")
    return defaultdict(lambda: str(Mails.SOON), rows)


def _reason() -> str:
    with override(settings.LANGUAGE_CODE):
        return _("Unread messages")
