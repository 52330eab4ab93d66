"""Rules 3.9 to 3.12: anniversaries are reckoned from the anchor."""

from datetime import date

import pytest
from dateutil.relativedelta import relativedelta
from hypothesis import given
from hypothesis import strategies as st

from crm.france.terms import add_months, eve_of_anniversary, is_anniversary, months_between

DAYS = st.dates(date(1950, 1, 1), date(2150, 12, 31))
MONTHS = st.integers(0, 600)


@pytest.mark.parametrize(
    ("anchor", "months", "expected"),
    [
        (date(2026, 1, 31), 1, date(2026, 2, 28)),
        (date(2026, 1, 31), 2, date(2026, 3, 31)),
        (date(2024, 2, 29), 12, date(2025, 2, 28)),
        (date(2024, 2, 29), 48, date(2028, 2, 29)),
        (date(2026, 8, 31), 6, date(2027, 2, 28)),
        (date(2026, 1, 5), 0, date(2026, 1, 5)),
    ],
)
def test_months_are_added_to_the_same_day_or_the_last_of_the_month(anchor, months, expected):
    assert add_months(anchor, months) == expected


@pytest.mark.parametrize(
    ("anchor", "months", "last"),
    [
        (date(2026, 1, 5), 1, date(2026, 2, 4)),
        (date(2026, 1, 31), 1, date(2026, 2, 27)),
        (date(2026, 1, 31), 2, date(2026, 3, 30)),
        (date(2026, 9, 1), 12, date(2027, 8, 31)),
    ],
)
def test_a_term_ends_the_eve_of_an_anniversary(anchor, months, last):
    assert eve_of_anniversary(anchor, months) == last


@given(DAYS, MONTHS)
def test_adding_months_is_what_dateutil_says_and_gives_an_anniversary(anchor, months):
    day = add_months(anchor, months)
    assert day == anchor + relativedelta(months=months)
    assert is_anniversary(anchor, day)
    assert months_between(anchor, day) == months


@given(DAYS, DAYS)
def test_whole_months_are_the_most_that_fit_between_two_days(anchor, day):
    months = months_between(anchor, day)
    assert add_months(anchor, months) <= day < add_months(anchor, months + 1)
    assert is_anniversary(anchor, day) == (day >= anchor and add_months(anchor, months) == day)


def test_a_day_before_the_anchor_is_no_anniversary():
    assert not is_anniversary(date(2026, 3, 31), date(2026, 2, 28))
