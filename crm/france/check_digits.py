"""Numbers of a fixed length that end with a check digit, such as the SIREN and the SIRET."""

import re
from collections.abc import Callable
from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext_lazy
from stdnum import exceptions

from crm.france.letters import compact, is_scientific


def clean_number(text: str, *, name: str, length: int, validate: Callable[[str], str]) -> str:
    """
    Return the digits, without separators, once python-stdnum's function accepts them; blank stays blank.

    >>> from stdnum.fr import siren
    >>> clean_number("732 829 320", name="SIREN", length=9, validate=siren.validate)
    '732829320'
    """
    digits = compact(text)
    if not digits:
        return ""
    params = {"value": text, "name": name, "expected": length, "found": len(digits)}
    _refuse_what_is_not_digits(text, digits, params)
    if len(digits) != length:
        raise _wrong_length(digits, validate, params)
    try:
        return validate(digits)
    except exceptions.ValidationError as error:
        raise ValidationError(
            _("The check digit of the %(name)s “%(value)s” is wrong: compare it with an official document."),
            code="check_digit",
            params=params,
        ) from error


def _refuse_what_is_not_digits(text: str, digits: str, params: dict[str, Any]) -> None:
    if is_scientific(text):
        raise ValidationError(
            _(
                "“%(value)s” is in scientific notation: the spreadsheet lost digits of the %(name)s. "
                "Set the column to text and type the number again."
            ),
            code="scientific_notation",
            params=params,
        )
    if re.fullmatch(r"[0-9O]+", digits) and "O" in digits:
        raise ValidationError(
            _("“%(value)s” has a letter O among the digits of the %(name)s: type the right digit."),
            code="letter_o",
            params=params,
        )
    if not re.fullmatch(r"[0-9]+", digits):
        raise ValidationError(
            _("“%(value)s” is not a %(name)s: it must have %(expected)d digits and nothing else."),
            code="not_digits",
            params=params,
        )


def _wrong_length(digits: str, validate: Callable[[str], str], params: dict[str, Any]) -> ValidationError:
    if len(digits) < params["expected"] and _is_accepted("0" + digits, validate):
        message = _(
            "The %(name)s “%(value)s” has %(found)d digits instead of %(expected)d. "
            "A zero may be missing in front: if “0%(digits)s” is the right number, type it in full."
        )
    elif len(digits) == params["expected"] - 1:
        message = _(
            "The %(name)s “%(value)s” has %(found)d digits instead of %(expected)d "
            "(a zero in front does not make it right): type the whole number."
        )
    else:
        message = ngettext_lazy(
            "The %(name)s “%(value)s” has %(found)d digit instead of %(expected)d: type the whole number.",
            "The %(name)s “%(value)s” has %(found)d digits instead of %(expected)d: type the whole number.",
            "found",
        )
    return ValidationError(message, code="length", params=params | {"digits": digits})


def _is_accepted(digits: str, validate: Callable[[str], str]) -> bool:
    try:
        return bool(validate(digits))
    except exceptions.ValidationError:
        return False
