"""One cell's text to a value. Nothing is guessed silently: a value is taken as it is, rectified (and
shown before → after), or refused with the reason. The days and the places have their own files."""

import re
import unicodedata
from collections.abc import Collection, Mapping
from decimal import ROUND_HALF_UP, Decimal

from django.core.exceptions import ValidationError
from django.core.validators import EmailValidator
from django.utils.text import get_text_list
from django.utils.translation import gettext_lazy as _

from .countries import parse_country, parse_language
from .dates import parse_date
from .parsed import Parsed, Raw, as_text, nearest, refusal

__all__ = [
    "Parsed",
    "Raw",
    "parse_amount",
    "parse_boolean",
    "parse_choice",
    "parse_country",
    "parse_date",
    "parse_email",
    "parse_language",
    "parse_rate",
    "parse_text",
    "refuse_scientific",
]

_EXCEL_ERRORS = {
    "#N/A", "#REF!", "#VALUE!", "#DIV/0!", "#NAME?", "#NULL!", "#NUM!", "#VALEUR!", "#NOM?", "#NUL!", "#NOMBRE!",
}  # fmt: skip
# They print nothing, and would hide a difference or turn a text around: BOM, zero width, direction marks.
_INVISIBLE = re.compile("[\u00ad\u200b\u200e\u200f\u202a-\u202e\u2060\u2066-\u2069\ufeff]")
_LINE_ENDS = re.compile("\r\n|[\r\x0b\x0c\x85\u2028\u2029]")
_SCIENTIFIC = re.compile(r"[+-]?[0-9]+(?:[.,][0-9]+)? ?[eE] ?[+-]?[0-9]+")


def parse_text(raw: Raw, *, max_length: int | None = None, is_multiline: bool = False) -> Parsed[str]:
    """Trimmed, runs of spaces made one, in Unicode NFC (which shows no difference, so is not remarked).

    A line break becomes a space, or is kept when `is_multiline`.
    """
    text = unicodedata.normalize("NFC", _LINE_ENDS.sub("\n", as_text(raw)))
    if text.strip() in _EXCEL_ERRORS:
        raise refusal(
            _("“%(value)s” is an error of the spreadsheet, not a value."), "excel_error", text.strip()
        )
    if any(unicodedata.category(c) == "Cc" and c not in "\t\n" for c in text):
        shown = "".join("�" if unicodedata.category(c) == "Cc" else c for c in text)
        raise refusal(_("“%(value)s” holds control characters: type it again."), "control_characters", shown)
    lines = [re.sub(r"\s{2,}|\t", " ", line).strip() for line in _INVISIBLE.sub("", text).split("\n")]
    clean = "\n".join(lines).strip() if is_multiline else " ".join(line for line in lines if line)
    if max_length is not None and len(clean) > max_length:
        raise refusal(
            _("%(length)d characters, where %(max_length)d fit."),
            "too_long",
            length=len(clean),
            max_length=max_length,
        )
    return Parsed(clean, clean != text)


def refuse_scientific(raw: Raw) -> str:
    """The text of an identifier's cell, trimmed; refuses one that Excel has shortened to 2,98E+13."""
    text = as_text(raw).strip()
    if _SCIENTIFIC.fullmatch(text):
        raise refusal(
            _(
                "“%(value)s” is in scientific notation, digits are lost:"
                " set the column's format to Text and type the number again."
            ),
            "scientific",
            text,
        )
    return text


_SPACES = "[ \u00a0\u2009\u202f]"
_CURRENCY = re.compile(rf"{_SPACES}*(?:€|euros?|EUR){_SPACES}*", re.IGNORECASE)
_PLAIN_NUMBER = re.compile(r"[0-9]+(?:[.,][0-9]+)?")
_GROUPED = re.compile(
    rf"[0-9]{{1,3}}(?:(?P<group>{_SPACES}|[.,'’])[0-9]{{3}})(?:(?P=group)[0-9]{{3}})*(?:(?!(?P=group))[.,][0-9]+)?"
)
_NEGATIVE = re.compile(r"[-−–](?=.*[0-9])|.*[0-9][^0-9]*[-−–]$|\(.*[0-9].*\)$")
_MAX_AMOUNT = Decimal(10) ** 10
_CENT = Decimal("0.01")


def parse_amount(raw: Raw) -> Parsed[Decimal | None]:
    """An amount to the cent, half up; None when empty.

    A comma is the decimal mark, as in French: "1,234" is 1.23, rectified. "1.234" could be either and is
    refused, but not as a spreadsheet's number.
    """
    text = as_text(raw)
    if not text.strip():
        return Parsed(None)
    if _NEGATIVE.match(_CURRENCY.sub("", text).strip()):
        raise refusal(_("“%(value)s” is negative."), "negative", text.strip())
    refuse_scientific(text)
    bare = _CURRENCY.sub("", text.strip(), count=1).strip()
    number, is_grouped = _number(bare, is_typed=isinstance(raw, Decimal), text=text)
    if number >= _MAX_AMOUNT:
        raise refusal(_("“%(value)s” is too large an amount."), "too_large", text.strip())
    decimals = -int(number.as_tuple().exponent)
    is_rectified = is_grouped or bare != text or decimals > 2
    return Parsed(number.quantize(_CENT, ROUND_HALF_UP), is_rectified)


