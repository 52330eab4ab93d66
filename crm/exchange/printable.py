"""Texts as the printers' own fonts can draw them."""

import unicodedata
from functools import cache

# Letters and signs that Unicode does not decompose into something Helvetica has.
LOOK_ALIKES = str.maketrans("łŁđĐħĦıŧŦŋŊəƏ‐‒―−ʼʻʹ′″", "lLdDhHitTnNeE----’‘''\"")


def printed(line: str) -> str:
    """The line on one line, without invisible characters, its letters as near to the font as they come."""
    line = " ".join(unicodedata.normalize("NFC", line).split())
    return line if line.isascii() and line.isprintable() else "".join(map(nearest, line))


def drawable(line: str) -> str:
    return "".join(char if is_drawable(char) else "?" for char in line)


@cache
def nearest(char: str) -> str:
    if unicodedata.category(char) in {"Cc", "Cf", "Mn"}:  # no shape of their own
        return ""
    if is_drawable(char):
        return char
    bare = "".join(part for part in unicodedata.normalize("NFKD", char) if not unicodedata.combining(part))
    bare = bare.translate(LOOK_ALIKES)
    return bare if bare and all(map(is_drawable, bare)) else char


@cache
def is_drawable(char: str) -> bool:
    """Whether Helvetica has it: the printers' own font covers the characters of Windows-1252 and no other."""
    try:
        char.encode("cp1252")
    except UnicodeEncodeError:
        return False
    return char.isprintable() or char == "\xa0"
