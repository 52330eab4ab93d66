"""Reminders whose mail did not leave: they are owed again, and their day decides anew."""

from datetime import date

from django.db import transaction

from crm.mailing.models import Mail, MailAddress
from crm.mailing.services import cancel
from crm.reminders.models import Reminder

GONE = (Mail.Status.CANCELLED, Mail.Status.FAILED, Mail.Status.BOUNCED)


@transaction.atomic
def take_back(*, day: date) -> int:
    """Owe again what was written on an earlier day and still waits (its days left are no longer true), what was
    cancelled, and what came back from an address that is dead: the client is then written to on paper. Returns how
    many."""
    rows = (
        Reminder.objects.filter(status=Reminder.Status.MAILED, ends_on__gte=day)
        .exclude(mails__status__in=(Mail.Status.SENT, Mail.Status.UNCERTAIN, Mail.Status.SENDING))
        .select_for_update(of=["self"])
        .prefetch_related("mails")
    )
    dead = MailAddress.objects.refused_among(
        mail.recipient for row in rows for mail in row.mails.all() if mail.status in GONE
    )
    owed = [row for row in rows if _is_owed(row, day, dead)]
    for row in owed:
        row.status, row.why = Reminder.Status.OWED, Reminder.Why.NOT_DELIVERED
    Reminder.objects.bulk_update(owed, ["status", "why"], batch_size=500)
    return len(owed)


def _is_owed(row: Reminder, day: date, dead: set[str]) -> bool:
    mails = list(row.mails.all())
    if any(mail.is_waiting for mail in mails):
        return row.day < day and all(
            cancel(mail, why=str(Reminder.Why.NOT_DELIVERED.label)) for mail in mails if mail.is_waiting
        )
    return any(mail.status == Mail.Status.CANCELLED or mail.recipient.lower() in dead for mail in mails)