def _number(bare: str, *, is_typed: bool, text: str) -> tuple[Decimal, bool]:
    """The number and whether its thousands were grouped."""
    if re.fullmatch(r"[1-9][0-9]{0,2}\.[0-9]{3}", bare) and not is_typed:
        raise refusal(
            _(
                "“%(value)s” can be read in two ways: write it without a thousands separator, with a decimal comma."
            ),
            "ambiguous",
            text.strip(),
        )
    if len(bare) <= 40 and _PLAIN_NUMBER.fullmatch(bare):
        return Decimal(bare.replace(",", ".")), False
    if len(bare) <= 40 and (match := _GROUPED.fullmatch(bare)):
        return Decimal(bare.replace(match["group"], "").replace(",", ".")), True
    raise refusal(_("“%(value)s” is not an amount: write it as 1234,50."), "not_an_amount", text.strip())


_EXEMPT = {"exo", "exonere", "exoneree", "exoneration", "exempt", "exempte"}


def parse_rate(raw: Raw) -> Parsed[Decimal | None]:
    """A rate in percent, None when empty. "0,2" stays 0.2: only the amounts can tell that 20 was meant."""
    text = as_text(raw)
    if not text.strip():
        return Parsed(None)
    if _folded(text) in _EXEMPT:
        return Parsed(Decimal(0), True)
    bare = re.sub(rf"{_SPACES}*%$", "", text)
    number = bare.strip()
    if not re.fullmatch(r"[0-9]{1,3}(?:[.,][0-9]{1,4})?", number):
        raise refusal(_("“%(value)s” is not a rate: write it as 20 or 5,5."), "not_a_rate", text.strip())
    rate = Decimal(number.replace(",", "."))
    if rate > 100:
        raise refusal(_("“%(value)s” is more than 100 %%."), "rate_too_high", text.strip())
    return Parsed(rate, number != bare)


_YES, _NO = {"oui", "o", "1", "vrai", "x", "yes", "y", "true"}, {"non", "n", "0", "faux", "no", "false"}


def parse_boolean(raw: Raw) -> Parsed[bool | None]:
    """None when empty. Oui and non in any case are usual, every other word is rectified."""
    word = _folded(as_text(raw))
    if not word:
        return Parsed(None)
    if word not in _YES | _NO:
        raise refusal(
            _("“%(value)s” is neither yes nor no: write oui or non."), "not_a_boolean", as_text(raw)
        )
    is_usual = as_text(raw).casefold() in ("oui", "non")
    return Parsed(word in _YES, not is_usual)


def parse_choice(
    raw: Raw,
    usual: Mapping[str, Collection[str]],
    short: Mapping[str, Collection[str]] | None = None,
    *,
    is_exact: bool = False,
    is_listed: bool = False,
) -> Parsed[str]:
    """The key of the choice that has this spelling, accents and case ignored; "" when empty.

    `usual` spellings are not remarked (with `is_exact`, only when written so to the letter); `short` ones
    (M, An, Mlle…) are rectified. Two choices must not share a spelling. With `is_listed` a refusal names them all:
    the nearest by its letters may be far by its meaning.
    """
    text = as_text(raw)
    wanted = _folded(text)
    if not wanted:
        return Parsed("")
    for key, spellings in usual.items():
        if wanted in map(_folded, spellings):
            return Parsed(key, text not in spellings if is_exact else text != text.strip())
    for key, spellings in (short or {}).items():
        if wanted in map(_folded, spellings):
            return Parsed(key, True)
    if is_listed:
        names = get_text_list([next(iter(spellings)) for spellings in usual.values()])
        raise refusal(
            _("“%(value)s” is unknown: write %(names)s."), "unknown_choice", text.strip(), names=names
        )
    if near := nearest(text.strip(), [name for spellings in usual.values() for name in spellings]):
        raise refusal(
            _("“%(value)s” is unknown (near: %(near)s)."), "unknown_choice", text.strip(), near=near
        )
    raise refusal(_("“%(value)s” is unknown."), "unknown_choice", text.strip())


_is_email = EmailValidator(allowlist=[])


def parse_email(raw: Raw) -> Parsed[str]:
    """One address in lower case, "" when empty."""
    text = as_text(raw)
    address = _INVISIBLE.sub("", text).strip().lower()
    found = [part for part in re.split(r"[\s;,/|]+", address) if "@" in part]
    if len(found) > 1:
        raise refusal(
            _("%(count)d addresses in one cell: keep only one, for example %(value)s."),
            "several_emails",
            found[0],
            count=len(found),
        )
    if not address:
        return Parsed("")
    try:
        _is_email(address)
    except ValidationError:
        raise refusal(_("“%(value)s” is not a valid e-mail address."), "not_an_email", text.strip()) from None
    return Parsed(address, address != text)


def _folded(text: str) -> str:
    decomposed = unicodedata.normalize("NFD", text.casefold())
    return " ".join("".join(c for c in decomposed if not unicodedata.combining(c)).split())
