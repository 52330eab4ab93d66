"""What the coming days bring to everybody, day by day, if nothing else happens.

Nobody's future is written down. Subscriptions that nobody touched by hand are alike when they end the same day under
the same rules: they are counted together, so that a month of two hundred thousand of them takes a few statements.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import cached_property

from django.db import models
from django.db.models import Case, Count, Exists, F, IntegerField, OuterRef, Q, QuerySet, Value, When
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from crm.accounts.models import User
from crm.france.terms import add_months
from crm.products.models import Plan, Subscription
from crm.reminders.choosing import Offsets, chosen_among, expecting_on, of_group, undecided_on
from crm.reminders.course import DAY, Known, course, course_of
from crm.reminders.models import Pause, Reminder, Rule
from crm.reminders.notices import FACTS, notices_opening, to_renew, to_tell
from crm.reminders.timetable import Due, notice_window


class What(models.TextChoices):
    REMINDERS = "reminders", _("Reminders")
    NOTICES = "notices", _("Notices of tacit renewal")
    RENEWALS = "renewals", _("Tacit renewals")

    def counted(self, number: int) -> str:
        """What follows the number: reminder, reminders."""
        return {
            What.REMINDERS: ngettext("reminder", "reminders", number),
            What.NOTICES: ngettext("notice of tacit renewal", "notices of tacit renewal", number),
            What.RENEWALS: ngettext("tacit renewal", "tacit renewals", number),
        }[self]


@dataclass(frozen=True)
class Group:
    """Subscriptions that nobody touched, with the same end and the same rules; `days` is the offset of one day."""

    ends_on: date
    own: int | None
    known_on: date | None
    number: int
    days: int


@dataclass
class Day:
    on: date
    numbers: dict[What, int] = field(default_factory=dict)
    # Nobody is written to: holidays.
    is_silent: bool = False

    @property
    def counts(self) -> list[tuple[What, int, str]]:
        """Each number that is not 0, with its word."""
        return [(what, number, what.counted(number)) for what, number in self.numbers.items() if number]


class Forecast:
    """The days from `today` to `last`, of the clients that this member of staff may see. What `today` brings is
    exact; subscriptions that do not exist yet are not foreseen."""

    def __init__(self, user: User, *, today: date, last: date) -> None:
        self.user, self.today, self.last = user, today, last
        self.offsets: Offsets = Rule.objects.offsets()
        pauses = Pause.objects.filter(
            pk__in=(Pause.objects.overlapping(today, last) | Pause.objects.general()).values("pk")
        )
        self.pauses = list(pauses)
        self.holidays = [one for one in self.pauses if one.is_general]
        self.farthest = max((one.days for some in self.offsets.values() for one in some), default=0)

    # Counted

    def days(self) -> list[Day]:
        number = (self.last - self.today).days + 1
        days = [self.today + n * DAY for n in range(number)]
        return [Day(day, self._numbers(day), self._is_silent(day)) for day in days]

    def _numbers(self, day: date) -> dict[What, int]:
        if day == self.today:
            return {what: len(self.listed(day, what)) for what in What}
        return {
            What.REMINDERS: sum(group.number for group in self._groups.get(day, []))
            + len(self._apart.get(day, {})),
            What.NOTICES: sum(number for *_key, number in self._openings.get(day, [])),
            What.RENEWALS: self._renewals.get(day, 0),
        }

    def _is_silent(self, day: date) -> bool:
        return any(one.covers(day) for one in self.holidays)

    # Listed

    def listed(self, day: date, what: What) -> Sequence[int]:
        """The keys of the subscriptions of one number, the nearest end first; a query that is read by slices."""
        if day == self.today:
            return self._today[what]
        asked = {
            What.REMINDERS: self._reminders_on,
            What.NOTICES: self._notices_on,
            What.RENEWALS: lambda day: Q(plan__renewal=Plan.Renewal.TACIT, ends_on=day),
        }[what](day)
        found = self._undecided.filter(asked) if self.today < day <= self.last else self._undecided.none()
        return found.order_by("ends_on", "client__sort_name", "pk").values_list("pk", flat=True)

    def offset_of(self, term: Subscription, day: date) -> int:
        """How many days before the end the reminder is that this day brings to a subscription of `listed`."""
        if day == self.today:
            return self._todays_offsets[term.pk]
        if term.pk in (apart := self._apart.get(day, {})):
            return apart[term.pk]
        own = term.plan_id if term.plan_id in self.offsets else None
        groups = self._groups[day]
        return next(one.days for one in groups if (one.ends_on, one.own) == (term.ends_on, own))

    @property
    def _undecided(self) -> QuerySet[Subscription]:
        return undecided_on(self.today).visible_to(self.user)

    # Today, as the pass would choose

    @cached_property
    def _todays_offsets(self) -> dict[int, int]:
        choices = chosen_among(expecting_on(self.today).visible_to(self.user), self.today)
        return {choice.term.pk: choice.due.mail.days for choice in choices if choice.due.mail}

    @cached_property
    def _today(self) -> dict[What, list[int]]:
        notices = to_tell(self.today, self._undecided).order_by("ends_on", "pk").values_list(*FACTS)
        return {
            What.REMINDERS: list(self._todays_offsets),
            What.NOTICES: [
                pk
                for pk, ends_on, months, since in notices
                if (window := notice_window(ends_on, months)).deadline > since and window.is_open(self.today)
            ],
            What.RENEWALS: list(to_renew(self.today).visible_to(self.user).values_list("pk", flat=True)),
        }

    # Later reminders

    @cached_property
    def _groups(self) -> dict[date, list[Group]]:
        """By day, the groups that it writes to."""
        later = self._undecided.filter(ends_on__gt=self.today, ends_on__lte=self._horizon)
        keys = ["ends_on", "own", *(["end_known_on"] if self._is_silent(self.today) else [])]
        own = Case(
            *[When(plan=key, then=Value(key)) for key in self.offsets if key is not None],
            default=None,
            output_field=IntegerField(),
        )
        rows = later.exclude(pk__in=self._touched).order_by().annotate(own=own)
        found: dict[date, list[Group]] = defaultdict(list)
        for row in rows.values(*keys).annotate(number=Count("pk")):
            for day, asked in self._course_of_group(row).items():
                if asked.mail:
                    group = Group(
                        row["ends_on"], row["own"], row.get("end_known_on"), row["number"], asked.mail.days
                    )
                    found[day].append(group)
        return found

    def _course_of_group(self, row: dict) -> dict[date, Due]:
        """What was due before tomorrow, or before the holidays that last today, is taken as done."""
        offsets = self.offsets[row["own"]]
        begins = self._holidays_began if self._is_silent(self.today) else self.today + DAY
        done = frozenset(one.days for one in offsets if one.first_day(row["ends_on"]) < begins)
        return course(
            row["ends_on"],
            known_on=row.get("end_known_on") or self.today,
            offsets=offsets,
            known=Known(done),
            pauses=self.holidays,
            first=self.today + DAY,
            last=self.last,
        )

    @cached_property
    def _holidays_began(self) -> date:
        day = self.today
        while self._is_silent(day):
            day -= DAY
        return day + DAY

    @property
    def _horizon(self) -> date:
        return self.last + timedelta(days=self.farthest)

    def _reminders_on(self, day: date) -> Q:
        asked = Q(pk__in=[])
        alike: dict[tuple[date, int | None], list[date]] = defaultdict(list)
        for group in self._groups.get(day, []):
            alike[group.ends_on, group.own] += [group.known_on] if group.known_on else []
        for (ends_on, own), known_on in alike.items():
            one = Q(ends_on=ends_on) & of_group(own, self.offsets)
            asked |= one & Q(end_known_on__in=known_on) if known_on else one
        return Q(pk__in=list(self._apart.get(day, {}))) | (asked & ~Q(pk__in=self._touched))

    # Those that somebody touched: paused by themselves, or a reminder sent or withheld before its day

    @cached_property
    def _touched(self) -> list[int]:
        own = [one.pk for one in self.pauses if not one.is_general]
        by_hand = Q(by__isnull=False)
        if self._is_silent(self.today):
            # Holidays that were typed once they had begun.
            by_hand |= Q(day__gte=self._holidays_began)
        rows = Reminder.objects.settled().filter(by_hand, purpose=Reminder.Purpose.END)
        terms = self._undecided.filter(ends_on__gt=self.today, ends_on__lte=self._horizon)
        paused = terms.filter(Exists(Pause.objects.filter(pk__in=own).of_term())) if own else terms.none()
        written = rows.filter(ends_on__gt=self.today, ends_on=F("subscription__ends_on"))
        return sorted(
            {*paused.values_list("pk", flat=True), *written.values_list("subscription_id", flat=True)}
        )

    @cached_property
    def _apart(self) -> dict[date, dict[int, int]]:
        """By day, subscription -> offset of the reminder it gets."""
        terms = list(self._undecided.filter(pk__in=self._touched))
        rows: dict[int, list[Reminder]] = defaultdict(list)
        for row in Reminder.objects.filter(subscription__in=[term.pk for term in terms]):
            rows[row.subscription_id].append(row)
        found: dict[date, dict[int, int]] = defaultdict(dict)
        for term in terms:
            pauses = [one for one in self.pauses if one.concerns(term)]
            for day, asked in course_of(
                term, self.offsets, rows[term.pk], pauses, first=self.today, last=self.last
            ).items():
                if asked.mail and day > self.today:
                    found[day][term.pk] = asked.mail.days
        return found

    # Later notices and renewals

    @cached_property
    def _openings(self) -> dict[date, list[tuple[date, int, int]]]:
        """By day, the (end, months of notice, number) of those whose window opens."""
        keys = ("ends_on", "plan__notice_months", "subscribed_on")
        terms = notices_opening(self.today + DAY, self.last, self._undecided).order_by()
        found: dict[date, list[tuple[date, int, int]]] = defaultdict(list)
        for ends_on, months, since, number in terms.values_list(*keys).annotate(number=Count("pk")):
            window = notice_window(ends_on, months)
            if window.deadline > since:
                found[window.opens_on].append((ends_on, months, number))
        return found

    def _notices_on(self, day: date) -> Q:
        asked = Q(pk__in=[])
        for ends_on, months in {
            (ends_on, months) for ends_on, months, _number in self._openings.get(day, [])
        }:
            since = add_months(ends_on, -months)
            asked |= Q(ends_on=ends_on, plan__notice_months=months, subscribed_on__lt=since)
        untold = notices_opening(day, day, self._undecided)
        return asked & Q(Exists(untold.filter(pk=OuterRef("pk"))))

    @cached_property
    def _renewals(self) -> dict[date, int]:
        terms = self._undecided.filter(
            plan__renewal=Plan.Renewal.TACIT, ends_on__gt=self.today, ends_on__lte=self.last
        )
        return dict(terms.order_by().values_list("ends_on").annotate(number=Count("pk")))
