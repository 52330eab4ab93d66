"""A timeline read page after page: from one day to another, of some types, the newest first."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from urllib.parse import urlencode

from django import forms
from django.db.models import Prefetch
from django.http import QueryDict
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext_lazy as _

from crm.core.rows import is_key
from crm.timeline.models import ActionFile, ActionKind, Entry, EntryQuerySet

PER_PAGE = 50
# A type of manual action, among the kinds of entries: action-3.
ACTION = "action-"


def types() -> list[tuple[str, str]]:
    """What a timeline may be narrowed to: the types of manual actions, then the other kinds."""
    of_actions = [(f"{ACTION}{pk}", name) for pk, name in ActionKind.objects.values_list("pk", "name")]
    return [*of_actions, *((kind, label) for kind, label in Entry.Kind.choices if kind != Entry.Kind.ACTION)]


@dataclass(frozen=True)
class Asked:
    """What is asked of a timeline; what makes no sense asks nothing."""

    since: date | None = None
    until: date | None = None
    kinds: Sequence[str] = ()
    action_kinds: Sequence[int] = ()

    def of(self, entries: EntryQuerySet) -> EntryQuerySet:
        return entries.between(self.since, self.until).of_types(self.kinds, self.action_kinds)


class TimelineForm(forms.Form):
    since = forms.DateField(
        label=_("from"), required=False, widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"})
    )
    until = forms.DateField(
        label=_("to"), required=False, widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"})
    )
    type = forms.MultipleChoiceField(
        label=_("Types"), required=False, choices=types, widget=forms.CheckboxSelectMultiple
    )

    def __init__(self, data: QueryDict | Mapping | None = None):
        super().__init__(data, auto_id="timeline-%s")
        for one in self.fields.values():
            one.widget.attrs["form"] = "timeline-filter"

    @property
    def asked(self) -> Asked:
        self.is_valid()
        data = self.cleaned_data
        chosen = data.get("type") or []
        return Asked(
            data.get("since"),
            data.get("until"),
            [one for one in chosen if not one.startswith(ACTION)],
            [int(one.removeprefix(ACTION)) for one in chosen if one.startswith(ACTION)],
        )

    @property
    def query(self) -> str:
        """The same question as part of an address."""
        kept = [(name, value) for name in ("since", "until", "type") for value in self._given(name) if value]
        return urlencode(kept)

    def _given(self, name: str) -> list[str]:
        return self.data.getlist(name) if isinstance(self.data, QueryDict) else []


@dataclass(frozen=True)
class Page:
    entries: list[Entry] = field(default_factory=list)
    # Where the next page begins; empty on the last.
    after: str = ""


def page(entries: EntryQuerySet, *, before: str = "") -> Page:
    """Three queries at most, whatever the length of the timeline and however far the page.

    `before`: the `after` of the page that was read; what is not one reads from the top.
    """
    if place := _place(before):
        entries = entries.older_than(*place)
    rows = list(with_actions(entries)[: PER_PAGE + 1])
    last = rows[PER_PAGE - 1] if len(rows) > PER_PAGE else None
    return Page(rows[:PER_PAGE], f"{last.at.isoformat()},{last.pk}" if last else "")


def with_actions(entries: EntryQuerySet) -> EntryQuerySet:
    """With who did it, and the manual action with its files."""
    files = Prefetch("action__files", ActionFile.objects.order_by("pk"))
    return entries.select_related("by", "action__kind").prefetch_related(files)


def _place(text: str) -> tuple[datetime, int] | None:
    at, _comma, key = text.partition(",")
    try:
        moment = parse_datetime(at)
    except ValueError:
        return None
    if moment is None or moment.tzinfo is None or not is_key(key):
        return None
    return moment, int(key)
