"""The history of a text, as a person reads it: which lines left and which came."""

from dataclasses import dataclass
from datetime import datetime
from difflib import SequenceMatcher
from itertools import zip_longest

from django.utils.translation import gettext as _

from crm.mailing.models import TemplateText
from crm.mailing.rich_text import text_of

MOST_VERSIONS = 100


@dataclass(frozen=True)
class Change:
    label: str
    old: str
    new: str


@dataclass(frozen=True)
class Version:
    at: datetime
    by: str
    action: str
    reason: str
    changes: list[Change]


def told(text: TemplateText) -> list[Version]:
    """The newest first. An empty text is the original one."""
    records = list(text.history.select_related("history_user")[: MOST_VERSIONS + 1])
    versions = [_version(text, *pair) for pair in zip_longest(records, records[1:])]
    return [version for version in versions if version.changes][:MOST_VERSIONS]


def _version(text: TemplateText, record, before) -> Version:
    changes = []
    old_subject, old_body = _content(text, before)
    new_subject, new_body = _content(text, record)
    if old_subject != new_subject:
        changes.append(Change(_("Subject"), old_subject, new_subject))
    if old_body != new_body:
        changes.append(Change(_("Text"), *_differing(text_of(old_body), text_of(new_body))))
    return Version(
        at=record.history_date,
        by=str(record.history_user or _("Automatic")),
        action=_("Changed") if record.subject else _("Back to the original text"),
        reason=record.history_change_reason or "",
        changes=changes,
    )


def _content(text: TemplateText, record) -> tuple[str, str]:
    return (record.subject, record.body) if record is not None and record.subject else text.fallback()


def _differing(old: str, new: str) -> tuple[str, str]:
    """The lines of each that the other does not have; all alike, only the layout changed."""
    before, after = old.split("\n"), new.split("\n")
    gone, come = [], []
    for kind, *spans in SequenceMatcher(None, before, after, autojunk=False).get_opcodes():
        if kind != "equal":
            gone += [line for line in before[spans[0] : spans[1]] if line]
            come += [line for line in after[spans[2] : spans[3]] if line]
    same = _("(layout)")
    return "\n".join(gone) or (same if not come else ""), "\n".join(come) or (same if not gone else "")
