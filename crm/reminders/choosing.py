"""Which subscriptions a day asks something of. Three statements, however many subscriptions there are."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, timedelta

from django.db.models import Case, Exists, IntegerField, OuterRef, Q, QuerySet, Value, When
from django.utils.translation import gettext as _

from crm.change_requests.models import ServiceRequest
from crm.products.models import Subscription
from crm.reminders.models import Pause, Reminder, Rule
from crm.reminders.timetable import Due, Offset, due

Offsets = dict[int | None, list[Offset]]
# What is asked of the reminders that a term had; those that are owed are then written anew.
READ = ("subscription", "ends_on", "purpose", "days", "status", "day")


@dataclass(frozen=True)
class Choice:
    """A subscription (with its client and formule) and what its day asks; `owed` are rows written and never sent."""

    term: Subscription
    due: Due
    owed: dict[int, Reminder] = field(default_factory=dict)


def undecided_on(day: date) -> QuerySet[Subscription]:
    """Terms that end on that day or later, of which nobody has said what follows: neither renewed nor stopped, nor
    asked to be."""
    # Asked of each row, and not joined: a join would read every renewal there is.
    next_term = Subscription.objects.filter(renews=OuterRef("pk"))
    answer = ServiceRequest.objects.silencing().filter(
        subscription=OuterRef("pk"), ends_on=OuterRef("ends_on")
    )
    return (
        Subscription.objects.current()
        .filter(ends_on__gte=day, cancelled_on=None, not_renewed_on=None)
        .exclude(Exists(next_term))
        .exclude(Exists(answer))
    )


def expecting_on(day: date) -> QuerySet[Subscription]:
    """Those of them whose reminders are not paused."""
    return undecided_on(day).exclude(Exists(Pause.objects.on(day).of_term()))


def chosen(day: date) -> list[Choice]:
    """Every subscription of which something is due, the nearest end first."""
    return _choices(expecting_on(day).select_related("client", "plan"), day)


def chosen_among(terms: QuerySet[Subscription], day: date) -> list[Choice]:
    """The same of some that expect reminders that day, with no more than their key, end and formule."""
    return _choices(terms.only("ends_on", "end_known_on", "plan_id"), day)


def _choices(terms: QuerySet[Subscription], day: date) -> list[Choice]:
    offsets = Rule.objects.offsets()
    farthest = max((one.days for some in offsets.values() for one in some), default=0)
    last_end = day + timedelta(days=farthest)
    keys = _with_something_open(offsets, day, last_end)
    found = list(terms.filter(ends_on__lte=last_end, pk__in=keys).order_by("ends_on", "pk"))
    earlier = _earlier(found)
    choices = [_choice(term, offsets_of(term, offsets), earlier[term.pk], day) for term in found]
    return [choice for choice in choices if choice.due != Due()]


def offsets_of(term: Subscription, offsets: Offsets) -> list[Offset]:
    """Those of its formule, when it has its own; else the general ones."""
    return offsets.get(term.plan_id, offsets[None])


def _with_something_open(offsets: Offsets, day: date, last_end: date) -> QuerySet:
    """The keys of terms whose most urgent due offset has no settled row: a day settles all that are due together.

    Looked for before anything is joined: most of those that end soon have had their reminder.
    """
    settled = Reminder.objects.settled().filter(
        subscription=OuterRef("pk"),
        ends_on=OuterRef("ends_on"),
        purpose=Reminder.Purpose.END,
        days=OuterRef("needed"),
    )
    return (
        Subscription.objects.filter(ends_on__gte=day, ends_on__lte=last_end)
        .annotate(needed=_most_urgent(offsets, day))
        .exclude(needed=None)
        .exclude(Exists(settled))
        .values("pk")
    )


def _most_urgent(offsets: Offsets, day: date) -> Case:
    """The days of the most urgent offset that is due, as the database computes it for each row."""
    whens = []
    for plan, some in sorted(offsets.items(), key=lambda item: item[0] is None):
        own = of_group(plan, offsets)
        whens += [
            When(own & Q(ends_on__lte=day + timedelta(days=one.days)), then=Value(one.days))
            for one in sorted(some, key=lambda one: one.days)
        ]
    return Case(*whens, default=None, output_field=IntegerField())


def _earlier(terms: Iterable[Subscription]) -> dict[int, list[Reminder]]:
    found: dict[int, list[Reminder]] = defaultdict(list)
    for reminder in Reminder.objects.filter(subscription__in=[term.pk for term in terms]).only(*READ):
        found[reminder.subscription_id].append(reminder)
    return found


def _choice(term: Subscription, offsets: list[Offset], earlier: list[Reminder], day: date) -> Choice:
    series = [one for one in earlier if one.ends_on == term.ends_on and one.purpose == Reminder.Purpose.END]
    settled = [one for one in series if one.status != Reminder.Status.OWED]
    had_one = any(one.day == day and one.status == Reminder.Status.MAILED for one in earlier)
    asked = due(
        term.ends_on,
        # Whoever plays a day of the past knows then what is known today.
        known_on=min(term.end_known_on, day),
        offsets=[Offset(one.days, min(one.since, day), one.template) for one in offsets],
        settled={one.days for one in settled},
        sent={one.days for one in settled if one.status in (Reminder.Status.MAILED, Reminder.Status.LETTER)},
        day=day,
        may_mail=not had_one,
    )
    return Choice(term, asked, {one.days: one for one in series if one.status == Reminder.Status.OWED})


def of_group(own: int | None, offsets: Offsets) -> Q:
    """The subscriptions whose offsets are those of this formule; under None, of every formule without its own."""
    if own is not None:
        return Q(plan=own)
    return ~Q(plan__in=[key for key in offsets if key is not None])


def silent_on(day: date) -> QuerySet[Subscription]:
    """Those whose reminder would leave that very day, were they not renewed, stopped, archived or paused."""
    offsets = Rule.objects.offsets()
    asked = Q(pk__in=[])
    for own, some in offsets.items():
        ends = [day + timedelta(days=one.days) for one in some]
        asked |= of_group(own, offsets) & Q(ends_on__in=ends)
    return Subscription.objects.filter(asked).exclude(Exists(expecting_on(day).filter(pk=OuterRef("pk"))))


def why_nothing_follows(term: Subscription, day: date) -> str:
    """Why nothing is said of this term's end any more; empty when its reminders go on. Reads its client, and whether
    a next term exists. A pause is another matter."""
    if term.archived_on or term.client.archived_on:
        return _("The subscription or its client is archived.")
    if term.cancelled_on or term.not_renewed_on:
        return _("The service was stopped.")
    if term.is_renewed:
        return _("The service was renewed.")
    if day > term.ends_on:
        return _("The service is over.")
    return ""


def why_silent(reminder: Reminder, day: date) -> str:
    """Why this reminder must not leave after all on that day; empty when it is still wanted. Reads its subscription
    with its client, and whether a next term exists."""
    term = reminder.subscription
    if reminder.status != Reminder.Status.MAILED:
        return str(reminder.get_why_display()) or str(reminder.get_status_display())
    if term.ends_on != reminder.ends_on:
        return _("The end of the service was moved.")
    if why := why_nothing_follows(term, day):
        return why
    return str(Reminder.Why.NOT_DELIVERED.label) if day > reminder.day else ""
