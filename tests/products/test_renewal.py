"""Rules 3.9 to 3.12 and 2.10: consecutive terms, reckoned from the first subscription day by an oracle of plain days."""

import calendar
import random
from datetime import date, timedelta
from decimal import Decimal

import pytest

from crm.products import services
from crm.products.models import Plan, Subscription
from crm.products.renewal import next_term
from tests.products.conftest import AT, TODAY, new_plan

DAY = timedelta(days=1)


def oracle(anchor: date, months: int) -> date:
    """The anniversary, counted without any library of ours."""
    year, month = divmod(anchor.year * 12 + anchor.month - 1 + months, 12)
    return date(year, month + 1, min(anchor.day, calendar.monthrange(year, month + 1)[1]))


def chain(start: date, plan: Plan, length: int) -> list[Subscription]:
    term = Subscription(plan=plan, subscribed_on=start, price_excl_tax=plan.price_excl_tax)
    term.prepare()
    terms = [term]
    for _ in range(length - 1):
        following = next_term(terms[-1])
        following.prepare()
        terms.append(following)
    return terms


@pytest.fixture
def unsaved_plan() -> Plan:
    return Plan(name="Essentielle", price_excl_tax=10, vat_rate=20)


@pytest.mark.parametrize("months", [1, 3, 6, 12])
@pytest.mark.parametrize("anchor_day", [29, 30, 31])
def test_two_hundred_chains_of_renewals_end_on_the_eves_of_the_first_days_anniversaries(months, anchor_day):
    dice = random.Random(f"{months}-{anchor_day}")
    plan = Plan(name="Essentielle", price_excl_tax=10, vat_rate=20, duration_months=months)
    for _ in range(200):
        month = dice.choice([m for m in range(1, 13) if calendar.monthrange(2024, m)[1] >= anchor_day])
        year = dice.choice([2024, 2028, 2032]) if (month, anchor_day) == (2, 29) else dice.randint(2020, 2040)
        start = date(year, month, anchor_day)
        terms = chain(start, plan, 12)
        assert [term.ends_on for term in terms] == [oracle(start, months * k) - DAY for k in range(1, 13)]
        assert [term.subscribed_on for term in terms] == [oracle(start, months * k) for k in range(12)]
        assert {term.anchor_on for term in terms} == {start}


def test_31_january_monthly_ends_on_27_february_then_30_march_then_29_april(unsaved_plan):
    unsaved_plan.duration_months = 1
    ends = [term.ends_on for term in chain(date(2026, 1, 31), unsaved_plan, 3)]
    assert ends == [date(2026, 2, 27), date(2026, 3, 30), date(2026, 4, 29)]


def test_29_february_yearly_ends_on_27_february_until_the_next_leap_year(unsaved_plan):
    ends = [term.ends_on for term in chain(date(2024, 2, 29), unsaved_plan, 5)]
    assert ends == [
        date(2025, 2, 27),
        date(2026, 2, 27),
        date(2027, 2, 27),
        date(2028, 2, 28),
        date(2029, 2, 27),
    ]


def test_an_end_moved_by_hand_restarts_the_anniversaries(subscribe):
    term = services.move_end(subscribe(subscribed_on=date(2026, 1, 31)), ends_on=date(2027, 3, 14), at=AT)
    renewed = services.renew(term, at=AT)
    assert (renewed.subscribed_on, renewed.anchor_on, renewed.ends_on) == (
        date(2027, 3, 15),
        date(2027, 3, 15),
        date(2028, 3, 14),
    )


def test_a_renewal_copies_what_was_sold_and_links_the_term_it_renews(subscribe, plan):
    term = subscribe(description="Accès de base", origin="Salon", price_excl_tax=Decimal("8.50"))
    plan.price_excl_tax = Decimal("99.00")
    plan.save()
    renewed = services.renew(term, at=AT)
    assert renewed.renews == term
    copied = ["client", "plan", "description", "origin", "vat_rate", "billing_period"]
    assert [getattr(renewed, name) for name in copied] == [getattr(term, name) for name in copied]
    renewed.refresh_from_db()
    assert (str(renewed.price_excl_tax), str(renewed.price_incl_tax)) == ("8.50", "10.20")


def test_a_term_is_renewed_once(subscribe):
    term = subscribe()
    services.renew(term, at=AT)
    with pytest.raises(services.AlreadyRenewed):
        services.renew(term, at=AT)
    assert Subscription.objects.filter(renews=term).count() == 1


@pytest.mark.parametrize(
    "fields",
    [
        {"cancelled_on": date(2026, 6, 1)},
        {"archived_on": date(2026, 6, 1)},
        {"not_renewed_on": date(2026, 6, 1)},
    ],
)
def test_a_stopped_term_is_not_renewed(subscribe, fields):
    with pytest.raises(services.Stopped):
        services.renew(subscribe(**fields), at=AT)
    assert Subscription.objects.count() == 1


def test_a_formule_that_is_never_renewed_refuses_it(subscribe):
    with pytest.raises(services.Stopped):
        services.renew(subscribe(plan=new_plan(name="Stage", renewal=Plan.Renewal.NONE)), at=AT)


def test_an_archived_next_term_leaves_the_place_to_another(subscribe):
    term = subscribe()
    services.archive(services.renew(term, at=AT), day=TODAY, at=AT)
    term = Subscription.objects.get(pk=term.pk)
    assert services.renew(term, at=AT).renews == term
