"""Texts that a spreadsheet would run, made harmless on the way out and given back unchanged on the way in.

Such a text gets an apostrophe in front. So that the import can take it away again, and nothing else, a text
that already begins with apostrophes gets one more when what follows them would need one.
"""

import re

# What a spreadsheet skips before it looks for a formula, and what other readers may have split on.
_SKIPPED = "\\s\x00-\x1f\x7f\xad\u200b-\u200f\u2060\ufeff'\";,|"
_DANGEROUS = re.compile(f"[{_SKIPPED}]*[=+\\-@＝＋－＠﹦﹢﹣﹫]|[\x00-\x1f]")
_NUMBER = re.compile("[+-]?[0-9][0-9 \xa0\u202f]*([.,][0-9]+)?")


def escape_formula(text: str) -> str:
    """The text with an apostrophe in front if a spreadsheet could run it; not a number, not a telephone.

    >>> [escape_formula(text) for text in ("=1+1", "'=1+1", "'t Hooft", "+33639980001")]
    ["'=1+1", "''=1+1", "'t Hooft", '+33639980001']
    """
    return f"'{text}" if _needs_escape(text) else text


def unescape_formula(text: str) -> str:
    """The text before `escape_formula`; a text that it has never seen comes back as it is."""
    return text[1:] if text.startswith("'") and _needs_escape(text[1:]) else text


def is_harmless(text: str) -> bool:
    """Whether no spreadsheet would run it."""
    return escape_formula(text) == text


def _needs_escape(text: str) -> bool:
    text = text.lstrip("'")
    return bool(_DANGEROUS.match(text)) and not _NUMBER.fullmatch(text)
