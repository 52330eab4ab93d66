"""The look of a mail. Mail programs obey a style written on each element, and little else."""

import re

from crm.organisation.colors import ink, text_on
from crm.organisation.models import Organisation

_STYLES = {
    "p": "margin:0 0 16px;",
    "h2": "margin:8px 0 12px;font-size:20px;line-height:1.3;",
    "h3": "margin:8px 0 10px;font-size:17px;line-height:1.3;",
    "ul": "margin:0 0 16px;padding-left:24px;",
    "ol": "margin:0 0 16px;padding-left:24px;",
    "li": "margin:0 0 6px;",
    "hr": "border:0;border-top:1px solid #e1e5ea;margin:20px 0;",
}
_TAG = re.compile(rf"<({'|'.join(_STYLES)})>")
# A link alone in its paragraph is a button.
_BUTTON = re.compile(
    r'<p>\s*(?:<strong>)?<a href="([^"]*)">((?:(?!</a>|<a ).)*)</a>(?:</strong>)?\s*</p>', re.DOTALL
)
_BOX = re.compile(r"<blockquote>(.*?)</blockquote>", re.DOTALL)


def dressed(html: str, organisation: Organisation) -> str:
    """Cleaned HTML with its styles: a link alone in its paragraph becomes a button, a quotation a framed box."""
    accent = organisation.accent_color
    html = _BUTTON.sub(_button(accent), html)
    html = _BOX.sub(_box(accent), html)
    html = html.replace("<a href=", f'<a style="color:{ink(accent)};" href=')
    return _TAG.sub(lambda tag: f'<{tag.group(1)} style="{_STYLES[tag.group(1)]}">', html)


def _button(accent: str) -> str:
    return (
        '<table role="presentation" cellpadding="0" cellspacing="0" border="0" style="margin:4px 0 20px;"><tr>'
        f'<td style="background-color:{accent};border-radius:6px;"><a target="_blank" '
        f'style="display:inline-block;padding:12px 24px;color:{text_on(accent)};font-weight:600;'
        r'text-decoration:none;" href="\1">\2</a></td></tr></table>'
    )


def _box(accent: str) -> str:
    return (
        '<table role="presentation" width="100%" cellpadding="0" cellspacing="0" border="0" style="margin:0 0 '
        f'16px;"><tr><td style="border-left:4px solid {accent};background-color:#f3f5f7;padding:14px 16px 0;">'
        r"\1</td></tr></table>"
    )
