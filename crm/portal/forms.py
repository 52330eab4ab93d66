from django import forms
from django.utils.translation import gettext_lazy as _


class AnswerForm(forms.Form):
    """What one may add to a click."""

    message = forms.CharField(
        label=_("A word for us"),
        max_length=1000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 3, "autocomplete": "off"}),
    )
