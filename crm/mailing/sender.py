"""Who our mails come from, and the message that goes over the wire."""

from email.message import Message as MimeMessage
from email.policy import Compat32
from email.utils import formataddr
from urllib.parse import urlsplit
from uuid import uuid4

from django.conf import settings
from django.core.mail import EmailMultiAlternatives

from crm.mailing.models import Mail
from crm.mailing.rendering import plain
from crm.organisation.models import Organisation


class _AsWritten(Compat32):
    """Headers as Django wrote them: it has encoded them and refused line breaks. Folding them again would cost as
    much as all the rest of a mail."""

    def fold(self, name: str, value: str) -> str:
        return f"{name}: {value}{self.linesep}"

    def fold_binary(self, name: str, value: str) -> bytes:
        return self.fold(name, value).encode("ascii")


AS_WRITTEN = _AsWritten()


class Message(EmailMultiAlternatives):
    def message(self) -> MimeMessage:
        message = super().message()
        if message.is_multipart():
            # Drawn here: the library would look for its own in the whole of the text, by an expression made for each mail.
            message.set_boundary(f"={uuid4().hex}")
        for part in message.walk():
            part.policy = AS_WRITTEN
        return message


def domain_of_messages() -> str:
    """What follows the @ in a Message-ID: the domain that sends, so that it stays the same over retries and hosts."""
    email = Organisation.objects.current().sender_email
    return email.partition("@")[2] or urlsplit(settings.SITE_URL).hostname or "localhost"


def from_address(organisation: Organisation) -> str:
    email = organisation.sender_email or settings.DEFAULT_FROM_EMAIL
    return formataddr((plain(organisation.sender_name or organisation.name), email))


def message_of(mail: Mail) -> Message:
    """The message as it leaves: one recipient, our own Message-ID, links made now."""
    organisation = Organisation.objects.current()
    html, text = mail.to_leave()
    message = Message(
        subject=mail.subject,
        body=text,
        from_email=from_address(organisation),
        to=[mail.recipient],
        reply_to=[organisation.reply_to_email] if organisation.reply_to_email else None,
        headers={"Message-ID": mail.message_id, "Auto-Submitted": "auto-generated"},
    )
    if html:
        message.attach_alternative(html, "text/html")
    return message
