"""How the queue is doing, for who runs the office."""

from dataclasses import dataclass

from django.conf import settings

from crm.mailing.models import Mail

ON_DISK = "django.core.mail.backends.filebased.EmailBackend"


@dataclass(frozen=True)
class QueueState:
    waiting: int
    # Why nothing can be sent at all, in a sentence; empty when the server answers.
    trouble: str

    @property
    def is_on_disk(self) -> bool:
        """Nothing leaves: each mail is written in a file."""
        return settings.MAIL_TRANSPORT == ON_DISK


def queue_state() -> QueueState:
    unreachable = Mail.objects.unreachable().order_by("-not_before").values_list("trouble", flat=True)
    return QueueState(Mail.objects.waiting().count(), unreachable.first() or "")
