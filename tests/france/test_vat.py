"""Rules 3.1 to 3.6 and the amounts of the import files."""

from datetime import date
from decimal import Decimal

import pytest

from crm.france.vat import RATES_BY_TERRITORY, including_tax, round_cents, territory, usual_rates


@pytest.mark.parametrize(
    ("postcode", "country", "rates"),
    [
        ("75001", "FR", "20 10 5.5 2.1 0"),
        ("", "", "20 10 5.5 2.1 0"),
        ("98000", "MC", "20 10 5.5 2.1 0"),
        ("20230", "FR", "20 13 10 5.5 2.1 0.9 0"),
        ("97200", "FR", "8.5 2.1 1.75 1.05 0"),
        ("97410", "RE", "8.5 2.1 1.75 1.05 0"),
        ("97300", "FR", "0"),
        ("97600", "FR", "0"),
        ("97133", "BL", "0"),
        ("97133", "FR", "0"),
        ("98800", "NC", "0"),
        ("28001", "ES", "20 10 5.5 2.1 0"),
    ],
)
def test_each_territory_has_its_usual_rates(postcode, country, rates):
    assert " ".join(str(rate.percent) for rate in usual_rates(postcode, country)) == rates


def test_every_rate_says_what_it_is_for():
    assert all(str(rate.label) for rates in RATES_BY_TERRITORY.values() for rate in rates)


def test_a_rate_is_not_offered_before_its_first_day():
    assert [str(rate.percent) for rate in usual_rates(day=date(2013, 12, 31))] == ["5.5", "2.1", "0"]
    assert len(usual_rates(day=date(2014, 1, 1))) == 5


def test_the_territory_of_an_overseas_postcode_wins_over_france():
    assert territory("98713", "FR") == "OUTSIDE"


@pytest.mark.parametrize(
    ("excl", "rate", "incl"),
    [
        ("10.00", "20", "12.00"),
        ("19.99", "20", "23.99"),
        ("1234.50", "20", "1481.40"),
        ("33.33", "5.5", "35.16"),
        ("10.01", "20", "12.01"),
        ("10.00", "8.5", "10.85"),
        ("100.00", "2.1", "102.10"),
        ("19.99", "21", "24.19"),
        ("480.00", "8.5", "520.80"),
        ("0.33", "20", "0.40"),
        ("0.00", "20", "0.00"),
    ],
)
def test_tax_is_added_and_rounded_half_up_line_by_line(excl, rate, incl):
    assert str(including_tax(Decimal(excl), Decimal(rate))) == incl


@pytest.mark.parametrize(
    ("amount", "rounded"),
    [("10.005", "10.01"), ("10.0049", "10.00"), ("23.988", "23.99"), ("2.345", "2.35"), ("1", "1.00")],
)
def test_an_amount_is_rounded_half_up_to_the_cent(amount, rounded):
    assert str(round_cents(Decimal(amount))) == rounded
