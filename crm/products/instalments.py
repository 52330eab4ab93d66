"""What a subscription bills, and when: turnover and statistics are sums of this."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from itertools import count, takewhile

from crm.france.terms import add_months, is_anniversary, months_between
from crm.products.models import Subscription


@dataclass(frozen=True)
class Instalment:
    """One whole period's price, due on the first day of the period. Amounts in euros, to the cent."""

    due_on: date
    excl_tax: Decimal
    vat: Decimal
    incl_tax: Decimal


def instalments(subscription: Subscription) -> list[Instalment]:
    """The instalments of a term, in order; those that would fall after a cancellation are not due.

    Periods are counted from the anchor when the term begins on one of its anniversaries, so that a term begun
    on 28 February for an anchor of the 31st bills again on 31 March.
    """
    start = subscription.subscribed_on
    base = subscription.anchor_on if is_anniversary(subscription.anchor_on, start) else start
    days = (add_months(base, step) for step in count(months_between(base, start), subscription.period_months))
    amounts = (subscription.price_excl_tax, subscription.vat_amount, subscription.price_incl_tax)
    return [Instalment(day, *amounts) for day in takewhile(lambda day: day <= subscription.last_day, days)]


def due_by(subscription: Subscription, day: date) -> list[Instalment]:
    return [instalment for instalment in instalments(subscription) if instalment.due_on <= day]
