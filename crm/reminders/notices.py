"""Tacit renewal: who must be told beforehand (C. conso., art. L215-1), who was told too late, and what is renewed."""

from collections import defaultdict
from datetime import date, timedelta

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


def window_of(term: Subscription) -> NoticeWindow | None:
    """None when the term is no longer than its notice: it can be left at any time, there is nothing to announce."""
    window = notice_window(term.ends_on, term.plan.notice_months)
    return window if window.deadline > term.subscribed_on else None


def notices_due(day: date, among: QuerySet[Subscription] | None = None) -> list[Subscription]:
    """The terms (or those `among` them) to be told of that day, with client and formule: their window is open and
    they were not told."""
    terms = _in_window(undecided_on(day) if among is None else among, day)
    terms = _untold(terms).select_related("client", "plan").order_by("ends_on", "pk")
    return [term for term in terms if (window := window_of(term)) and window.is_open(day)]


def notices_opening(first: date, last: date, among: QuerySet[Subscription]) -> QuerySet[Subscription]:
    """Those whose window opens about these days, and who were not told: `window_of` says the day."""
    opens = Q(pk__in=[])
    for months in _notice_months():
        opens |= Q(
            plan__notice_months=months,
            ends_on__gte=add_months(first, months + 3) - LEEWAY,
            ends_on__lte=add_months(last, months + 3) + LEEWAY,
        )
    return _untold(_concerned(among).filter(opens))


def told_too_late(day: date, among: QuerySet[Subscription] | None = None) -> dict[int, NoticeWindow]:
    """The red list: tacit terms (or those `among` them) still running whose client was not told within the legal
    window, and may therefore leave at any time. By key, the nearest end first."""
    late = Q(pk__in=[])
    for months in _notice_months():
        late |= Q(plan__notice_months=months, ends_on__lt=add_months(day, months + 1) + LEEWAY)
    terms = _concerned(undecided_on(day) if among is None else among).filter(late)
    facts = terms.order_by("ends_on", "pk").values_list(
        "pk", "ends_on", "plan__notice_months", "subscribed_on"
    )
    told = _told_on(terms)
    found = {}
    for pk, ends_on, months, since in facts:
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


def _concerned(terms: QuerySet[Subscription]) -> QuerySet[Subscription]:
    return terms.filter(plan__renewal=Plan.Renewal.TACIT, client__kind__in=kinds_told())


def _notice_months() -> list[int]:
    tacit = Plan.objects.filter(renewal=Plan.Renewal.TACIT)
    return list(tacit.order_by("notice_months").values_list("notice_months", flat=True).distinct())


def _in_window(terms: QuerySet[Subscription], day: date) -> QuerySet[Subscription]:
    window = Q(pk__in=[])
    for months in _notice_months():
        window |= Q(
            plan__notice_months=months,
            ends_on__gte=add_months(day, months) - LEEWAY,
            ends_on__lte=add_months(day, months + 3) + LEEWAY,
        )
    return _concerned(terms).filter(window)


def _untold(terms: QuerySet[Subscription]) -> QuerySet[Subscription]:
    told = Reminder.objects.settled().filter(
        subscription=OuterRef("pk"), ends_on=OuterRef("ends_on"), purpose=Reminder.Purpose.NOTICE
    )
    return terms.exclude(Exists(told))
