from uuid import uuid4

from django import forms
from django.utils.translation import gettext_lazy as _

from crm.conversations.models import Preference
from crm.conversations.wording import LONGEST
from crm.timeline.forms import FilesField


class MessageForm(forms.Form):
    """What is written, and the token that makes of a double click one message."""

    text = forms.CharField(
        label=_("Your message"),
        max_length=LONGEST,
        required=False,
        strip=False,
        widget=forms.Textarea(attrs={"rows": 3, "autocomplete": "off"}),
    )
    uploads = FilesField()
    token = forms.UUIDField(widget=forms.HiddenInput, initial=uuid4)


class RequestForm(MessageForm):
    subject = forms.CharField(label=_("Subject"), max_length=120)

    field_order = ["subject"]


class EditForm(forms.Form):
    text = forms.CharField(
        label=_("Your message"),
        max_length=LONGEST,
        required=False,
        strip=False,
        widget=forms.Textarea(attrs={"rows": 4, "autocomplete": "off"}),
    )


class PreferenceForm(forms.ModelForm):
    class Meta:
        model = Preference
        fields = ["mails"]
        widgets = {"mails": forms.RadioSelect}
