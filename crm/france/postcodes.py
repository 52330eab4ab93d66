"""
Postcodes, departments, regions. A department drawn from a postcode is a default that a person may correct.

The two tables in data/ come from Insee's and La Poste's lists as gathered by Etalab.
"""

import csv
import re
from pathlib import Path

from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from crm.france.letters import compact, without_accents

# Where postcodes are French: France, its overseas lands under their own ISO codes, and Monaco.
FRENCH_POSTCODE_COUNTRIES = frozenset(
    ["FR", "GP", "MQ", "GF", "RE", "YT", "PM", "BL", "MF", "NC", "PF", "WF", "TF", "MC"]
)


def _read(name: str) -> list[dict[str, str]]:
    with (Path(__file__).parent / "data" / name).open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))


_DEPARTMENT_ROWS = _read("departements.csv")
_EXCEPTION_ROWS = _read("codes_postaux_exceptions.csv")

DEPARTMENTS: dict[str, str] = {row["code"]: row["name"] for row in _DEPARTMENT_ROWS}
DEPARTMENT_REGION: dict[str, str] = {row["code"]: row["region_code"] for row in _DEPARTMENT_ROWS}
# The 18 regions, and the overseas collectivities, which belong to none, under their own code.
REGIONS: dict[str, str] = {row["region_code"]: row["region_name"] for row in _DEPARTMENT_ROWS}

_BY_PREFIX = {prefix: row["code"] for row in _DEPARTMENT_ROWS for prefix in row["postcode_prefix"].split("|")}
# A postcode that lies wholly in another department than its digits say.
_BY_POSTCODE = {
    row["postcode"]: row["departement_of_commune"]
    for row in _EXCEPTION_ROWS
    if "|" not in row["departements_sharing_postcode"]
}


def _city_key(city: str) -> str:
    return re.sub(r"[\W_]+", " ", without_accents(city)).strip().upper()


# A postcode that two departments share: the city decides.
_BY_CITY = {
    (row["postcode"], _city_key(row["commune"])): row["departement_of_commune"] for row in _EXCEPTION_ROWS
}
_TERRITORIES = {"975": "PM", "980": "MC", "984": "TF", "986": "WF", "987": "PF", "988": "NC"}
_CEDEX = re.compile(r"\s+cedex\b.*$", re.IGNORECASE)


def clean_postcode(text: str, country: str = "FR") -> str:
    """
    Return the five digits of a French postcode; a foreign one is kept as typed.

    >>> clean_postcode("1000"), clean_postcode("F-69007"), clean_postcode("75 018"), clean_postcode("1000", "BE")
    ('01000', '69007', '75018', '1000')
    """
    if (country or "FR") not in FRENCH_POSTCODE_COUNTRIES:
        return " ".join(str(text).split())
    code = re.sub(r"^(FR?|MC)(?=\d)", "", compact(text))
    if re.fullmatch(r"[1-9]\d{3}", code):
        # A number cell of a spreadsheet drops the zero of the first nine departments.
        code = "0" + code
    if not code or re.fullmatch(r"(0\d|[1-8]\d|9[0-578])\d{3}", code):
        return code
    if re.fullmatch(r"2[AB]\d{3}", code):
        message = _(
            "“%(value)s” is an Insee code, not a postcode: type the postcode of the address (20000 for Ajaccio)."
        )
        raise ValidationError(message, code="insee_code", params={"value": text})
    message = _("“%(value)s” is not a French postcode: type its 5 digits, or correct the country.")
    raise ValidationError(message, code="postcode", params={"value": text})


def department_of(postcode: str, country: str = "FR", *, city: str = "") -> str:
    """
    The code of the department, '' when there is none (abroad, Monaco, armies) or it cannot be told.

    >>> department_of("69003"), department_of("20230"), department_of("97133"), department_of("94390")
    ('69', '2B', '977', '91')
    >>> department_of("05110"), department_of("05110", city="Claret"), department_of("98000")
    ('05', '04', '')
    """
    if (country or "FR") not in FRENCH_POSTCODE_COUNTRIES or not re.fullmatch(r"\d{5}", postcode):
        return ""
    if by_city := _BY_CITY.get((postcode, _city_key(city))):
        return by_city
    return (
        _BY_POSTCODE.get(postcode) or _BY_PREFIX.get(postcode[:3]) or _BY_PREFIX.get(postcode[:2], "")
    )  # fmt: skip


def region_of(department: str) -> str:
    """
    The Insee code of the region of a department, '' when unknown.

    >>> region_of("69"), REGIONS[region_of("2B")]
    ('84', 'Corse')
    """
    return DEPARTMENT_REGION.get(department, "")


def territory_of_postcode(postcode: str) -> str:
    """
    The ISO country of a French-style postcode; the overseas departments are France.

    >>> territory_of_postcode("97133"), territory_of_postcode("98000"), territory_of_postcode("97200")
    ('BL', 'MC', 'FR')
    """
    if postcode == "97133":
        return "BL"
    if postcode == "97150":
        return "MF"
    return _TERRITORIES.get(postcode[:3], "FR") if postcode != "98799" else "FR"


def city_without_cedex(city: str) -> str:
    """
    The city for lists and figures; the label keeps its CEDEX.

    >>> city_without_cedex("MARSEILLE CEDEX 13")
    'MARSEILLE'
    """
    return _CEDEX.sub("", city.strip())


def is_alsace_moselle(department: str) -> bool:
    """
    Where associations are registered with the court (volume, folio), with neither RNA nor JOAFE.

    >>> is_alsace_moselle("67"), is_alsace_moselle("54")
    (True, False)
    """
    return department in ("57", "67", "68")
