"""Writing mails down, and what the world answers about addresses. Delivery has a file of its own."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import uuid4

from django.conf import settings
from django.db import models, transaction

from crm.clients.models import Client
from crm.mailing.composing import Composer, Content
from crm.mailing.kinds import kinds
from crm.mailing.models import Mail, MailAddress, Template
from crm.mailing.sender import domain_of_messages


@dataclass(frozen=True)
class Draft:
    """A mail to be written: to whom, of which kind, with which values, why, and what it belongs to."""

    kind: str
    to: str
    values: Mapping[str, str]
    reason: str = ""
    client: Client | None = None
    about: models.Model | None = None
    language: str = ""
    template: Template | None = None


def queue(kind: str, *, to: str, values: Mapping[str, str], at: datetime, **details) -> Mail:
    """Write one mail in the caller's transaction; it leaves once that is committed. `details` as in Draft."""
    return queue_all([Draft(kind, to, values, **details)], at=at)[0]


@transaction.atomic
def queue_all(drafts: Iterable[Draft], *, at: datetime) -> list[Mail]:
    """Write many mails with few statements, in the order given."""
    composer = Composer()
    rows = [_written(draft, composer, at) for draft in drafts]
    return Mail.objects.bulk_create(rows, batch_size=500)


def _written(draft: Draft, composer: Composer, at: datetime) -> Mail:
    language = draft.language or language_for(draft.client)
    content = composer.compose(kinds()[draft.kind], draft.values, language=language, template=draft.template)
    return mail_of(content, draft, language=language, at=at)


def mail_of(content: Content, draft: Draft, *, language: str, at: datetime) -> Mail:
    """The unsaved row of a content already composed."""
    about = draft.about
    return Mail(
        kind=draft.kind,
        client=draft.client,
        recipient=draft.to,
        language=language,
        subject=content.subject,
        html=content.html,
        text=content.text,
        reason=draft.reason[:200],
        about_type=about._meta.label_lower if about is not None else "",
        about_id=str(about.pk) if about is not None else "",
        message_id=new_message_id(),
        created_at=at,
        not_before=at,
    )


def new_message_id() -> str:
    return f"<{uuid4().hex}@{domain_of_messages()}>"


def language_for(client: Client | None) -> str:
    """The client's own language when texts exist in it."""
    known = dict(settings.LANGUAGES)
    if client is not None and client.preferred_language in known:
        return client.preferred_language
    return settings.LANGUAGE_CODE


@transaction.atomic
def cancel(mail: Mail, *, why: str) -> bool:
    """Take a waiting mail out of the queue; False when it has already left or is leaving."""
    locked = Mail.objects.select_for_update().get(pk=mail.pk)
    if not locked.is_waiting:
        return False
    locked.save(update_fields=locked.cancel(why))
    return True


@transaction.atomic
def send_again(mail: Mail, *, at: datetime) -> bool:
    """Put a failed, uncertain or waiting mail at the head of the queue, under the same Message-ID."""
    locked = Mail.objects.select_for_update().get(pk=mail.pk)
    if not locked.can_be_sent_again:
        return False
    locked.status, locked.not_before, locked.attempts, locked.is_doubtful = Mail.Status.QUEUED, at, 0, False
    locked.save(update_fields=["status", "not_before", "attempts", "is_doubtful"])
    return True


@transaction.atomic
def note_bounce(
    email: str, trouble: str, *, at: datetime, is_final: bool, mail: Mail | None = None
) -> MailAddress:
    """An address refused a mail: for good, or for now. A mail is counted once, however often its bounce is told."""
    address, _created = MailAddress.objects.select_for_update().get_or_create(email=email.strip().lower())
    if mail is not None:
        mail = Mail.objects.select_for_update().get(pk=mail.pk)
        if mail.status == Mail.Status.BOUNCED:
            return address
        mail.status, mail.trouble = Mail.Status.BOUNCED, trouble[:300]
        mail.save(update_fields=["status", "trouble", *mail.tell_again()])
    address.note_trouble(trouble, at=at, is_final=is_final)
    address.save()
    return address


@transaction.atomic
def note_loss(mail: Mail, trouble: str) -> bool:
    """A provider that had taken this mail lost it, which says nothing of the address; False when already known."""
    mail = Mail.objects.select_for_update().get(pk=mail.pk)
    if mail.status != Mail.Status.SENT:
        return False
    mail.save(update_fields=[*mail.fail(trouble=trouble, reply=mail.server_reply), *mail.tell_again()])
    return True


@transaction.atomic
def note_arrival(email: str) -> None:
    """A mail reached this address: the passing refusals before it are past."""
    for address in MailAddress.objects.select_for_update().about([email]).filter(soft_bounces__gt=0):
        address.soft_bounces = 0
        address.save(update_fields=["soft_bounces"])


@transaction.atomic
def trust_again(address: MailAddress) -> MailAddress:
    address = MailAddress.objects.select_for_update().get(pk=address.pk)
    address.trust_again()
    address.save(update_fields=["refused_at", "soft_bounces"])
    return address


@transaction.atomic
def oppose(email: str, *, at: datetime) -> MailAddress:
    """The owner of this address wants no more mail of ours, but what they ask for."""
    address, _created = MailAddress.objects.select_for_update().get_or_create(email=email.strip().lower())
    address.opposed_at = address.opposed_at or at
    address.save(update_fields=["opposed_at"])
    return address


@transaction.atomic
def lift_opposition(address: MailAddress) -> MailAddress:
    """Its owner wants our mails again."""
    address = MailAddress.objects.select_for_update().get(pk=address.pk)
    address.opposed_at = None
    address.save(update_fields=["opposed_at"])
    return address


def why_not_mailed(emails: Iterable[str]) -> dict[str, str]:
    """Addresses (lower case) that receive nothing unasked: `refused` or `opposed`."""
    asked = list(emails)
    refused = dict.fromkeys(MailAddress.objects.refused_among(asked), "refused")
    return {**dict.fromkeys(MailAddress.objects.opposed_among(asked), "opposed"), **refused}
