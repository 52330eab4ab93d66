"""
Identifiers of companies and associations: SIREN, SIRET, VAT number, RNA, JOAFE notice.

Each `clean_` function takes what was typed and returns what is stored, or raises a ValidationError that says
what is wrong and what to do. A blank text stays blank. Nothing is guessed: a missing zero is never added.
"""

import re
from typing import NamedTuple

from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext_lazy
from stdnum import exceptions
from stdnum.eu import vat
from stdnum.fr import siren as siren_rules
from stdnum.fr import siret as siret_rules

from crm.france.check_digits import clean_number
from crm.france.letters import compact

# The prefix of Greece is EL, python-stdnum files it under its ISO code.
_EU_PREFIXES = {state.upper() for state in vat.MEMBER_STATES} | {"EL"}
_FRENCH_VAT = re.compile(r"FR[0-9A-HJ-NP-Z]{2}\d{9}")
# Overseas prefectures have a letter (W9R1…). The Corsican form (W2A1…) is met in files but written nowhere.
_RNA = re.compile(r"W(\d{3}|2[AB]\d|9[A-Z]\d)\d{6}")
_NOTICE_NUMBER = re.compile(r"(?:annonce\s*)?(?:n(?:°|º|o|um[ée]ro)?\.?\s*)?(\d{1,4})", re.IGNORECASE)
_NOTICE_FULL = re.compile(r"((?:19|20)\d{6})\s*/?\s*(\d{4})|((?:19|20)\d{6})\s*/\s*(\d{1,4})")


class Notice(NamedTuple):
    """A notice of the associations' gazette (JOAFE): the issue (year and rank, '' when unknown) and the number."""

    issue: str
    number: str


def clean_siren(text: str) -> str:
    """
    Return the 9 digits of a SIREN.

    >>> clean_siren("732 829 320")
    '732829320'
    """
    return clean_number(text, name="SIREN", length=9, validate=siren_rules.validate)


def clean_siret(text: str) -> str:
    """
    Return the 14 digits of a SIRET; those of La Poste have their own check.

    >>> clean_siret("732 829 320 00074"), clean_siret("35600000099981")
    ('73282932000074', '35600000099981')
    """
    digits = compact(text)
    if re.fullmatch(r"\d{9}", digits):
        raise ValidationError(
            _(
                "“%(value)s” has 9 digits: it is a SIREN. A SIRET has 14: add the 5 digits of the establishment."
            ),
            code="siren_instead_of_siret",
            params={"value": text},
        )
    return clean_number(text, name="SIRET", length=14, validate=siret_rules.validate)


def format_siren(siren: str) -> str:
    """
    >>> format_siren("732829320")
    '732 829 320'
    """
    return siren_rules.format(siren) if len(siren) == 9 else siren


def format_siret(siret: str) -> str:
    """
    >>> format_siret("73282932000074")
    '732 829 320 00074'
    """
    return siret_rules.format(siret) if len(siret) == 14 else siret


def clean_vat_number(text: str) -> str:
    """
    Return a VAT number of the European Union (or of Northern Ireland, XI) with its country prefix.

    >>> clean_vat_number("fr 44 732 829 320"), clean_vat_number("GR099990016")
    ('FR44732829320', 'EL099990016')
    """
    number = compact(text)
    if not number:
        return ""
    _refuse_vat_prefix(number, text)
    if number.startswith("GR"):
        number = "EL" + number[2:]
    try:
        return vat.validate(number)
    except exceptions.ValidationError as error:
        raise _wrong_vat(number, text, error) from error


def _wrong_vat(number: str, text: str, error: Exception) -> ValidationError:
    params = {"value": text}
    if re.fullmatch(r"FR\d{9}", number):
        return ValidationError(
            _(
                "“%(value)s” lacks its key: FR is followed by 2 characters, then by the 9 digits of the SIREN."
            ),
            code="vat_key_missing",
            params=params,
        )
    if isinstance(error, exceptions.InvalidChecksum):
        return ValidationError(
            _("The check digit of the VAT number “%(value)s” is wrong: ask the client for the right number."),
            code="check_digit",
            params=params,
        )
    return ValidationError(
        _(
            "“%(value)s” is not written as a VAT number of its country: check the number of characters "
            "and that no letter stands for a digit."
        ),
        code="vat_format",
        params=params,
    )


