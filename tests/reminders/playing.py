"""Days that go by: what the stories of reminders share."""

from datetime import date, datetime, time, timedelta

from django.utils import timezone

from crm.mailing.models import Mail
from crm.products.models import Subscription
from crm.reminders.models import Reminder, Run
from crm.reminders.services import send_due
from tests import factories

LONG_AGO = date(2020, 1, 1)
DAY = timedelta(days=1)


def noon(day: date) -> datetime:
    return timezone.make_aware(datetime.combine(day, time(12)))


def pass_on(day: date) -> Run:
    return send_due(day=day, at=noon(day))


def everything_leaves(at: datetime) -> None:
    """The mail server takes all that waits."""
    Mail.objects.waiting().update(status=Mail.Status.SENT, sent_at=at)


def days_go_by(first: date, last: date, *, without: set[date] = frozenset()) -> None:
    """A pass each day, and the mails that it wrote leave; nothing on the days `without`."""
    day = first
    while day <= last:
        if day not in without:
            pass_on(day)
            everything_leaves(noon(day))
        day += DAY


def service(ends_on: date, **fields) -> Subscription:
    """A year's service known for long, of a client with an address."""
    client = fields.pop("client", None) or factories.individual(email="zoe@example.org")
    plan = fields.pop("plan", None) or factories.plan(name=f"Formule {Subscription.objects.count() + 1}")
    fields = {"subscribed_on": ends_on - timedelta(days=364), "end_known_on": LONG_AGO, **fields}
    return factories.subscription(client, plan, ends_on=ends_on, **fields)


def told(**filters) -> list[tuple[int, str]]:
    """Days and status of the reminders written, the farthest first."""
    rows = Reminder.objects.filter(purpose=Reminder.Purpose.END, **filters).order_by("ends_on", "-days")
    return [(row.days, row.status) for row in rows]


def sent_on() -> list[date]:
    return sorted(
        timezone.localdate(mail.created_at) for mail in Mail.objects.filter(status=Mail.Status.SENT)
    )
