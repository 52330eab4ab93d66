"""The fate of mails on the timeline of their clients: read from the outbox once they have one."""

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from crm.mailing.models import Mail
from crm.timeline.models import Entry
from crm.timeline.services import entry, record_all

FATES = (Mail.Status.SENT, *Mail.TROUBLES)
LOT = 1000


@transaction.atomic
def tell_timeline(*, now: datetime) -> int:
    """Write what became of mails and is not told yet; returns how many."""
    rows = list(
        Mail.objects.filter(is_on_timeline=False, status__in=FATES)
        .select_for_update(skip_locked=True, of=["self"])
        .select_related("client")
        .order_by("pk")[:LOT]
    )
    told = record_all(_line(mail, now) for mail in rows if mail.client is not None)
    Mail.objects.filter(pk__in=[mail.pk for mail in rows]).update(is_on_timeline=True)
    return told


def _line(mail: Mail, now: datetime) -> Entry:
    is_sent = mail.status == Mail.Status.SENT
    said = {"subject": mail.subject, "recipient": mail.recipient, "trouble": mail.trouble}
    summary = (
        _("“%(subject)s” sent to %(recipient)s")
        if is_sent
        else _("“%(subject)s” did not reach %(recipient)s: %(trouble)s")
    ) % said
    return entry(
        mail.client,
        Entry.Kind.MAILED if is_sent else Entry.Kind.MAIL_TROUBLE,
        summary,
        at=mail.sent_at if is_sent and mail.sent_at else now,
        target=mail,
        # What the office tells itself about a client is not for them to read.
        is_visible_to_client=is_sent and mail.declared is not None and not mail.declared.is_for_staff,
    )
