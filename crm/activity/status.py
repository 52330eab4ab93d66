"""Why a client is active or not: the facts, read for many clients at once, and the sentence that they make."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from django.db.models import Exists, F, Max, Min, OuterRef, Q
from django.db.models.functions import Coalesce
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from crm.activity.models import Intervention, StatusLock
from crm.clients.models import Client
from crm.organisation.models import Organisation
from crm.products.models import Subscription
from crm.timeline.models.entry import midnight

DAY = timedelta(days=1)
STATE = Intervention.Status
ACTIVE, INACTIVE = Client.Status.ACTIVE, Client.Status.INACTIVE


@dataclass(frozen=True)
class Rule:
    """What the administrator decided on the Settings screen."""

    active_days: int
    counts_formules: bool

    @classmethod
    def current(cls) -> "Rule":
        organisation = Organisation.objects.current()
        return cls(organisation.active_days, organisation.is_active_with_formule)


def is_active_on(day: date, rule: Rule) -> Q:
    """The condition on a client, decided by the database: what is decided by hand, else what happens with them."""
    locks = StatusLock.objects.in_force_on(day).filter(client=OuterRef("pk"))
    interventions = Intervention.objects.engaging_on(day, active_days=rule.active_days)
    busy = Q(Exists(interventions.filter(client=OuterRef("pk"))))
    if rule.counts_formules:
        busy |= Q(Exists(Subscription.objects.running_on(day).filter(client=OuterRef("pk"))))
    return Q(Exists(locks.filter(status=ACTIVE))) | (~Q(Exists(locks.filter(status=INACTIVE))) & busy)


@dataclass(frozen=True)
class Facts:
    """What is known of one client on one day."""

    lock: StatusLock | None = None
    begun: datetime | None = None  # the intervention in progress
    next: datetime | None = None  # the nearest one planned, from that day on
    planned: datetime | None = None  # the last one planned, before or after
    done: datetime | None = None  # the last one done
    formule: str = ""  # the one in service that ends last
    formule_ends_on: date | None = None
    coming: tuple[tuple[date, date], ...] = ()  # the first and last day of each that begins later
    served_until: date | None = None  # the last day of service of all that have begun


@dataclass(frozen=True)
class Explanation:
    status: Client.Status
    sentence: str
    # The last day of this status if nothing new happens; None when it has no end.
    until: date | None = None

    @property
    def ends_on(self) -> date | None:
        return self.until + DAY if self.until else None


def explain(client: Client, *, day: date) -> Explanation:
    return explanations([client.pk], day=day)[client.pk]


def explanations(clients: Collection[int], *, day: date) -> dict[int, Explanation]:
    """For each of these clients, in four queries whatever their number."""
    rule = Rule.current()
    return {pk: decide(facts, day, rule) for pk, facts in facts_of(clients, day, rule).items()}


def facts_of(clients: Collection[int], day: date, rule: Rule) -> dict[int, Facts]:
    found = dict.fromkeys(clients, Facts())
    for row in _interventions(clients, day):
        pk = row.pop("client_id")
        found[pk] = Facts(**row)
    if rule.counts_formules:
        for pk, name, first, last in _running_or_coming(clients, day):
            known = found[pk]
            if first > day:
                found[pk] = replace(known, coming=(*known.coming, (first, last)))
            else:
                found[pk] = replace(known, formule=name, formule_ends_on=last)
        for pk, last in _served(clients, day):
            found[pk] = replace(found[pk], served_until=last)
    for lock in StatusLock.objects.filter(client__in=clients).select_related("by"):
        found[lock.client_id] = replace(found[lock.client_id], lock=lock)
    return found


def _interventions(clients: Collection[int], day: date) -> Iterable[dict]:
    planned = Q(status=STATE.PLANNED)
    return (
        Intervention.objects.filter(client__in=clients)
        .order_by()
        .values("client_id")
        .annotate(
            begun=Max("started_at", filter=Q(status=STATE.IN_PROGRESS)),
            next=Min("planned_for", filter=planned & Q(planned_for__gte=midnight(day))),
            planned=Max("planned_for", filter=planned),
            done=Max("ended_at", filter=Q(status=STATE.DONE)),
        )
    )


LAST_DAY = Coalesce("cancelled_on", "ends_on")


def _running_or_coming(clients: Collection[int], day: date) -> Iterable[tuple[int, str, date, date]]:
    """The one that ends last comes last."""
    terms = Subscription.objects.running_on(day) | Subscription.objects.upcoming_on(day)
    terms = terms.filter(client__in=clients).annotate(last=LAST_DAY).order_by("last", "pk")
    return terms.values_list("client_id", "plan__name", "subscribed_on", "last")


def _served(clients: Collection[int], day: date) -> Iterable[tuple[int, date]]:
    terms = Subscription.objects.filter(client__in=clients, archived_on=None, subscribed_on__lte=day)
    begun = terms.annotate(last=LAST_DAY).filter(last__gte=F("subscribed_on"))
    return begun.order_by().values_list("client_id").annotate(until=Max("last"))


def decide(facts: Facts, day: date, rule: Rule) -> Explanation:
    """The status and its sentence. What is decided by hand wins; then what is most alive is what is told."""
    if facts.lock and facts.lock.is_in_force_on(day):
        return _by_hand(facts.lock)
    ends = _last_days(facts, rule)
    alive = [last for last in (*ends, facts.formule_ends_on) if last and last >= day]
    if facts.begun:
        sentence = _("active: intervention in progress since %(day)s") % {"day": _said(facts.begun)}
        return Explanation(ACTIVE, sentence)
    if not alive or not (reason := _reason(facts, day, rule)):
        return Explanation(INACTIVE, _since([*ends, *filter(None, [facts.served_until])], day))
    return Explanation(ACTIVE, reason, _lasting(max(alive), facts.coming))


def _lasting(until: date, coming: Iterable[tuple[date, date]]) -> date:
    """Until when, with the formules that begin before it is over, or on the morrow."""
    for first, last in sorted(coming):
        if first <= until + DAY:
            until = max(until, last)
    return until


def _last_days(facts: Facts, rule: Rule) -> list[date]:
    """The last day on which each intervention makes the client active."""
    after = timedelta(days=rule.active_days)
    return [timezone.localdate(at) + after for at in (facts.planned, facts.done) if at]


def _reason(facts: Facts, day: date, rule: Rule) -> str:
    oldest = day - timedelta(days=rule.active_days)
    if facts.next:
        return _("active: intervention planned for %(day)s") % {"day": _said(facts.next)}
    if facts.done and timezone.localdate(facts.done) >= oldest:
        return _("active: intervention of %(day)s") % {"day": _said(facts.done)}
    if facts.planned and timezone.localdate(facts.planned) >= oldest:
        return _("active: intervention planned for %(day)s") % {"day": _said(facts.planned)}
    if facts.formule_ends_on:
        ends = {"plan": facts.formule, "day": _said(facts.formule_ends_on)}
        return _("active: %(plan)s until %(day)s") % ends
    return ""


def _since(ends: list[date], day: date) -> str:
    if not ends:
        return _("inactive: no intervention and no formule")
    if max(ends) >= day:
        return _("inactive: the record is archived")
    return _("inactive since %(day)s: no intervention nor formule any more") % {"day": _said(max(ends) + DAY)}


def _by_hand(lock: StatusLock) -> Explanation:
    status = Client.Status(lock.status)
    who = str(lock.by or _("somebody whose account is gone"))
    told = {"name": who, "day": _said(lock.at)}
    if status == ACTIVE:
        sentence = _("active: decided by hand by %(name)s on %(day)s") % told
    else:
        sentence = _("inactive: decided by hand by %(name)s on %(day)s") % told
    if lock.reason:
        sentence = f"{sentence} ({lock.reason})"
    return Explanation(status, sentence, lock.until_on)


def _said(moment: date | datetime) -> str:
    """12 March 2026."""
    day = timezone.localdate(moment) if isinstance(moment, datetime) else moment
    return date_format(day, "DATE_FORMAT")
