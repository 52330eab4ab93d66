"""
Postal lines of NF Z10-011: at most six of 38 characters, then the country when the letter goes abroad.

From the street on, a French address is in capitals without accents or punctuation; words are shortened only
in a line that is too long. A foreign address is written as typed, since its country's rules are not ours.
"""

import re
from collections.abc import Iterable

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
    head = _lines(name, recipient, complement, building)
    place = _lines(street, locality)
    if (country or "FR") not in FRENCH_POSTCODE_COUNTRIES:
        return head + place + _lines(_foreign_city(postcode, city, country), _country(country))
    lines = head + _lines(*map(capitals, place), capitals(f"{postcode} {city}"))
    return _merged([_shortened(line) for line in lines], first=len(_lines(name)), last=len(head))


def _lines(*fields: str) -> list[str]:
    """The lines of the fields in order, spaces mended, without the empty ones."""
    cells = (" ".join(line.split()) for field in fields for line in field.splitlines())
    return [cell for cell in cells if cell]


def _foreign_city(postcode: str, city: str, country: str) -> str:
    return f"{city} {postcode}" if country in _POSTCODE_LAST else f"{postcode} {city}"


def _country(country: str) -> str:
    """In French, whoever prints: the sorting office of departure reads it."""
    with override("fr"):
        return capitals(str(countries.name(country)))


def _shortened(line: str) -> str:
    for word, abbreviation in _ABBREVIATIONS:
        if len(line) <= MAX_LENGTH:
            break
        line = re.sub(rf"\b{word}S?\b", abbreviation, line, flags=re.IGNORECASE)
    return line


def _merged(lines: list[str], *, first: int, last: int) -> list[str]:
    """When there are too many, what stands between the name and the street shares a line if it fits."""
    lines = list(lines)
    at = first
    while len(lines) > MAX_LINES and at + 1 < last:
        together = f"{lines[at]} {lines[at + 1]}"
        if len(together) <= MAX_LENGTH:
            lines[at : at + 2] = [together]
            last -= 1
        else:
            at += 1
    return lines


def postal_problems(lines: Iterable[str], *, country: str = "FR") -> list[str | Promise]:
    """
    Why the lines cannot be posted as they are: too many or too long lines, no street, no city.

    >>> [str(problem) for problem in postal_problems(["M. Petit", "1 RUE X", "75001 PARIS"])]
    []
    """
    lines = list(lines)
    is_french = (country or "FR") in FRENCH_POSTCODE_COUNTRIES
    body = lines if is_french else lines[:-1]
    problems: list[str | Promise] = []
    if len(body) > MAX_LINES:
        problems.append(
            format_lazy(_("{count} lines instead of 6 at most: shorten the address."), count=len(body))
        )
    problems += [
        format_lazy(_("“{line}” is longer than 38 characters: shorten it."), line=line)
        for line in body
        if len(line) > MAX_LENGTH
    ]
    has_city = bool(body) and (not is_french or bool(re.match(r"\d{5} \S", body[-1])))
    if not has_city:
        problems.append(_("No postcode or no city: complete the address."))
    if len(body) < (3 if has_city else 2):
        problems.append(_("No street: complete the address."))
    return problems
