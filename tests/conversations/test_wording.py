"""Text, emoji, and links made safe (F1)."""

import doctest
from html.parser import HTMLParser

import pytest

from crm.conversations import wording
from crm.conversations.wording import shown, tidy

REL = 'rel="noopener noreferrer nofollow ugc"'


class Tags(HTMLParser):
    def read(self, html: str) -> list[tuple[str, dict]]:
        self.found: list[tuple[str, dict]] = []
        self.feed(html)
        return self.found

    def handle_starttag(self, tag, attrs):
        self.found.append((tag, dict(attrs)))


def test_the_examples_are_true():
    assert doctest.testmod(wording).failed == 0


@pytest.mark.parametrize(
    ("text", "html"),
    [
        ("a\nb", "a<br>b"),
        ("Merci 👩🏽‍🚒🇫🇷", "Merci 👩🏽‍🚒🇫🇷"),
        ("<script>alert(1)</script>", "&lt;script&gt;alert(1)&lt;/script&gt;"),
        (
            "https://example.org/?a=1&b=2",
            f'<a href="https://example.org/?a=1&amp;b=2" {REL}>https://example.org/?a=1&amp;b=2</a>',
        ),
        (
            "chloe@example.org",
            f'<a href="mailto:chloe@example.org" {REL}>chloe@example.org</a>',
        ),
        ("javascript:alert(1)", "javascript:alert(1)"),
        ("data:text/html,<b>", "data:text/html,&lt;b&gt;"),
    ],
)
def test_text_is_shown_as_typed_with_safe_links(text, html):
    assert shown(text) == html


@pytest.mark.parametrize(
    "text",
    [
        'https://example.org/"onmouseover="alert(1)',
        "https://example.org/'><img src=x onerror=alert(1)>",
        "http://javascript:alert(1)@example.org",
        "<a href='javascript:alert(1)'>oui</a>",
        "www.example.org/<svg/onload=alert(1)>",
    ],
)
def test_no_text_becomes_a_program(text):
    """Whatever is typed, a page holds links to the outside and line breaks."""
    for tag, attributes in Tags().read(shown(text)):
        assert tag in ("a", "br")
        assert set(attributes) <= {"href", "rel"}
        assert attributes.get("href", "http").split(":")[0] in ("http", "https", "mailto")


def test_signs_that_turn_the_direction_of_reading_are_dropped():
    assert tidy("facture\u202egpj.exe\x07") == "facturegpj.exe"
