"""
Telephone numbers, stored in E.164.

The region is chosen before parsing: read as mainland numbers, 0596…, 0263…, 0269… and 0508… would be
declared valid under +33, which is the wrong country, without any error.
"""

import re

import phonenumbers
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _
from phonenumbers import PhoneNumber, PhoneNumberFormat

from crm.france.letters import without_excel_marks

_BY_NATIONAL_PREFIX = {
    "0590": "GP", "0690": "GP", "0691": "GP",
    "0594": "GF", "0694": "GF",
    "0596": "MQ", "0696": "MQ", "0697": "MQ",
    "0262": "RE", "0263": "RE", "0692": "RE", "0693": "RE",
    "0269": "YT", "0639": "YT",
    "0508": "PM",
}  # fmt: skip
# Inside Mayotte's 0639, Arcep keeps this mainland range for fiction.
_FICTION = "063998"
_BY_POSTCODE = {
    "971": "GP", "972": "MQ", "973": "GF", "974": "RE", "975": "PM", "976": "YT",
    "977": "BL", "978": "MF", "980": "MC", "986": "WF", "987": "PF", "988": "NC",
}  # fmt: skip
# Ten digits starting with 0, dialled alike from one to another.
_TEN_DIGITS = frozenset(["FR", "GP", "MQ", "GF", "RE", "YT", "BL", "MF"])
# Their numbers begin with a 0 that is dropped after the prefix: one that is left means that a digit is missing.
_WITHOUT_ZERO = frozenset(phonenumbers.country_code_for_region(region) for region in _TEN_DIGITS)
# Shorter numbers of their own; ten digits starting with 0 are the mainland's.
_SHORTER = frozenset(["PM", "MC", "WF", "PF", "NC"])
_TEN_OF_MAINLAND = re.compile("0[1-7][0-9]{8}", re.ASCII)
_PLUS = re.compile(r"[\s(]*\+")
_ALLOWED = re.compile(r"[\s(]*\+?[\d\s().\-‐‑‒–—/]*")
_BETWEEN_NUMBERS = re.compile(r"[/;,|\n]|\b(?:ou|et|or|and)\b", re.IGNORECASE)


def clean_telephone(text: str, *, country: str = "FR", postcode: str = "") -> str:
    """
    Return the number in E.164, or the digits of a short number (15, 3631).

    The country and the postcode are the client's; they matter when the number bears no prefix.

    >>> clean_telephone("06 39 98 00 01"), clean_telephone("+33 (0)1 99 00 00 05")
    ('+33639980001', '+33199000005')
    >>> clean_telephone("0696 01 23 45"), clean_telephone("93 00 00 26", country="MC")
    ('+596696012345', '+37793000026')
    >>> clean_telephone("3631")
    '3631'
    """
    text = without_excel_marks(text)
    if not text:
        return ""
    _refuse_two_numbers(text)
    region = _region_of_client(country, postcode)
    if region == "FR" and (usual := _usual(text)):
        return usual
    if not _ALLOWED.fullmatch(text):
        raise _not_a_number(text)
    digits = re.sub(r"\D", "", text)
    is_international = bool(_PLUS.match(text))
    if not is_international and _is_short(digits, region):
        return digits
    try:
        number = _parse(digits, is_international=is_international, region=region)
    except phonenumbers.NumberParseException as error:
        raise _not_a_number(text) from error
    # Not is_possible_number(), which also accepts numbers without their area code.
    if phonenumbers.is_possible_number_with_reason(number) != phonenumbers.ValidationResult.IS_POSSIBLE:
        raise _not_a_number(text)
    if number.italian_leading_zero and number.country_code in _WITHOUT_ZERO:
        raise _not_a_number(text)
    return phonenumbers.format_number(number, PhoneNumberFormat.E164)


def _usual(text: str) -> str:
    """Ten digits of the mainland, which is nearly every number: the library would say the same, forty times slower."""
    digits = text.replace(" ", "").replace(".", "")
    is_mainland = _TEN_OF_MAINLAND.fullmatch(digits) and (
        digits[:4] not in _BY_NATIONAL_PREFIX or digits.startswith(_FICTION)
    )
    return f"+33{digits[1:]}" if is_mainland else ""


def _not_a_number(text: str) -> ValidationError:
    return ValidationError(
        _(
            "“%(value)s” is not a telephone number: type 10 digits for France (06 39 98 00 01), "
            "or + and the country's prefix for another country (+32 2 000 00 10)."
        ),
        code="telephone",
        params={"value": text},
    )


def _refuse_two_numbers(text: str) -> None:
    numbers = [part.strip() for part in _BETWEEN_NUMBERS.split(text) if len(re.sub(r"\D", "", part)) >= 6]
    digits = re.sub(r"\D", "", text)
    if len(numbers) < 2 and re.fullmatch(r"(0[1-9]\d{8}){2}", digits):
        numbers = [digits[:10], digits[10:]]
    if len(numbers) >= 2:
        raise ValidationError(
            _("Two numbers in one field: keep “%(first)s” here and put “%(second)s” in another field."),
            code="two_telephones",
            params={"first": numbers[0], "second": numbers[1]},
        )


