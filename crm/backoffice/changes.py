"""The history of a record, told: what each value was, what it became, in the words of the screen."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db import models
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from crm.clients.rules import TELEPHONES
from crm.france.telephones import format_telephone
from crm.mailing.rich_text import text_of
from crm.timeline.notes import NoteField, sanitised

EMPTY = "—"


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


def versions(records: Sequence[Any], *, older: Any | None = None) -> list[Version]:
    """Each record, newest first, with what it changed. `older`: the record before the last one given, if any."""
    if not records:
        return []
    fields = [field for field in type(records[0]).tracked_fields if not field.primary_key]
    names = _names_of_related(fields, [*records, *([older] if older else [])])
    pairs = zip(records, [*records[1:], older], strict=True)
    return [_version(record, before, fields, names) for record, before in pairs]


def _version(record, before, fields, names) -> Version:
    changed = (
        [] if before is None else [field for field in fields if _raw(record, field) != _raw(before, field)]
    )
    return Version(
        at=record.history_date,
        by=str(record.history_user or _("Automatic")),
        action={"+": _("Created"), "~": _("Changed"), "-": _("Deleted")}[record.history_type],
        reason=record.history_change_reason or "",
        changes=[
            Change(capfirst(field.verbose_name), _shown(before, field, names), _shown(record, field, names))
            for field in changed
        ],
    )


def _raw(record, field) -> Any:
    return getattr(record, field.attname)


def _names_of_related(fields, records) -> dict[str, dict[Any, str]]:
    """For each foreign key, the name of each row that is mentioned: one query a key."""
    names = {}
    for field in fields:
        if isinstance(field, models.ForeignKey):
            keys = {_raw(record, field) for record in records} - {None}
            names[field.name] = (
                {pk: str(row) for pk, row in field.related_model.objects.in_bulk(keys).items()}
                if keys
                else {}
            )
    return names


def _shown(record, field, names) -> str:
    value = _raw(record, field)
    if value in (None, ""):
        return EMPTY
    if field.name in names:
        return names[field.name].get(value, _("(deleted)"))
    if isinstance(field, NoteField):
        return text_of(sanitised(value))
    if field.name in TELEPHONES:
        return format_telephone(value)
    if field.flatchoices:
        return str(dict(field.flatchoices).get(str(value), value))
    return _shown_plain(value)


def _shown_plain(value: Any) -> str:
    if isinstance(value, bool):
        return _("Yes") if value else _("No")
    if isinstance(value, datetime):
        return date_format(timezone.localtime(value), "SHORT_DATETIME_FORMAT")
    if isinstance(value, date):
        return date_format(value, "SHORT_DATE_FORMAT")
    return str(value)
