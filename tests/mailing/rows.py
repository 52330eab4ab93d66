"""A mail in the outbox, ready to leave, whatever it says."""

from django.utils import timezone

from crm.mailing.models import Mail
from crm.mailing.services import new_message_id


def waiting(to: str = "zoe@example.org", **fields) -> Mail:
    now = timezone.now()
    values = {
        "kind": "system",
        "recipient": to,
        "subject": f"Bonjour {to}",
        "html": "<p>Bonjour</p>",
        "text": "Bonjour",
        "message_id": new_message_id(),
        "created_at": now,
        "not_before": now,
        **fields,
    }
    return Mail.objects.create(**values)
