"""How mails leave, and which kinds there are. Who they come from is on the Settings screen."""

from pathlib import Path

import environ

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
# Shared with the provider: a webhook without it is refused. No secret, no webhook.
if _secret := env("ANYMAIL_WEBHOOK_SECRET", default=""):
    ANYMAIL["WEBHOOK_SECRET"] = _secret
if _region := env("AMAZON_SES_REGION", default=""):
    ANYMAIL["AMAZON_SES_CLIENT_PARAMS"] = {"region_name": _region}


def transport(data_dir: Path) -> dict[str, object]:
    """The settings of the transport: MAIL_TRANSPORT, and what Django's SMTP and file backends read."""
    for key, backend in PROVIDERS.items():
        if env(key, default=""):
            return {"MAIL_TRANSPORT": backend}
    chosen = env.email("EMAIL_URL", default="filemail://")
    backend = chosen.pop("EMAIL_BACKEND")
    if backend == "django.core.mail.backends.smtp.EmailBackend":
        backend = "crm.mailing.post.SmtpBackend"
    chosen["EMAIL_FILE_PATH"] = chosen.get("EMAIL_FILE_PATH") or str(data_dir / "mail")
    return {"MAIL_TRANSPORT": backend, **chosen}


# Every kind of mail: where the room that writes it declares it.
MAIL_KINDS = [
    "crm.change_requests.mails.RECEIVED",
    "crm.change_requests.mails.STOP_RECEIVED",
    "crm.change_requests.mails.SERVICE_DECIDED",
    "crm.reminders.mails.REMINDER",
    "crm.reminders.mails.TACIT_REMINDER",
    "crm.reminders.mails.RENEWAL_NOTICE",
]