def _region_of_client(country: str, postcode: str) -> str:
    if country in ("", "FR"):
        return _BY_POSTCODE.get(postcode[:3], "FR")
    return country


def _is_short(digits: str, region: str) -> bool:
    """Numbers such as 15, 112, 3631 or 118 218: they have no international form."""
    return (
        region in _TEN_DIGITS
        and len(digits) <= 6
        and not digits.startswith("0")
        and phonenumbers.is_valid_short_number_for_region(
            PhoneNumber(country_code=33, national_number=int(digits or 0)), "FR"
        )
    )


def _parse(digits: str, *, is_international: bool, region: str) -> PhoneNumber:
    if is_international:
        return phonenumbers.parse("+" + digits)
    if digits.startswith("00") and len(digits) > 9:
        return phonenumbers.parse("+" + digits[2:])
    if region in _TEN_DIGITS and re.fullmatch(r"[1-9]\d{8}", digits):
        digits = "0" + digits
    if region in _TEN_DIGITS | _SHORTER and re.fullmatch(r"0[1-9]\d{8}", digits):
        region = _region_of_ten_digits(digits, region)
        if region == "PM":
            digits = digits.removeprefix("0508")
    return phonenumbers.parse(digits, region)


def _region_of_ten_digits(digits: str, region: str) -> str:
    if digits.startswith(_FICTION):
        return "FR"
    if overseas := _BY_NATIONAL_PREFIX.get(digits[:4]):
        return overseas
    if region in _TEN_DIGITS and phonenumbers.is_valid_number_for_region(
        phonenumbers.parse(digits, region), region
    ):
        return region
    # A client who lives overseas may well have a mainland mobile.
    return "FR"


def format_telephone(stored: str) -> str:
    """
    The number as people read it: in pairs when it can be dialled so in France, international otherwise.

    >>> format_telephone("+33639980001"), format_telephone("+34600000016"), format_telephone("3631")
    ('06 39 98 00 01', '+34 600 00 00 16', '3631')
    """
    if not stored.startswith("+"):
        return stored
    number = phonenumbers.parse(stored)
    national = f"0{number.national_number}"
    # In pairs only when typing it again would give the same number back.
    if re.fullmatch(r"0[1-9]\d{8}", national) and clean_telephone(national) == stored:
        return " ".join(re.findall(r"\d\d", national))
    return phonenumbers.format_number(number, PhoneNumberFormat.INTERNATIONAL)


def telephone_digits(stored: str) -> str:
    """
    Every form in digits under which the number may be looked for.

    >>> telephone_digits("+33639980001"), telephone_digits("+596696012345"), telephone_digits("3631")
    ('33639980001 0639980001', '596696012345 0696012345', '3631')
    """
    if not stored.startswith("+"):
        return stored
    if stored.startswith("+33") and len(stored) == 12:
        return f"{stored[1:]} 0{stored[3:]}"
    number = phonenumbers.parse(stored)
    national = re.sub(r"\D", "", phonenumbers.format_number(number, PhoneNumberFormat.NATIONAL))
    forms = [stored[1:], national]
    if number.country_code in (33, 590, 594, 596, 262):
        # Invalid or unassigned numbers are not formatted with their 0 by the library.
        forms[1] = f"0{number.national_number}"
    if number.country_code == 508:
        forms.append(f"0508{number.national_number}")
    return " ".join(dict.fromkeys(forms))


def search_digits(query: str) -> str | None:
    """
    The digits to look for in telephone_digits(), None when the query holds anything but a piece of number.

    >>> search_digits("06 39 98"), search_digits("+33 6 39"), search_digits("0033 6"), search_digits("clt-7")
    ('063998', '33639', '336', None)
    """
    query = query.strip()
    if not _ALLOWED.fullmatch(query):
        return None
    digits = re.sub(r"\D", "", query)
    is_international = bool(_PLUS.match(query)) or digits.startswith("00")
    digits = digits.removeprefix("00")
    if is_international and digits.startswith("330"):
        digits = "33" + digits[3:]
    return digits or None


def end_of_whole_number(query: str) -> str | None:
    """
    The last nine digits of a number typed whole, None when it may be a piece of one.

    Nine: all that follows the 0 of a number dialled within France, and within most countries that write ten digits.

    >>> end_of_whole_number("06 39 98 00 01"), end_of_whole_number("0033 6 39 98 00 01")
    ('639980001', '639980001')
    >>> end_of_whole_number("06 39 98"), end_of_whole_number("33639980001"), end_of_whole_number("0000012345")
    (None, None, None)
    """
    digits = search_digits(query) or ""
    is_international = digits != re.sub(r"\D", "", query) or bool(_PLUS.match(query))
    match = re.fullmatch(r"33([1-9]\d{8})" if is_international else r"0([1-9]\d{8})", digits)
    return match[1] if match else None