def _refuse_vat_prefix(number: str, text: str) -> None:
    params = {"value": text}
    if not re.match(r"[A-Z]{2}", number):
        raise ValidationError(
            _("“%(value)s” lacks the two letters of its country: for example FR44732829320."),
            code="vat_prefix_missing",
            params=params,
        )
    if number[:2] not in _EU_PREFIXES:
        raise ValidationError(
            _("“%(value)s” is not a number of the European Union: leave this field empty."),
            code="vat_not_eu",
            params=params,
        )


def check_vat_agrees(vat_number: str, *, siret: str = "", siren: str = "") -> None:
    """
    Refuse a French VAT number that holds another SIREN than the one of the SIRET (or SIREN) beside it.

    Numbers of Monaco (FR, key, 000…) hold no SIREN, foreign ones neither: they agree with anything.

    >>> check_vat_agrees("FR84298000126", siret="29800012600011")
    """
    number = compact(vat_number)
    # A wrong SIRET has its own refusal: it proves nothing about the VAT number.
    own = compact(siret)[:9] if siret_rules.is_valid(compact(siret)) else compact(siren)
    if (
        not siren_rules.is_valid(own)
        or not _FRENCH_VAT.fullmatch(number)
        or number[4:7] == "000"
        or number[4:] == own
    ):
        return
    raise ValidationError(
        _(
            "The VAT number “%(vat)s” is the one of SIREN %(vat_siren)s, "
            "while the client has SIREN %(siren)s: correct one of them."
        ),
        code="vat_of_another_siren",
        params={"vat": vat_number, "vat_siren": number[4:], "siren": own},
    )


def clean_rna(text: str) -> str:
    """
    Return the number of an association in the national register: W and 9 characters.

    >>> clean_rna("w 351 000 002"), clean_rna("W9R1000006"), clean_rna("W2A1000019")
    ('W351000002', 'W9R1000006', 'W2A1000019')
    """
    number = compact(text)
    if not number or _RNA.fullmatch(number):
        return number
    raise _wrong_rna(number, text)


def _wrong_rna(number: str, text: str) -> ValidationError:
    if not number.startswith("W"):
        code = "rna_without_w"
        message = _("The RNA number “%(value)s” does not start with W: it is a W followed by 9 characters.")
    elif "O" in number:
        code = "letter_o"
        message = _("The RNA number “%(value)s” has a letter O among its digits: type the right digit.")
    elif len(number) != 10:
        code = "rna_length"
        message = ngettext_lazy(
            "The RNA number “%(value)s” has %(found)d character after W instead of 9: type the whole number.",
            "The RNA number “%(value)s” has %(found)d characters after W instead of 9: type the whole number.",
            "found",
        )
    else:
        code = "rna_format"
        message = _(
            "“%(value)s” is not an RNA number: W is followed by 9 digits, or by 9R1 and 6 digits overseas."
        )
    return ValidationError(message, code=code, params={"value": text, "found": len(number) - 1})


def parse_notice(text: str) -> Notice | None:
    """
    Read the reference of a JOAFE notice; None when the text is something else, which is kept as typed.

    The full identifier is the issue (year, rank) followed by the number on four digits.

    >>> parse_notice("n° 1173")
    Notice(issue='', number='1173')
    >>> parse_notice("202300270403")
    Notice(issue='20230027', number='403')
    >>> parse_notice("Volume 72 folio 18")
    """
    text = " ".join(str(text).split())
    if full := _NOTICE_FULL.fullmatch(text):
        return Notice(issue=full[1] or full[3], number=(full[2] or full[4]).lstrip("0"))
    if alone := _NOTICE_NUMBER.fullmatch(text):
        return Notice(issue="", number=alone[1].lstrip("0"))
    return None
