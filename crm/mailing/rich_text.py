"""The HTML that an administrator may write in a mail, and the plain text that goes with it."""

import re
from html import unescape

import nh3

# What the editor offers. Whatever else is pasted is dropped; a link has one of SCHEMES, or is a variable.
EXTENSIONS = {
    "Bold": True,
    "Italic": True,
    "Underline": True,
    "Heading": {"levels": [2, 3]},
    "BulletList": True,
    "OrderedList": {"enableListAttributes": False},
    "ListItem": True,
    "Link": {"enableTarget": False},
    "Blockquote": True,
    "HardBreak": True,
    "HorizontalRule": True,
}
TAGS = {"p", "br", "strong", "em", "u", "h2", "h3", "ul", "ol", "li", "a", "blockquote", "hr"}
SCHEMES = {"http", "https", "mailto", "tel"}
BOX = "========"
_LINK = re.compile(r'<a href="(?:mailto:|tel:)?([^"]*)"[^>]*>(.*?)</a>')
_MARKS = [
    (re.compile(r"<li>(?:<p>)?"), "\n- "),
    (re.compile(r"<br>"), "\n"),
    (re.compile(r"<hr>"), "\n\n--------\n\n"),
    # A box, which holds what must not be missed.
    (re.compile(r"</?blockquote>"), f"\n\n{BOX}\n\n"),
    (re.compile(r"</?(?:p|h2|h3|ul|ol)>"), "\n\n"),
    (re.compile(r"<[^>]*>"), ""),
]
# Characters that rendering keeps for its own marks, and those that no text holds.
_NOT_TEXT = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ue000-\uf8ff]")
_BLOCK = "p|h2|h3|ul|ol|li|blockquote|hr|br"
_AROUND_BLOCKS = re.compile(rf"\s*(</?(?:{_BLOCK})>)\s*")


def clean_html(html: str) -> str:
    """Only TAGS and links of SCHEMES: nothing that runs, hides or loads. A text without a word is empty."""
    cleaned = nh3.clean(
        _NOT_TEXT.sub("", html), tags=TAGS, attributes={"a": {"href"}}, url_schemes=SCHEMES, link_rel=None
    ).strip()
    return cleaned if text_of(cleaned) else ""


def is_same(one: str, other: str) -> bool:
    """Whether two texts read the same, however an editor laid out their HTML."""
    return _bare(one) == _bare(other)


def _bare(html: str) -> str:
    """Without the spaces between blocks, and the paragraphs that editors put in list items."""
    text = _AROUND_BLOCKS.sub(r"\1", " ".join(clean_html(html).split()))
    return text.replace("<li><p>", "<li>").replace("</p></li>", "</li>")


def text_of(html: str) -> str:
    """Cleaned HTML without its dress: paragraphs apart, items with a dash, a link's address beside its words."""
    text = _LINK.sub(_link, " ".join(html.split()))
    for tag, mark in _MARKS:
        text = tag.sub(mark, text)
    lines = "\n".join(line.strip() for line in unescape(text).replace("\N{NO-BREAK SPACE}", " ").split("\n"))
    return re.sub(r"\n{3,}", "\n\n", lines.replace("\n\n- ", "\n- ")).strip()


def _link(match: re.Match) -> str:
    address, words = match.groups()
    return words if words.strip() in (address, "") else f"{words} ({address})"
