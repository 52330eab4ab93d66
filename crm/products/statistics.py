"""Figures of the formules: counted by the database, added up in Python. Always of the clients one may see."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cache
from typing import NamedTuple

from django.db.models import Count, Q

from crm.products.models import BillingPeriod
from crm.products.models.subscription import SubscriptionQuerySet

ALIKE = (
    "subscribed_on",
    "anchor_on",
    "ends_on",
    "cancelled_on",
    "billing_period",
    "price_excl_tax",
    "price_incl_tax",
)
PERIODS = {period.value: period.months for period in BillingPeriod}


class Month(NamedTuple):
    """A month of the calendar; months compare and count in order."""

    year: int
    number: int

    @classmethod
    def of(cls, day: date) -> "Month":
        return cls(day.year, day.month)

    @classmethod
    def at(cls, index: int) -> "Month":
        return cls(index // 12, index % 12 + 1)

    @property
    def ordinal(self) -> int:
        return self.year * 12 + self.number - 1

    @property
    def first_day(self) -> date:
        return date(self.year, self.number, 1)

    @property
    def last_day(self) -> date:
        return date.fromordinal(Month.at(self.ordinal + 1).first_day.toordinal() - 1)


class Sold(NamedTuple):
    new: int = 0
    renewed: int = 0

    @property
    def total(self) -> int:
        return self.new + self.renewed


@dataclass(frozen=True)
class Sales:
    """Terms sold between two days, by formule (its key) and by month, every month of the span present."""

    by_plan: dict[int, Sold]
    by_month: dict[Month, Sold]


@dataclass(frozen=True)
class Turnover:
    """What falls due in a month, in euros."""

    excl_tax: Decimal = Decimal(0)
    incl_tax: Decimal = Decimal(0)

    @property
    def vat(self) -> Decimal:
        return self.incl_tax - self.excl_tax


def months_to(day: date, number: int) -> list[Month]:
    """The month of `day` and those before it, `number` in all, in order."""
    last = Month.of(day).ordinal
    return [Month.at(index) for index in range(last - number + 1, last + 1)]


def sales(subscriptions: SubscriptionQuerySet, months: list[Month]) -> Sales:
    """How many terms were subscribed or renewed in these months, which follow one another.

    One query, counted per day: days become months here, which costs less than a function of the database on each row.
    """
    counted = (
        subscriptions.current()
        .filter(subscribed_on__range=(months[0].first_day, months[-1].last_day))
        .order_by()
        .values_list("plan_id", "subscribed_on")
        .annotate(new=Count("pk", filter=Q(renews=None)), every=Count("pk"))
    )
    by_plan: dict[int, Sold] = {}
    by_month = dict.fromkeys(months, Sold())
    for plan_id, day, new, every in counted:
        more = Sold(new, every - new)
        by_plan[plan_id] = _add(by_plan.get(plan_id, Sold()), more)
        by_month[Month.of(day)] = _add(by_month[Month.of(day)], more)
    return Sales(by_plan, by_month)


def _add(one: Sold, other: Sold) -> Sold:
    return Sold(one.new + other.new, one.renewed + other.renewed)


def running_by_plan(subscriptions: SubscriptionQuerySet, day: date) -> dict[int, int]:
    counted = subscriptions.running_on(day).order_by().values_list("plan_id").annotate(number=Count("pk"))
    return dict(counted)


def turnover(subscriptions: SubscriptionQuerySet, months: list[Month]) -> dict[Month, Turnover]:
    """What falls due in each of these months, which follow one another: the sum of `instalments`, month by month.

    Terms alike are counted together, then multiplied exactly: no amount is added by the database.
    """
    first, last = months[0].ordinal, months[-1].ordinal
    due = dict.fromkeys(months, Turnover())
    for begins, until, step, number, excl, incl in _spans(subscriptions, months):
        start = begins if begins >= first else begins + -((begins - first) // step) * step
        for index in range(start, min(until, last) + 1, step):
            month = Month.at(index)
            due[month] = Turnover(due[month].excl_tax + number * excl, due[month].incl_tax + number * incl)
    return due


def _spans(subscriptions: SubscriptionQuerySet, months: list[Month]) -> Iterator[tuple]:
    """Terms alike together: month of their first instalment, of the last, months between two, how many, both amounts.

    The database puts together those of the same days and price: a hundred thousand terms make some thousand rows.
    """
    alike = (
        subscriptions.current()
        .filter(subscribed_on__lte=months[-1].last_day, ends_on__gte=months[0].first_day)
        .order_by()
        .values(*ALIKE)
        .annotate(number=Count("pk"))
        .values_list(*ALIKE, "number")
    )
    for start, anchor, end, cancelled, period, excl, incl, number in alike.iterator(chunk_size=5000):
        last_day = min(end, cancelled) if cancelled else end
        if last_day < start:
            continue
        step = PERIODS[period]
        begins, until = Month.of(start).ordinal, Month.of(last_day).ordinal
        # The last period counts when its own first day has come: only that one needs the day.
        if (until - begins) % step == 0 and _due_day(anchor, start, until) > last_day.day:
            until -= 1
        yield begins, until, step, number, excl, incl


def _due_day(anchor: date, start: date, index: int) -> int:
    """The day of the month on which a term bills in a month: that of its anchor when it begins on its anniversary."""
    begins_on_anniversary = start >= anchor and start.day == min(anchor.day, _length(Month.of(start).ordinal))
    return min((anchor if begins_on_anniversary else start).day, _length(index))


@cache
def _length(index: int) -> int:
    return Month.at(index).last_day.day
