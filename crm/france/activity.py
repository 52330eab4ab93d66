"""The main activity code (APE), in NAF rév. 2 or NAF 2025 (official from 1 January 2027)."""

import re
from typing import Literal

from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from crm.france.letters import compact

# The two nomenclatures share no final letter, so the letter tells the version.
_NAF_REV2_LETTERS = frozenset("ABCDEFZ")


def clean_activity_code(text: str) -> str:
    """
    Return the code without its dot. No closed list: both nomenclatures live side by side.

    >>> clean_activity_code("62.01z")
    '6201Z'
    """
    code = compact(text)
    if not code or re.fullmatch(r"[0-9]{4}[A-Z]", code):
        return code
    params = {"value": text}
    if re.fullmatch(r"[0-9]{3}[A-Z]", code):
        message = _(
            "“%(value)s” has only 3 digits: it is a code of the old nomenclature. "
            "Type the present one: 4 digits and a letter, such as 62.01Z."
        )
        raise ValidationError(message, code="old_nomenclature", params=params)
    if re.fullmatch(r"[0-9]{4}", code):
        message = _(
            "“%(value)s” lacks its final letter: an APE code is 4 digits and a letter, such as 62.01Z."
        )
        raise ValidationError(message, code="letter_missing", params=params)
    message = _("“%(value)s” is not an APE code: it is 4 digits and a letter, such as 62.01Z.")
    raise ValidationError(message, code="activity_code", params=params)


def activity_version(code: str) -> Literal["NAFRev2", "NAF2025"]:
    """
    >>> activity_version("6201Z"), activity_version("6210Y")
    ('NAFRev2', 'NAF2025')
    """
    return "NAFRev2" if code[-1:] in _NAF_REV2_LETTERS else "NAF2025"


def format_activity_code(code: str) -> str:
    """
    >>> format_activity_code("6201Z")
    '62.01Z'
    """
    return f"{code[:2]}.{code[2:]}" if len(code) == 5 else code
