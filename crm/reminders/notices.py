"""Tacit renewal: who must be told beforehand (C. conso., art. L215-1), who was told too late, and what is renewed."""

from collections import defaultdict
from collections.abc import Callable
from datetime import date, datetime, time, timedelta

from django.db.models import Exists, F, OuterRef, Q, QuerySet
from django.utils import timezone

from crm.change_requests.models import ServiceRequest
from crm.clients.models import Client
from crm.france.terms import add_months
from crm.mailing.models import Mail
from crm.organisation.models import Organisation
from crm.products.models import Plan, Subscription
from crm.reminders.choosing import undecided_on
from crm.reminders.models import Reminder
from crm.reminders.timetable import NoticeWindow, notice_window

# Ends of months are shorter or longer than one another: the database's window is a little wider than the exact one.
LEEWAY = timedelta(days=3)
# What `notice_window` is reckoned from, with the key.
FACTS = ("pk", "ends_on", "plan__notice_months", "subscribed_on")


def window_of(term: Subscription) -> NoticeWindow | None:
    """None when the term is no longer than its notice: it can be left at any time, there is nothing to announce."""
    window = notice_window(term.ends_on, term.plan.notice_months)
    return window if window.deadline > term.subscribed_on else None


def notices_due(day: date, among: QuerySet[Subscription] | None = None) -> list[Subscription]:
    """The terms (or those `among` them) to be told of that day, with client and formule: their window is open and
    they were not told."""
    terms = to_tell(day, undecided_on(day) if among is None else among)
    terms = terms.select_related("client", "plan").order_by("ends_on", "pk")
    return [term for term in terms if (window := window_of(term)) and window.is_open(day)]


def to_tell(day: date, among: QuerySet[Subscription]) -> QuerySet[Subscription]:
    """Those not told yet whose window is open about that day."""
    return _untold(_ending(among, lambda months: (add_months(day, months), add_months(day, months + 3))))


def notices_opening(first: date, last: date, among: QuerySet[Subscription]) -> QuerySet[Subscription]:
    """Those not told yet whose window opens about these days: `notice_window` says the day."""
    return _untold(
        _ending(among, lambda months: (add_months(first, months + 3), add_months(last, months + 3)))
    )


def told_too_late(day: date, among: QuerySet[Subscription] | None = None) -> dict[int, NoticeWindow]:
    """The red list: tacit terms (or those `among` them) still running whose client was not told within the legal
    window, and may therefore leave at any time. By key, the nearest end first."""
    terms = undecided_on(day) if among is None else among
    terms = _ending(terms, lambda months: (day, add_months(day, months + 1)), told_by=day)
    told = _told_on(terms)
    found = {}
    for pk, ends_on, months, since in terms.order_by("ends_on", "pk").values_list(*FACTS):
        window = notice_window(ends_on, months)
        in_time = any(one <= window.closes_on for one in told.get((pk, ends_on), []))
        if window.deadline > since and window.is_late(day) and not in_time:
            found[pk] = window
    return found


def _told_on(terms: QuerySet[Subscription]) -> dict[tuple[int, date], list[date]]:
    """By term and end, the days on which its notice was sent, or printed: what was only meant to be does not count."""
    rows = Reminder.objects.filter(subscription__in=terms.values("pk"), purpose=Reminder.Purpose.NOTICE)
    found: dict[tuple[int, date], list[date]] = defaultdict(list)
    for pk, ends_on, printed_at, status, sent_at in rows.values_list(
        "subscription_id", "ends_on", "printed_at", "mails__status", "mails__sent_at"
    ):
        leaving = [printed_at, sent_at if status == Mail.Status.SENT else None]
        found[pk, ends_on] += [timezone.localdate(at) for at in leaving if at]
    return found


def with_their_notice(
    windows: dict[int, NoticeWindow],
) -> list[tuple[Subscription, NoticeWindow, Reminder | None]]:
    """These terms of the red list, with the notice that left late when one did."""
    terms = Subscription.objects.select_related("client", "plan").in_bulk(windows)
    rows = Reminder.objects.filter(subscription__in=terms, purpose=Reminder.Purpose.NOTICE)
    notices = {(row.subscription_id, row.ends_on): row for row in rows.prefetch_related("mails")}
    found = [terms[pk] for pk in windows if pk in terms]
    return [(term, windows[term.pk], notices.get((term.pk, term.ends_on))) for term in found]


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


def _ending(
    terms: QuerySet[Subscription],
    bounds: Callable[[int], tuple[date, date]],
    told_by: date | None = None,
) -> QuerySet[Subscription]:
    """Tacit terms, of the kinds of client that are told, whose end lies about the bounds for their months of notice.
    `told_by` leaves out those told in time whatever their end after that day."""
    plans: dict[int, list[int]] = defaultdict(list)
    for pk, months in Plan.objects.filter(renewal=Plan.Renewal.TACIT).values_list("pk", "notice_months"):
        plans[months].append(pk)
    if not plans:
        return terms.none()
    asked, ends = Q(), []
    for months, keys in plans.items():
        lowest, highest = bounds(months)
        ends += [lowest - LEEWAY, highest + LEEWAY]
        one = Q(plan__in=keys, ends_on__range=ends[-2:])
        if told_by:
            one &= ~Q(Exists(_sent_by(add_months(told_by, -months - 1) - LEEWAY)))
        asked |= one
    # Both bounds at once too: the database then reads one stretch of its index.
    terms = terms.filter(asked, ends_on__gte=min(ends), ends_on__lte=max(ends))
    return terms.filter(client__kind__in=kinds_told())


def _sent_by(day: date) -> QuerySet[Reminder]:
    """Of an outer term: its notice, sent by mail before the end of that day."""
    limit = timezone.make_aware(datetime.combine(day, time.max))
    return Reminder.objects.filter(
        subscription=OuterRef("pk"),
        ends_on=OuterRef("ends_on"),
        purpose=Reminder.Purpose.NOTICE,
        mails__status=Mail.Status.SENT,
        mails__sent_at__lte=limit,
    )


def _untold(terms: QuerySet[Subscription]) -> QuerySet[Subscription]:
    told = Reminder.objects.settled().filter(
        subscription=OuterRef("pk"), ends_on=OuterRef("ends_on"), purpose=Reminder.Purpose.NOTICE
    )
    return terms.exclude(Exists(told))
