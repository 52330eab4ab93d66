from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from crm.change_requests import fields
from crm.change_requests.models import ChangedField, ChangeRequest

ACCEPT, REFUSE, LATER = "accept", "refuse", "later"


class RefusalForm(forms.Form):
    """Why a request is refused: the client reads it."""

    reason = forms.CharField(
        label=gettext_lazy("Why it is refused"),
        help_text=gettext_lazy("The client reads it in the e-mail that tells them."),
        max_length=300,
        widget=forms.Textarea(attrs={"rows": 3}),
    )


class NoteForm(forms.Form):
    """A word to the client with an acceptance."""

    note = forms.CharField(
        label=gettext_lazy("A word to the client"),
        max_length=300,
        required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
    )


@dataclass(frozen=True)
class Row:
    """One field beside its three values, with its part of the form while it is open."""

    field: ChangedField
    current: str
    choice: forms.BoundField | None
    reason: forms.BoundField | None
    seen: forms.BoundField | None
    # Written by somebody since the client asked: neither what they saw nor what they ask.
    is_stale: bool


class DecisionForm(forms.Form):
    """Accept, refuse or leave each field still open. It remembers which values it was decided on."""

    seen_at = forms.DateTimeField(widget=forms.HiddenInput)

    def __init__(self, request: ChangeRequest, data: Any = None) -> None:
        self.request = request
        super().__init__(data, initial={"seen_at": request.last_asked_at.isoformat()})
        self.changed = list(request.fields.all())
        for row in self.changed:
            if row.is_open:
                self._add(row)

    def _add(self, row: ChangedField) -> None:
        current = fields.text_of(self.request.client, row.name)
        is_stale = current not in (row.old, row.new)
        words = {
            ACCEPT: _("Put the value asked for") if is_stale else _("Accept"),
            REFUSE: _("Keep the present value") if is_stale else _("Refuse"),
            LATER: _("Later"),
        }
        self.fields[f"{row.name}-choice"] = forms.ChoiceField(
            label=row.label, choices=list(words.items()), widget=forms.RadioSelect, initial=LATER
        )
        self.fields[f"{row.name}-reason"] = forms.CharField(
            label=_("Why, if it is refused"), max_length=300, required=False
        )
        self.fields[f"{row.name}-seen"] = forms.CharField(
            initial=current, required=False, strip=False, widget=forms.HiddenInput
        )

    def rows(self) -> list[Row]:
        return list(self._rows())

    def _rows(self) -> Iterator[Row]:
        for row in self.changed:
            current = fields.text_of(self.request.client, row.name)
            parts = [
                self[f"{row.name}-{part}"] if row.is_open else None for part in ("choice", "reason", "seen")
            ]
            is_stale = row.is_open and current not in (row.old, row.new)
            yield Row(row, fields.shown(row.name, current), *parts, is_stale)

    def clean(self) -> dict[str, Any]:
        data = super().clean()
        choices = {name: data.get(f"{name}-choice") for name in self._open_names()}
        for name, choice in choices.items():
            if choice == REFUSE and not data.get(f"{name}-reason"):
                self.add_error(f"{name}-reason", _("Say why: the client reads it."))
        if not self.errors and set(choices.values()) <= {LATER}:
            raise forms.ValidationError(_("Accept or refuse at least one field."))
        return data

    def _open_names(self) -> list[str]:
        return [row.name for row in self.changed if row.is_open]

    def decisions(self) -> dict[str, Any]:
        """What `services.decide` takes."""
        data = self.cleaned_data
        names = self._open_names()
        seen_at: datetime = data["seen_at"]
        return {
            "accept": {name: data[f"{name}-seen"] for name in names if data[f"{name}-choice"] == ACCEPT},
            "refuse": {name: data[f"{name}-reason"] for name in names if data[f"{name}-choice"] == REFUSE},
            "seen_at": seen_at,
        }
