"""Who our mails come from, and the message that goes over the wire."""

from email.utils import formataddr
from urllib.parse import urlsplit

from django.conf import settings
from django.core.mail import EmailMultiAlternatives

from crm.mailing.models import Mail
from crm.mailing.rendering import plain
from crm.organisation.models import Organisation


def domain_of_messages() -> str:
    """What follows the @ in a Message-ID: the domain that sends, so that it stays the same over retries and hosts."""
    email = Organisation.objects.current().sender_email
    return email.partition("@")[2] or urlsplit(settings.SITE_URL).hostname or "localhost"


def from_address(organisation: Organisation) -> str:
    email = organisation.sender_email or settings.DEFAULT_FROM_EMAIL
    return formataddr((plain(organisation.sender_name or organisation.name), email))


def message_of(mail: Mail) -> EmailMultiAlternatives:
    """The message as it leaves: one recipient, our own Message-ID, links made now."""
    organisation = Organisation.objects.current()
    html, text = mail.to_leave()
    message = EmailMultiAlternatives(
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
