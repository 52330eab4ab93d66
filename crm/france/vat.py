"""Usual VAT rates of each territory, and amounts rounded line by line. Other rates may always be typed."""

from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from typing import NamedTuple

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from crm.france.postcodes import (
    FRENCH_POSTCODE_COUNTRIES,
    department_of,
    territory_of_postcode,
)


class Rate(NamedTuple):
    """A rate in per cent, what it is for, and the days between which it applies (None: no known limit)."""

    percent: Decimal
    label: str | Promise
    valid_from: date | None = None
    valid_until: date | None = None


_STANDARD = Rate(Decimal(20), _("Standard rate"), date(2014, 1, 1))
_INTERMEDIATE = Rate(Decimal(10), _("Intermediate rate"), date(2014, 1, 1))
_REDUCED = Rate(Decimal("5.5"), _("Reduced rate"))
_PRESS = Rate(Decimal("2.1"), _("Press, medicines"))
_EXEMPT = Rate(Decimal(0), _("Exempt"))
_OUTSIDE = Rate(Decimal(0), _("French VAT does not apply"))

RATES_BY_TERRITORY: dict[str, tuple[Rate, ...]] = {
    "MAINLAND": (_STANDARD, _INTERMEDIATE, _REDUCED, _PRESS, _EXEMPT),
    "CORSICA": (
        _STANDARD,
        Rate(Decimal(13), _("Corsica, petroleum products")),
        _INTERMEDIATE,
        _REDUCED,
        _PRESS,
        Rate(Decimal("0.9"), _("Corsica, press and shows")),
        _EXEMPT,
    ),
    # Guadeloupe, Martinique, La Réunion.
    "OVERSEAS": (
        Rate(Decimal("8.5"), _("Standard rate overseas")),
        Rate(Decimal("2.1"), _("Reduced rate overseas")),
        Rate(Decimal("1.75"), _("Overseas, livestock for slaughter")),
        Rate(Decimal("1.05"), _("Overseas, press")),
        _EXEMPT,
    ),
    # Guyane and Mayotte (CGI, art. 294), Saint-Barthélemy, Saint-Martin, the Pacific, Saint-Pierre.
    "OUTSIDE": (_OUTSIDE,),
    # A seller in France charges its own rates to a foreign consumer, none to a foreign company.
    "ABROAD": (_STANDARD, _INTERMEDIATE, _REDUCED, _PRESS, _OUTSIDE),
}

_BY_DEPARTMENT = {
    "2A": "CORSICA", "2B": "CORSICA",
    "971": "OVERSEAS", "972": "OVERSEAS", "974": "OVERSEAS",
    "973": "OUTSIDE", "976": "OUTSIDE",
}  # fmt: skip
_BY_COUNTRY = {
    "FR": "MAINLAND", "MC": "MAINLAND",
    "GP": "OVERSEAS", "MQ": "OVERSEAS", "RE": "OVERSEAS",
}  # fmt: skip


def territory(postcode: str = "", country: str = "FR") -> str:
    """
    A key of RATES_BY_TERRITORY. The postcode decides where the country leaves a doubt.

    >>> territory("20230"), territory("97200"), territory("97133", "BL"), territory("28001", "ES")
    ('CORSICA', 'OVERSEAS', 'OUTSIDE', 'ABROAD')
    """
    country = country or "FR"
    if country not in FRENCH_POSTCODE_COUNTRIES:
        return "ABROAD"
    if country == "FR":
        country = territory_of_postcode(postcode)
    if country == "FR" and (by_department := _BY_DEPARTMENT.get(department_of(postcode))):
        return by_department
    return _BY_COUNTRY.get(country, "OUTSIDE")


def usual_rates(postcode: str = "", country: str = "FR", *, day: date | None = None) -> tuple[Rate, ...]:
    """
    The rates to offer first, the highest on top; with a day, only those that apply on it.

    >>> [str(rate.percent) for rate in usual_rates("97410")]
    ['8.5', '2.1', '1.75', '1.05', '0']
    """
    return tuple(
        rate
        for rate in RATES_BY_TERRITORY[territory(postcode, country)]
        if day is None or (rate.valid_from or day) <= day <= (rate.valid_until or day)
    )


def round_cents(amount: Decimal) -> Decimal:
    """
    Half up, as commerce does.

    >>> round_cents(Decimal("10.005"))
    Decimal('10.01')
    """
    return amount.quantize(Decimal("0.01"), rounding=ROUND_HALF_UP)


def including_tax(excl: Decimal, rate: Decimal) -> Decimal:
    """
    The amount with tax of one line, from its amount without tax and its rate in per cent.

    >>> including_tax(Decimal("33.33"), Decimal("5.5"))
    Decimal('35.16')
    """
    return round_cents(excl * (1 + rate / 100))
