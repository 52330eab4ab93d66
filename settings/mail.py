"""How mails leave, and which kinds there are. Who they come from is on the Settings screen."""

from importlib.util import find_spec
from pathlib import Path

import environ
from django.core.exceptions import ImproperlyConfigured

env = environ.Env()

# Django's own mails are written in the outbox too; the transport is what delivery uses.
EMAIL_BACKEND = "crm.mailing.backends.OutboxBackend"
EMAIL_TIMEOUT = 20
# How long a claim is believed before another process may take the mail over.
MAIL_CLAIM_SECONDS = 600
MAIL_SENDERS = env.int("MAIL_SENDERS", default=4)
DEFAULT_FROM_EMAIL = SERVER_EMAIL = env("DEFAULT_FROM_EMAIL", default="clientele@localhost")

# One of these keys chooses a provider; else EMAIL_URL, else files on disk.
PROVIDERS = {
    "BREVO_API_KEY": "anymail.backends.brevo.EmailBackend",
    "MAILJET_API_KEY": "anymail.backends.mailjet.EmailBackend",
    "MAILGUN_API_KEY": "anymail.backends.mailgun.EmailBackend",
    "AMAZON_SES_REGION": "anymail.backends.amazon_ses.EmailBackend",
}
# What a provider cannot do without.
NEEDED = {"MAILJET_API_KEY": "MAILJET_SECRET_KEY", "MAILGUN_API_KEY": "MAILGUN_SENDER_DOMAIN"}
ANYMAIL_KEYS = [
    "BREVO_API_KEY",
    "MAILJET_API_KEY",
    "MAILJET_SECRET_KEY",
    "MAILGUN_API_KEY",
    "MAILGUN_SENDER_DOMAIN",
    "MAILGUN_API_URL",
    "MAILGUN_WEBHOOK_SIGNING_KEY",
]
ANYMAIL = {name: value for name in ANYMAIL_KEYS if (value := env(name, default=""))}
if _region := env("AMAZON_SES_REGION", default=""):
    ANYMAIL["AMAZON_SES_CLIENT_PARAMS"] = {"region_name": _region}


def webhooks(secret: str) -> list[str]:
    """The providers that may tell what became of a mail, `secret` (`name:password`) being shared with them."""
    if not secret:
        return []
    if not all(secret.partition(":")):
        raise ImproperlyConfigured("ANYMAIL_WEBHOOK_SECRET is a name and a password, as in name:password.")
    # The first two may also be reached by their SMTP, without a key.
    found = ["brevo", "mailjet"]
    if "MAILGUN_API_KEY" in ANYMAIL or "MAILGUN_WEBHOOK_SIGNING_KEY" in ANYMAIL:
        found.append("mailgun")
    if "AMAZON_SES_CLIENT_PARAMS" in ANYMAIL:
        found.append("amazon_ses")
    return found


_secret = env("ANYMAIL_WEBHOOK_SECRET", default="")
MAIL_WEBHOOKS = webhooks(_secret)
if _secret:
    ANYMAIL["WEBHOOK_SECRET"] = _secret


def transport(data_dir: Path) -> dict[str, object]:
    """The settings of the transport: MAIL_TRANSPORT, and what Django's SMTP and file backends read."""
    for key, backend in PROVIDERS.items():
        if env(key, default=""):
            _ask_for_what_is_needed(key)
            return {"MAIL_TRANSPORT": backend}
    chosen = _parsed(env("EMAIL_URL", default=""))
    backend = chosen.pop("EMAIL_BACKEND")
    if backend == "django.core.mail.backends.smtp.EmailBackend":
        backend = "crm.mailing.post.SmtpBackend"
    chosen["EMAIL_FILE_PATH"] = chosen.get("EMAIL_FILE_PATH") or str(data_dir / "mail")
    return {"MAIL_TRANSPORT": backend, **chosen}


def _ask_for_what_is_needed(key: str) -> None:
    if (other := NEEDED.get(key)) and not env(other, default=""):
        raise ImproperlyConfigured(f"{key} does nothing without {other}.")
    if key == "AMAZON_SES_REGION" and find_spec("boto3") is None:
        raise ImproperlyConfigured(
            "AMAZON_SES_REGION needs boto3 (pip install boto3). Or leave it out, and reach Amazon SES by its SMTP "
            "in EMAIL_URL."
        )


def _parsed(url: str) -> dict[str, object]:
    """Of an EMAIL_URL; nothing of it is repeated in the error, as it may hold a password."""
    example = "EMAIL_URL is not understood. Write it as smtp+tls://user:password@smtp.example.org:587"
    try:
        chosen = environ.Env.email_url_config(url or "filemail://")
        is_smtp = str(chosen["EMAIL_BACKEND"]).endswith("smtp.EmailBackend")
    except (ImproperlyConfigured, ValueError):
        raise ImproperlyConfigured(
            f"{example} (@, : and / in the password as %40, %3A and %2F); smtp+ssl:// for port 465, smtp:// for a "
            "relay without encryption."
        ) from None
    if is_smtp and not chosen["EMAIL_HOST"]:
        raise ImproperlyConfigured(f"{example}: the host is missing.")
    if is_smtp and not chosen["EMAIL_PORT"]:
        chosen["EMAIL_PORT"] = (
            465 if chosen.get("EMAIL_USE_SSL") else 587 if chosen.get("EMAIL_USE_TLS") else 25
        )
    return chosen


# Every kind of mail: where the room that writes it declares it.
MAIL_KINDS = [
    "crm.change_requests.mails.RECEIVED",
    "crm.change_requests.mails.DIGEST",
    "crm.change_requests.mails.STOP_RECEIVED",
    "crm.change_requests.mails.SERVICE_DECIDED",
    "crm.change_requests.mails.RECORD_DECIDED",
    "crm.conversations.mails.UNREAD",
    "crm.conversations.mails.DIGEST",
    "crm.conversations.mails.UNREAD_FOR_STAFF",
    "crm.conversations.mails.DIGEST_FOR_STAFF",
    "crm.reminders.mails.REMINDER",
    "crm.reminders.mails.TACIT_REMINDER",
    "crm.reminders.mails.FINAL_REMINDER",
    "crm.reminders.mails.RENEWAL_NOTICE",
    "crm.access.mails.CONFIRMATION",
    "crm.access.mails.ACTIVATED",
    "crm.access.mails.CREDENTIALS",
    "crm.access.mails.RESET",
    "crm.access.mails.CODE",
    "crm.access.mails.EMAIL_CHANGED",
    "crm.access.mails.SECURITY",
    "crm.access.mails.UNKNOWN",
    "crm.access.mails.REGISTRATION_CONFIRMATION",
    "crm.access.mails.REGISTRATION_KNOWN",
    "crm.access.mails.REGISTRATION_REFUSED",
]
