"""What several rules do to a text before reading it: drop accents, separators, what Excel adds."""

import re
import unicodedata

_NOT_DECOMPOSED = str.maketrans(
    {
        "œ": "oe", "Œ": "OE", "æ": "ae", "Æ": "AE", "ø": "o", "Ø": "O", "ł": "l", "Ł": "L",
        "đ": "d", "Đ": "D", "ð": "d", "Ð": "D", "þ": "th", "Þ": "TH", "ı": "i", "ß": "ss",
    }
)  # fmt: skip
_EXCEL_FLOAT = re.compile(r"(\d+)[.,]0{1,2}")
_SCIENTIFIC = re.compile(r"\d+([.,]\d+)?E[+-]?\d+", re.IGNORECASE)
_SEPARATORS = re.compile(r"[\s.\-‐‑‒–—\u200b\u2060\ufeff]")


def without_accents(text: str) -> str:
    """
    Letters without their marks, ligatures in two letters.

    >>> without_accents("Œuvre à Besançon")
    'OEuvre a Besancon'
    """
    if text.isascii():
        return text
    decomposed = unicodedata.normalize("NFKD", text.translate(_NOT_DECOMPOSED))
    return "".join(mark for mark in decomposed if not unicodedata.combining(mark)).translate(_NOT_DECOMPOSED)


def without_excel_marks(text: str) -> str:
    """
    The text without the apostrophe that protects a number in a cell, nor the ".0" of a number kept as a float.

    >>> without_excel_marks("'29800022500011"), without_excel_marks("1000.0")
    ('29800022500011', '1000')
    """
    text = str(text).strip().removeprefix("'").removeprefix("’").strip()
    number = _EXCEL_FLOAT.fullmatch(text)
    return number[1] if number else text


def compact(text: str) -> str:
    """
    Upper case without spaces of any kind, dots, nor hyphens.

    >>> compact(" fr84 298.000-126")
    'FR84298000126'
    """
    return _SEPARATORS.sub("", without_excel_marks(text)).upper()


def is_scientific(text: str) -> bool:
    """
    Whether a spreadsheet turned the number into powers of ten: its last digits are gone.

    >>> is_scientific("2,98E+13"), is_scientific("29800022500011")
    (True, False)
    """
    return bool(_SCIENTIFIC.fullmatch(str(text).strip()))
