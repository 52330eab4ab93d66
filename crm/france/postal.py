"""
Postal lines of NF Z10-011: at most six of 38 characters, then the country when the letter goes abroad.

From the street on, a French address is in capitals without accents or punctuation; words are shortened only
in a line that is too long. A foreign address is written as typed, since its country's rules are not ours.
"""

import re
from collections.abc import Sequence
from functools import cache
from textwrap import wrap

from django.utils.functional import Promise
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _
from django.utils.translation import override
from django_countries import countries

from crm.france.letters import without_accents
from crm.france.postcodes import FRENCH_POSTCODE_COUNTRIES

MAX_LINES = 6
MAX_LENGTH = 38

# Abbreviations of the norm, tried in this order: the kind of street first, titles next, the building last.
_ABBREVIATIONS = (
    ("ALLEE", "ALL"), ("AVENUE", "AV"), ("BOULEVARD", "BD"), ("CHEMIN", "CHE"), ("COURS", "CRS"),
    ("FAUBOURG", "FG"), ("HAMEAU", "HAM"), ("IMPASSE", "IMP"), ("LIEU DIT", "LD"), ("LOTISSEMENT", "LOT"),
    ("PASSAGE", "PAS"), ("PLACE", "PL"), ("QUARTIER", "QUA"), ("ROUTE", "RTE"), ("SQUARE", "SQ"),
    ("ZONE INDUSTRIELLE", "ZI"), ("ZONE ARTISANALE", "ZA"),
    ("CAPITAINE", "CNE"), ("COLONEL", "CEL"), ("COMMANDANT", "CDT"), ("DOCTEUR", "DR"), ("GENERAL", "GAL"),
    ("LIEUTENANT", "LT"), ("MARECHAL", "MAL"), ("PRESIDENT", "PDT"), ("PROFESSEUR", "PR"),
    ("SAINTE", "STE"), ("SAINT", "ST"),
    ("APPARTEMENT", "APP"), ("BATIMENT", "BAT"), ("BÂTIMENT", "BAT"), ("ENTREE", "ENT"), ("ESCALIER", "ESC"),
    ("ETAGE", "ETG"), ("ÉTAGE", "ETG"), ("IMMEUBLE", "IMM"), ("RESIDENCE", "RES"), ("RÉSIDENCE", "RES"),
)  # fmt: skip
# Where the postcode follows the city.
_POSTCODE_LAST = frozenset(["AU", "BR", "CA", "GB", "IE", "IN", "NZ", "US", "ZA"])


def capitals(text: str) -> str:
    """
    Capitals without accents or punctuation.

    >>> capitals("3 bis, rue de l’Œillet-Blanc")
    '3 BIS RUE DE L OEILLET BLANC'
    """
    return re.sub(r"[\W_]+", " ", without_accents(text)).strip().upper()


def postal_lines(
    *,
    name: str,
    complement: str = "",
    building: str = "",
    street: str = "",
    locality: str = "",
    postcode: str = "",
    city: str = "",
    country: str = "FR",
    recipient: str = "",
) -> list[str]:
    """
    The lines to print, in order, none empty; ask postal_problems() whether they can be posted.

    >>> postal_lines(name="Mme Amélie Lefèvre", street="12, rue de l'Été", postcode="69003", city="Lyon")
    ['Mme Amélie Lefèvre', '12 RUE DE L ETE', '69003 LYON']
    >>> postal_lines(name="Fiktiv GmbH", street="Teststraße 5", postcode="10115", city="Berlin", country="DE")
    ['Fiktiv GmbH', 'Teststraße 5', '10115 Berlin', 'ALLEMAGNE']
    """
    place = _lines(street, locality)
    if (country or "FR") not in FRENCH_POSTCODE_COUNTRIES:
        head = _lines(name, recipient, complement, building)
        return head + place + _lines(_foreign_city(postcode, city, country), _country_line(country))
    names = _wrapped(_lines(name))
    between = _wrapped(_lines(recipient)) + [_shortened(line) for line in _lines(complement, building)]
    end = [_shortened(line) for line in _lines(*map(capitals, place), capitals(f"{postcode} {city}"))]
    return names + _merged(between, room=MAX_LINES - len(names) - len(end)) + end


def _lines(*fields: str) -> list[str]:
    """The lines of the fields in order, spaces mended, without the empty ones."""
    cells = (" ".join(line.split()) for field in fields for line in field.splitlines())
    return [cell for cell in cells if cell]


def _foreign_city(postcode: str, city: str, country: str) -> str:
    return f"{city} {postcode}" if country in _POSTCODE_LAST else f"{postcode} {city}"


def _country_line(country: str) -> str:
    """In French, whoever prints: the sorting office of departure reads it."""
    with override("fr"):
        return capitals(str(countries.name(country)))


@cache
def _country_lines() -> frozenset[str]:
    return frozenset(
        _country_line(code) for code in countries.countries if code not in FRENCH_POSTCODE_COUNTRIES
    )


def _wrapped(lines: list[str]) -> list[str]:
    """A long name goes on over the next line: it cannot be shortened for its owner."""
    return [part for line in lines for part in wrap(line, MAX_LENGTH, break_long_words=False)]


def _shortened(line: str) -> str:
    for word, abbreviation in _ABBREVIATIONS:
        if len(line) <= MAX_LENGTH:
            break
        line = re.sub(rf"\b{word}S?\b", abbreviation, line, flags=re.IGNORECASE)
    return line


def _merged(lines: list[str], *, room: int) -> list[str]:
    """When there are too many, neighbours share a line where they fit."""
    lines = list(lines)
    at = 0
    while len(lines) > room and at + 1 < len(lines):
        together = f"{lines[at]} {lines[at + 1]}"
        if len(together) <= MAX_LENGTH:
            lines[at : at + 2] = [together]
        else:
            at += 1
    return lines


def postal_problems(lines: Sequence[str]) -> list[str | Promise]:
    """
    Why the lines cannot be posted as they are: too many or too long lines, no street, no city.

    >>> [str(problem) for problem in postal_problems(["M. Petit", "1 RUE X", "75001 PARIS"])]
    []
    """
    is_abroad = bool(lines) and lines[-1] in _country_lines()
    body = lines[:-1] if is_abroad else lines
    problems: list[str | Promise] = [
        format_lazy(_("“{line}” is longer than 38 characters: shorten it."), line=line)
        for line in body
        if len(line) > MAX_LENGTH
    ]
    if len(body) > MAX_LINES:
        problems.append(
            format_lazy(_("{count} lines instead of 6 at most: shorten the address."), count=len(body))
        )
    has_city = is_abroad or (bool(body) and bool(re.match(r"\d{5} \S", body[-1])))
    if not has_city:
        problems.append(_("No postcode or no city: complete the address."))
    if len(body) < 2 + has_city:
        problems.append(_("No street: complete the address."))
    return problems
