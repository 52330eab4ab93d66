"""Texts with variables. Not programs: a name between braces is replaced once, and nothing else happens.

What may stand between braces is a closed list of names: no tag, no attribute, no filter can reach anything else.
"""

import re
from collections.abc import Collection, Mapping
from html import escape, unescape

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import override
from rapidfuzz import process

from crm.mailing.variables import PERSON

VARIABLE = re.compile(r"\{\{(?:\s|&nbsp;)*(\w+)(?:\s|&nbsp;)*\}\}")
_BRACES = re.compile(r"\{\{(.*?)\}\}", re.DOTALL)
_LEFT = re.compile(r"\{\{|\}\}|\{%|%\}|\{#|#\}")
# Variables of a person that follow one another: « {{ civilite }} {{ prenom }} {{ nom }} ».
_PERSON = r"\{\{(?:\s|&nbsp;)*(?:" + "|".join(PERSON) + r")(?:\s|&nbsp;)*\}\}"
_RUN = re.compile(rf"{_PERSON}(?:(?:\s|&nbsp;)+{_PERSON})*")
_ANY = re.compile(rf"{_RUN.pattern}|{VARIABLE.pattern}")
_HREF = re.compile(r"""href=["']([^"']*)["']""")
# Around a variable that is made when the mail leaves. Private characters: no value can hold them (see `plain`).
OPEN, CLOSE = "\ue000", "\ue001"
_LATER = re.compile(f"{OPEN}(\\w+){CLOSE}")
_CONTROL = re.compile(r"[\x00-\x1f\x7f\u2028\u2029\ue000-\uf8ff]+")


def check(text: str, allowed: Collection[str], *, holds_links: bool) -> None:
    """Raise ValidationError, one sentence per fault: an unknown name, a tag, an attribute, a brace left open."""
    faults = []
    if not holds_links:
        faults += [
            _("{{ %(name)s }} is a link: it has its place in the text, not in the subject.") % {"name": name}
            for name in names_in(text)
            if name in allowed and name.startswith("lien_")
        ]
    for inside in _BRACES.findall(text):
        name = unescape(re.sub(r"<[^>]*>", "", inside)).strip()
        if inside != re.sub(r"<[^>]*>", "", inside) and name in allowed:
            faults.append(
                _("{{ %(name)s }}: put the whole variable in one style, braces included.") % {"name": name}
            )
        elif name not in allowed:
            faults.append(_unknown(name, allowed))
    if left := _LEFT.search(_BRACES.sub("", text)):
        faults.append(_left_over(left.group(), text))
    for address in _HREF.findall(text):
        faults += [
            _("{{ %(name)s }} is not an address: a link takes a variable that begins with « lien_ ».")
            % {"name": name}
            for name in VARIABLE.findall(address)
            if name in allowed and not name.startswith("lien_")
        ]
    if faults:
        raise ValidationError(faults)


def _unknown(name: str, allowed: Collection[str]) -> str:
    if not re.fullmatch(r"\w*", name):
        return _("{{ %(name)s }}: only the name of a variable may stand between braces.") % {
            "name": name[:60]
        }
    near = process.extractOne(name.lower(), list(allowed), score_cutoff=60) if name else None
    if near:
        return _("{{ %(name)s }} does not exist: %(near)s?") % {"name": name, "near": near[0]}
    return _("{{ %(name)s }} does not exist.") % {"name": name}


def _left_over(mark: str, text: str) -> str:
    if "%" in mark or "#" in mark:
        return _("%(mark)s: a text holds variables between {{ and }}, and no instructions.") % {"mark": mark}
    place = _BRACES.sub("", text).find(mark)
    around = re.sub(r"<[^>]*>", "", _BRACES.sub("", text)[place : place + 30])
    return _("A brace is left open near “%(text)s”: write {{ name }}.") % {"text": around.strip()}


def names_in(text: str) -> set[str]:
    return set(VARIABLE.findall(text))


def fill(
    text: str, values: Mapping[str, str], *, later: Collection[str], language: str, is_html: bool
) -> str:
    """The text with its variables replaced, in one pass: what a value holds is never read as a variable.

    `later` are left as marks for `complete`. An empty value of a person gives way to a polite form, once for
    variables that follow one another. Values lose line breaks and control characters, and are escaped in HTML.
    """
    with override(language):
        polite = _("Madam, Sir")

    def shown(value: str) -> str:
        lines = [plain(line) for line in value.splitlines()]
        return "<br>".join(escape(line) for line in lines) if is_html else " ".join(lines)

    def replaced(match: re.Match) -> str:
        names = VARIABLE.findall(match.group())
        if set(names) <= set(PERSON):
            return (
                " ".join(shown(values.get(name, "")) for name in names if values.get(name, "").strip())
                or polite
            )
        name = names[0]
        return f"{OPEN}{name}{CLOSE}" if name in later else shown(values.get(name, ""))

    return _ANY.sub(replaced, text)


def complete(text: str, links: Mapping[str, str], *, is_html: bool) -> str:
    """The text with the marks of `fill` replaced: done as the mail leaves, on a copy that nobody keeps."""
    return _LATER.sub(lambda mark: escape(links[mark.group(1)]) if is_html else links[mark.group(1)], text)


def marks_in(text: str) -> set[str]:
    """The variables that `complete` will need."""
    return set(_LATER.findall(text))


def masked(text: str) -> str:
    """The text as staff may read it: personal links are named, not shown."""
    return _LATER.sub(lambda mark: _("[personal link]"), text)


def plain(value: str) -> str:
    """One line, without control characters: a name cannot add a header to a mail, nor imitate a mark of ours."""
    return _CONTROL.sub(" ", value).strip()
