"""A country or a language written in a cell, to its ISO code."""

import re
import unicodedata
from functools import cache

from babel import Locale
from babel.languages import get_official_languages
from django.utils.translation import gettext_lazy as _
from django.utils.translation import override
from django_countries import countries

from .parsed import Parsed, Raw, as_text, nearest, refusal

# Departments: their address is in France. Saint-Barthélemy, New Caledonia… have a code of their own.
_DEPARTMENTS = {
    "martinique": "MQ", "guadeloupe": "GP", "guyane": "GF", "guyane francaise": "GF",
    "reunion": "RE", "ile de reunion": "RE", "ile de la reunion": "RE", "mayotte": "YT",
}  # fmt: skip
_DEPARTMENT_CODES = set(_DEPARTMENTS.values())
_USUAL_FRENCH = {
    "Birmanie": "MM", "Cap-Vert": "CV", "Congo": "CG", "Corée du Sud": "KR", "Corée du Nord": "KP",
    "États-Unis": "US", "Grande-Bretagne": "GB", "Hong Kong": "HK", "Hollande": "NL", "Macao": "MO",
    "Palestine": "PS", "République démocratique du Congo": "CD", "République tchèque": "CZ",
    "Saint-Barthélemy": "BL", "Saint-Martin": "MF", "Saint-Pierre-et-Miquelon": "PM", "Syrie": "SY",
    "Trinité-et-Tobago": "TT", "Vatican": "VA", "Viêt Nam": "VN", "Vietnam": "VN", "Wallis-et-Futuna": "WF",
}  # fmt: skip
_OTHER_NAMES = {
    "angleterre": "GB", "ecosse": "GB", "pays de galles": "GB", "irlande du nord": "GB", "england": "GB",
    "uk": "GB", "usa": "US", "etats unis d amerique": "US", "u s a": "US", "u k": "GB",
    "france metropolitaine": "FR", "metropole": "FR", "republique francaise": "FR", "corse": "FR",
    "principaute de monaco": "MC", "rdc": "CD", "rca": "CF", "holland": "NL",
}  # fmt: skip
# The languages in which our neighbours, and the countries of Europe, name themselves.
_OWN_LANGUAGES = (
    "de",
    "es",
    "it",
    "nl",
    "pt",
    "ca",
    "lb",
    "pl",
    "ro",
    "cs",
    "da",
    "sv",
    "fi",
    "hu",
    "hr",
    "el",
    "tr",
)
_ARTICLE = re.compile(r"^(?:la|le|les|l|the) | (?:la|le|les|the)$")


def parse_country(raw: Raw) -> Parsed[str]:
    """The ISO 3166-1 alpha-2 code, "" when the cell is empty; only a French name is taken unremarked."""
    text = as_text(raw)
    if not text.strip():
        return Parsed("")
    key = _key(text)
    if code := _DEPARTMENTS.get(key):
        return Parsed("FR", True)
    if code := _french_names().get(text.replace("’", "'")):
        return Parsed(code)
    code = _all_names().get(key) or countries.alpha2(text.strip().upper())
    if not code:
        raise _unknown_country(text)
    return Parsed("FR" if code in _DEPARTMENT_CODES else code, True)


def _unknown_country(text: str) -> Exception:
    if near := nearest(text.strip(), _french_names()):
        return refusal(
            _("“%(value)s” is not a known country (near: %(near)s)."), "unknown_country", text, near=near
        )
    return refusal(
        _("“%(value)s” is not a known country: write its name in French, or its two-letter code."),
        "unknown_country",
        text,
    )


def _key(text: str) -> str:
    """Without accents, case, punctuation nor article: "La Réunion" and "REUNION (LA)" are one."""
    decomposed = unicodedata.normalize("NFKD", text.casefold().replace("œ", "oe"))
    letters = "".join(c if c.isalnum() else " " for c in decomposed if not unicodedata.combining(c))
    return _ARTICLE.sub("", " ".join(letters.split()))


@cache
def _names(language: str) -> dict[str, str]:
    """Every name two libraries give a country in one language; each has names the other lacks."""
    territories = Locale.parse(language).territories
    names = {territories[code]: code for code in countries.countries if code in territories}
    with override(language):
        # "Guyane" is what django-countries calls Guyana in French: never ours.
        names |= {str(name): code for code, name in countries if str(name) not in names and code != "GY"}
    return names


@cache
def _french_names() -> dict[str, str]:
    names = {name.replace("’", "'"): code for name, code in (_names("fr") | _USUAL_FRENCH).items()}
    return {name: code for name, code in names.items() if code not in _DEPARTMENT_CODES}


@cache
def _all_names() -> dict[str, str]:
    names: dict[str, str] = {}
    for language in _OWN_LANGUAGES:
        territories = Locale.parse(language).territories
        for code in countries.countries:
            if language in get_official_languages(code) and code in territories:
                names.setdefault(_key(territories[code]), code)
    for known in (_names("en"), _names("fr"), _USUAL_FRENCH):
        names |= {_key(name): code for name, code in known.items()}
    return names | _OTHER_NAMES


def parse_language(raw: Raw) -> Parsed[str]:
    """The ISO 639-1 code, "" when the cell is empty; only the code itself is taken unremarked."""
    text = as_text(raw)
    if not text.strip():
        return Parsed("")
    known = _languages()
    if text in known.values():
        return Parsed(text)
    key = _key(text)
    code = key.split(" ")[0]
    if code in known.values() and re.fullmatch(r"[a-z]{2}(?: [a-z]{2})?", key):
        return Parsed(code, True)
    if key in known:
        return Parsed(known[key], True)
    raise refusal(
        _("“%(value)s” is not a known language: write its two-letter code, such as fr or en."),
        "unknown_language",
        text,
    )


@cache
def _languages() -> dict[str, str]:
    """The code of each language, by its name in French, in itself and in English."""
    names: dict[str, str] = {}
    for spoken in ("fr", *_OWN_LANGUAGES, "en"):
        for code, name in Locale.parse(spoken).languages.items():
            if re.fullmatch("[a-z]{2}", str(code)) and (spoken in ("fr", "en") or code == spoken):
                names.setdefault(_key(str(name)), str(code))
    return names
