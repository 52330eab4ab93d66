"""The entries of a timeline as a page shows them: each with a mark, and a link to what it is about."""

from collections.abc import Iterable
from dataclasses import dataclass

from django.apps import apps
from django.urls import NoReverseMatch, reverse

from crm.accounts.models import User
from crm.timeline.models import Entry

Kind = Entry.Kind
ICONS: dict[str, str] = {
    Kind.CREATED: "user-plus",
    Kind.CHANGED: "pen",
    Kind.ARCHIVED: "box-archive",
    Kind.RESTORED: "box-open",
    Kind.IMPORTED: "file-import",
    Kind.SUBSCRIBED: "calendar-plus",
    Kind.RENEWED: "rotate",
    Kind.SUBSCRIPTION_CHANGED: "calendar-check",
    Kind.STOPPED: "calendar-xmark",
    Kind.REQUESTED: "hand",
    Kind.REQUEST_CLOSED: "circle-check",
    Kind.SUPPORT: "life-ring",
    Kind.MESSAGE: "comments",
    Kind.MAILED: "envelope",
    Kind.MAIL_TROUBLE: "triangle-exclamation",
    Kind.MAILED_OUT: "envelopes-bulk",
    Kind.ACTION_DELETED: "trash",
    Kind.INTERVENTION: "screwdriver-wrench",
    Kind.STATUS: "toggle-on",
}
USUAL = "circle-dot"


@dataclass(frozen=True)
class Row:
    entry: Entry
    icon: str
    # The page of what it is about, when there is one that this person may open.
    url: str
    may_change: bool = False


def described(entries: Iterable[Entry], user: User) -> list[Row]:
    return [_row(entry, user) for entry in entries]


def _row(entry: Entry, user: User) -> Row:
    if entry.action:
        url = reverse("admin:timeline_action_change", args=[entry.action.pk])
        may_change = user.has_perm("timeline.change_action") and entry.action.is_changed_by(user)
        return Row(
            entry, entry.action.kind.icon, url if user.has_perm("timeline.view_action") else "", may_change
        )
    return Row(entry, ICONS.get(entry.kind, USUAL), _address(entry, user))


def _address(entry: Entry, user: User) -> str:
    try:
        options = apps.get_model(entry.target_type)._meta
    except (LookupError, ValueError):
        return ""
    if not user.has_perm(f"{options.app_label}.view_{options.model_name}"):
        return ""
    try:
        return reverse(f"admin:{options.app_label}_{options.model_name}_change", args=[entry.target_id])
    except NoReverseMatch:
        return ""
