"""Whole instalments, due at the start of each period."""

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crm.france.terms import add_months
from crm.products.instalments import due_by, instalments
from crm.products.models import BillingPeriod, Plan, Subscription
from crm.products.renewal import next_term

MONTHS = {"monthly": 1, "quarterly": 3, "half_yearly": 6, "yearly": 12}


def term(**fields) -> Subscription:
    defaults = {
        "plan": Plan(duration_months=12),
        "subscribed_on": date(2026, 1, 31),
        "price_excl_tax": Decimal("19.99"),
        "vat_rate": Decimal(20),
        "billing_period": "monthly",
    }
    made = Subscription(**defaults | fields)
    made.prepare()
    return made


def days_of(subscription: Subscription) -> list[date]:
    return [instalment.due_on for instalment in instalments(subscription)]


@pytest.mark.parametrize(
    ("period", "number"), [("monthly", 12), ("quarterly", 4), ("half_yearly", 2), ("yearly", 1)]
)
def test_a_year_is_billed_by_whole_periods(period, number):
    due = instalments(term(billing_period=period))
    assert len(due) == number
    assert {(d.excl_tax, d.vat, d.incl_tax) for d in due} == {
        (Decimal("19.99"), Decimal("4.00"), Decimal("23.99"))
    }
    assert [d.due_on for d in due] == [
        add_months(date(2026, 1, 31), MONTHS[period] * k) for k in range(number)
    ]


def test_the_last_day_of_service_still_bills_the_period_that_starts_on_it():
    assert days_of(term(ends_on=date(2026, 2, 28)))[-1] == date(2026, 2, 28)
    assert days_of(term(ends_on=date(2026, 2, 27))) == [date(2026, 1, 31)]


def test_nothing_is_due_after_a_cancellation():
    assert days_of(term(cancelled_on=date(2026, 3, 31))) == [
        date(2026, 1, 31),
        date(2026, 2, 28),
        date(2026, 3, 31),
    ]
    assert days_of(term(cancelled_on=date(2026, 3, 30))) == [date(2026, 1, 31), date(2026, 2, 28)]
    assert days_of(term(cancelled_on=date(2026, 1, 30))) == []


def test_a_renewed_term_bills_on_the_days_of_the_first_one():
    monthly = term(plan=Plan(duration_months=1))
    second = next_term_of(monthly)
    quarterly = next_term_of(next_term_of(second))
    assert days_of(second) == [date(2026, 2, 28)]
    assert days_of(quarterly) == [date(2026, 4, 30)]


def test_a_term_always_bills_its_first_day_even_when_shorter_than_its_period():
    short = term(plan=Plan(duration_months=1), billing_period="yearly")
    assert days_of(next_term_of(short)) == [date(2026, 2, 28)]


def test_due_by_a_day_counts_that_day():
    year = term()
    assert len(due_by(year, date(2026, 2, 27))) == 1
    assert len(due_by(year, date(2026, 2, 28))) == 2


@given(
    st.dates(date(2000, 1, 1), date(2060, 12, 31)),
    st.integers(1, 60),
    st.sampled_from(BillingPeriod.values),
    st.integers(0, 3),
)
def test_consecutive_terms_bill_like_one_long_term_when_periods_fit(start, periods, period, renewals):
    months = MONTHS[period] * (periods % 6 + 1)
    whole = term(
        subscribed_on=start, billing_period=period, plan=Plan(duration_months=months * (renewals + 1))
    )
    parts = [term(subscribed_on=start, billing_period=period, plan=Plan(duration_months=months))]
    for _ in range(renewals):
        parts.append(next_term_of(parts[-1]))
    assert [day for part in parts for day in days_of(part)] == days_of(whole)


def next_term_of(subscription: Subscription) -> Subscription:
    following = next_term(subscription)
    following.prepare()
    return following
