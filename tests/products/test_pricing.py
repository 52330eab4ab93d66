"""Rules 3.4 and 3.5: amounts with tax are rounded half up, line by line, by Python; never by the database."""

from datetime import date
from decimal import Decimal
from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from crm.products.models import Plan, Subscription
from tests.products.conftest import new_plan

PRICES = st.decimals(0, Decimal("99999999.99"), places=2)
RATES = st.decimals(0, 100, places=2)


def oracle(excl: Decimal, rate: Decimal) -> Decimal:
    """Half up on exact fractions: the nearest cent, the upper one of two."""
    cents = Fraction(excl) * (100 + Fraction(rate))
    return Decimal(int(cents + Fraction(1, 2))) / 100


@given(PRICES, RATES)
def test_the_price_with_tax_is_the_nearest_cent_half_up(price, rate):
    term = Subscription(
        plan=Plan(duration_months=12), subscribed_on=date(2026, 1, 1), price_excl_tax=price, vat_rate=rate
    )
    term.prepare()
    assert term.price_incl_tax == oracle(price, rate) == term.with_tax()
    assert term.price_excl_tax + term.vat_amount == term.price_incl_tax


def test_half_a_cent_goes_up():
    assert Subscription(price_excl_tax=Decimal("0.10"), vat_rate=Decimal("5")).with_tax() == Decimal("0.11")


def test_the_dearest_price_at_the_highest_rate_can_be_written(subscribe):
    term = subscribe(price_excl_tax=Decimal("99999999.99"), vat_rate=Decimal(100))
    term.refresh_from_db()
    assert term.price_incl_tax == Decimal("199999999.98")


def test_a_price_change_of_the_formule_never_touches_a_subscription(subscribe, plan):
    term = subscribe()
    before = Subscription.objects.values().get(pk=term.pk)
    plan.price_excl_tax, plan.vat_rate, plan.billing_period = Decimal("50.00"), Decimal("5.50"), "monthly"
    plan.duration_months = 1
    plan.full_clean()
    plan.save()
    assert Subscription.objects.values().get(pk=term.pk) == before


def test_a_blank_takes_what_the_formule_says(subscribe):
    exempt = new_plan(
        name="Cotisation",
        price_excl_tax=Decimal(90),
        vat_rate=Decimal(0),
        vat_exemption_reason="CGI 261-7-1°",
    )
    term = subscribe(plan=exempt, price_excl_tax=None, vat_rate=None, billing_period="")
    term.refresh_from_db()
    assert (term.price_excl_tax, term.vat_rate, term.billing_period) == (Decimal(90), Decimal(0), "yearly")
    assert term.vat_exemption_reason == "CGI 261-7-1°"


def test_a_blank_end_is_the_eve_of_the_anniversary_after_the_usual_duration(subscribe):
    assert subscribe(subscribed_on=date(2026, 1, 5)).ends_on == date(2027, 1, 4)
