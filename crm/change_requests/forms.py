from django import forms
from django.utils.translation import gettext_lazy as _


class RefusalForm(forms.Form):
    """Why a request is refused: the client reads it."""

    reason = forms.CharField(
        label=_("Why it is refused"),
        help_text=_("The client reads it in the e-mail that tells them."),
        max_length=300,
        widget=forms.Textarea(attrs={"rows": 3}),
    )


class NoteForm(forms.Form):
    """A word to the client with an acceptance."""

    note = forms.CharField(
        label=_("A word to the client"),
        max_length=300,
        required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
    )
