"""What people type, as it is kept and as a page may show it."""

import re

import nh3
from django.utils.html import urlize
from django.utils.safestring import SafeString, mark_safe

LONGEST = 5000
# Control characters, and those that turn the direction of reading: emoji keep what joins them.
_CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f\x80-\x9f\u202a-\u202e\u2066-\u2069]")
_CLEANER = nh3.Cleaner(
    tags={"a", "br"},
    attributes={"a": {"href"}},
    url_schemes={"http", "https", "mailto"},
    link_rel="noopener noreferrer nofollow ugc",
    url_relative="deny",
)


def tidy(text: str) -> str:
    """One kind of line break, nothing invisible that lies, no long empty stretch.

    >>> tidy(" Bonjour\\r\\n\\r\\n\\r\\n\\r\\n👨‍👩‍👧 \\u202egnp.exe ")
    'Bonjour\\n\\n👨‍👩‍👧 gnp.exe'
    """
    text = _CONTROL.sub("", text.replace("\r\n", "\n").replace("\r", "\n"))
    return re.sub(r"\n{3,}", "\n\n", text).strip()


def shown(text: str) -> SafeString:
    """Text as HTML: escaped, its addresses made links that say where they go and leave nothing behind.

    >>> str(shown("Voyez <b> https://example.org/a?b=1"))[:24]
    'Voyez &lt;b&gt; <a href='
    """
    html = urlize(text, nofollow=True, autoescape=True).replace("\n", "<br>")
    return mark_safe(_CLEANER.clean(html))  # noqa: S308 -- escaped above, cleaned here
