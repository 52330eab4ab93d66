"""Django's own mails (a password to choose, an error to report) pass through the outbox like every other."""

from collections.abc import Sequence

from django.core.mail import EmailMessage, EmailMultiAlternatives
from django.core.mail.backends.base import BaseEmailBackend
from django.db import transaction
from django.utils import timezone

from crm.mailing.kinds import SYSTEM
from crm.mailing.models import Mail
from crm.mailing.rendering import plain
from crm.mailing.services import new_message_id


class OutboxBackend(BaseEmailBackend):
    """Writes each message down, once per recipient. It may hold a secret link: staff do not see it, and it is erased
    once it has left."""

    @transaction.atomic
    def send_messages(self, email_messages: Sequence[EmailMessage]) -> int:
        rows = [_row(message, to) for message in email_messages for to in message.recipients()]
        Mail.objects.bulk_create(rows)
        return len(email_messages)


def _row(message: EmailMessage, to: str) -> Mail:
    if message.attachments:
        raise ValueError("The outbox carries no attachment.")
    alternatives = message.alternatives if isinstance(message, EmailMultiAlternatives) else []
    html = next((str(part.content) for part in alternatives if part.mimetype == "text/html"), "")
    now = timezone.now()
    return Mail(
        kind=SYSTEM,
        recipient=to,
        subject=plain(message.subject)[:300],
        html=html,
        text=str(message.body),
        message_id=new_message_id(),
        is_private=True,
        created_at=now,
        not_before=now,
    )
