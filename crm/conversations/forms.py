from typing import Any
from uuid import uuid4

from django import forms
from django.utils.translation import gettext_lazy as _

from crm.clients.models import Client
from crm.conversations.models import Preference, SupportRequest
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


class AnswerForm(MessageForm):
    """Of the staff, who may say which subject they answer."""

    request = forms.ModelChoiceField(
        SupportRequest.objects.none(),
        label=_("In answer to"),
        required=False,
        empty_label=_("The conversation"),
    )

    def __init__(self, *args: Any, client: Client, form_id: str = "", **kwargs: Any) -> None:
        """`form_id`: of the form that these boxes belong to, when they stand inside another one."""
        super().__init__(*args, **kwargs)
        if form_id:
            for field in self.fields.values():
                field.widget.attrs["form"] = form_id
        self.fields["request"].queryset = SupportRequest.objects.filter(client=client)


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
