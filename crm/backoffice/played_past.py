"""The last weeks of the demonstration: the passes of their days are played, and their mails delivered to files."""

from datetime import date, datetime, time, timedelta

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext as _

from crm.accounts.models import User
from crm.mailing.delivery import deliver
from crm.mailing.models import Mail, MailAddress
from crm.mailing.services import note_bounce
from crm.mailing.trail import tell_timeline
from crm.products.models import Plan, Subscription
from crm.reminders.letters import to_print
from crm.reminders.models import Reminder, Rule, Run
from crm.reminders.notices import window_of
from crm.reminders.services import note_printed, send_due

TO_FILES = "django.core.mail.backends.filebased.EmailBackend"
# Far enough for the reminders of the last month, and for every notice of what has not ended.
WEEKS_BACK, MONTHS_BACK = timedelta(days=31), timedelta(days=130)
LETTERS_LEFT = timedelta(days=3)
# Whose last mail comes back: for good, so that paper follows; for now, so that somebody should look.
GONE, FULL = "eloi.dumont@example.org", "youssef.amrani@example.org"


def play(*, now: datetime, by: User) -> list[models.Model]:
    """Do nothing where mails would really leave. Returns the rows made that no client takes along when they go."""
    if settings.MAIL_TRANSPORT != TO_FILES:
        return []
    today = timezone.localdate(now)
    for day in _eventful_days(today):
        at = min(timezone.make_aware(datetime.combine(day, time(8))), now)
        send_due(day=day, at=at)
        deliver(clock=lambda at=at: at, senders=1)
        tell_timeline(now=at)
        if day < today - LETTERS_LEFT:
            note_printed(to_print(day), at=at, by=by)
    return [*Run.objects.filter(day__lt=today), *_troubles(now)]


def _eventful_days(today: date) -> list[date]:
    """The days before today on which something was due; on the others a pass has nothing to do."""
    offsets = Rule.objects.filter(is_active=True, plan=None).values_list("days", flat=True)
    terms = Subscription.objects.filter(ends_on__gte=today - WEEKS_BACK).select_related("plan")
    days = {term.ends_on - timedelta(days=days) for term in terms for days in offsets}
    tacit = [term for term in terms if term.plan.renewal == Plan.Renewal.TACIT and term.ends_on >= today]
    opened = {window.opens_on for term in tacit if (window := window_of(term))}
    recent = {day for day in days if day >= today - WEEKS_BACK}
    return sorted(day for day in recent | opened if today - MONTHS_BACK <= day < today)


def _troubles(now: datetime) -> list[MailAddress]:
    made = []
    for email, trouble, is_final in (
        (GONE, _("This address does not exist, or no longer."), True),
        (FULL, _("The recipient’s mailbox is full."), False),
    ):
        mail = Mail.objects.filter(recipient=email, status=Mail.Status.SENT).order_by("pk").last()
        if mail is not None and Reminder.objects.filter(mails=mail).exists():
            made.append(note_bounce(email, trouble, at=now, is_final=is_final, mail=mail))
    tell_timeline(now=now)
    return made
