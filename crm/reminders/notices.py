"""Tacit renewal: who must be told beforehand (C. conso., art. L215-1), who was told too late, and what is renewed."""

from collections.abc import Iterable
from datetime import date, timedelta

from django.db.models import Exists, F, OuterRef, Q, QuerySet

from crm.change_requests.models import ServiceRequest
from crm.clients.models import Client
from crm.france.terms import add_months
from crm.organisation.models import Organisation
from crm.products.models import Plan, Subscription
from crm.reminders.choosing import undecided_on
from crm.reminders.models import Reminder
from crm.reminders.timetable import NoticeWindow, notice_window

# Ends of months are shorter or longer than one another: the database's window is a little wider than the exact one.
LEEWAY = timedelta(days=3)


def window_of(term: Subscription) -> NoticeWindow | None:
    """None when the term is no longer than its notice: it can be left at any time, there is nothing to announce."""
    window = notice_window(term.ends_on, term.plan.notice_months)
    return window if window.deadline > term.subscribed_on else None


def notices_due(day: date) -> list[Subscription]:
    """The terms to be told of that day, with client and formule: their window is open and they were not told."""
    told = Reminder.objects.settled().filter(
        subscription=OuterRef("pk"), ends_on=OuterRef("ends_on"), purpose=Reminder.Purpose.NOTICE
    )
    terms = _in_window(day).exclude(Exists(told)).select_related("client", "plan").order_by("ends_on", "pk")
    return [term for term in terms if (window := window_of(term)) and window.is_open(day)]


def told_too_late(day: date) -> list[tuple[Subscription, NoticeWindow, Reminder | None]]:
    """The red list: tacit terms still running whose client was not told within the legal window, and may therefore
    leave at any time. With the notice that left late, when one did."""
    terms = list(_concerned(undecided_on(day)).select_related("client", "plan").order_by("ends_on", "pk"))
    notices = _notices(terms)
    found = []
    for term in terms:
        window, notice = window_of(term), notices.get(term.pk)
        if window is None or not window.is_late(day):
            continue
        if notice is None or not _was_in_time(notice, window):
            found.append((term, window, notice))
    return found


def to_renew(day: date) -> QuerySet[Subscription]:
    """Tacit terms whose last day has come, whose end was known before it came, and that nobody asked to stop."""
    stop = ServiceRequest.objects.silencing().filter(
        kind=ServiceRequest.Kind.STOP, subscription=OuterRef("pk"), ends_on=OuterRef("ends_on")
    )
    return (
        Subscription.objects.current()
        .filter(plan__renewal=Plan.Renewal.TACIT, ends_on__lte=day, end_known_on__lte=F("ends_on"))
        .filter(cancelled_on=None, not_renewed_on=None, renewed_by=None)
        .exclude(Exists(stop))
        .order_by("ends_on", "pk")
    )


def kinds_told() -> list[str]:
    """The kinds of client that the office tells: consumers and associations by law, professionals by choice."""
    organisation = Organisation.objects.current()
    chosen = {
        Client.Kind.INDIVIDUAL: organisation.notices_to_individuals,
        Client.Kind.ASSOCIATION: organisation.notices_to_associations,
        Client.Kind.PROFESSIONAL: organisation.notices_to_professionals,
    }
    return [kind.value for kind, is_told in chosen.items() if is_told]


def _concerned(terms: QuerySet[Subscription]) -> QuerySet[Subscription]:
    return terms.filter(plan__renewal=Plan.Renewal.TACIT, client__kind__in=kinds_told())


def _in_window(day: date) -> QuerySet[Subscription]:
    months = (
        Plan.objects.filter(renewal=Plan.Renewal.TACIT).values_list("notice_months", flat=True).distinct()
    )
    window = Q(pk__in=[])
    for notice in months:
        window |= Q(
            plan__notice_months=notice,
            ends_on__gte=add_months(day, notice) - LEEWAY,
            ends_on__lte=add_months(day, notice + 3) + LEEWAY,
        )
    return _concerned(undecided_on(day)).filter(window)


def _notices(terms: Iterable[Subscription]) -> dict[int, Reminder]:
    ends = {term.pk: term.ends_on for term in terms}
    rows = Reminder.objects.filter(subscription__in=ends, purpose=Reminder.Purpose.NOTICE).prefetch_related(
        "mails"
    )
    return {row.subscription_id: row for row in rows if row.ends_on == ends[row.subscription_id]}


def _was_in_time(notice: Reminder, window: NoticeWindow) -> bool:
    """Sent, or printed, within the window: what was only meant to be sent does not count."""
    days = [mail.sent_on for mail in notice.mails.all() if mail.sent_on and mail.status == mail.Status.SENT]
    if notice.printed_on:
        days.append(notice.printed_on)
    return any(day <= window.closes_on for day in days)
