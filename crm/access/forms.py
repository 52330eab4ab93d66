"""What people fill in at the door."""

from allauth.account.forms import LoginForm as AllauthLoginForm
from allauth.account.forms import ResetPasswordKeyForm
from allauth.account.models import EmailAddress
from django import forms
from django.core.exceptions import ValidationError
from django.core.validators import MaxLengthValidator
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from crm.access.models import Registration
from crm.access.services import note_confirmed
from crm.accounts.hashing import LONGEST
from crm.clients.models import Client


class LoginForm(AllauthLoginForm):
    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        # The page has a link of its own to the forgotten password.
        self.fields["password"].help_text = ""
        # Hashing is costly on purpose: nobody may feed it a book.
        self.fields["password"].validators.append(MaxLengthValidator(LONGEST))


class NewPasswordForm(ResetPasswordKeyForm):
    """Chosen with the link of a mail: whoever has the link reads the mail of that address, which confirms it."""

    def save(self) -> None:
        super().save()
        address = EmailAddress.objects.filter(user=self.user, email=self.user.email.lower()).first()
        if address is not None and not address.verified and address.set_verified():
            note_confirmed(self.user, at=timezone.now())


class RegistrationForm(forms.ModelForm):
    """Held to the rules of a client's record, so that accepting finds nothing to correct."""

    # A trap for robots: hidden from people by the style sheet.
    website = forms.CharField(
        label=_("Leave this field empty"),
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "off", "tabindex": "-1"}),
    )

    class Meta:
        model = Registration
        fields = [
            "kind",
            "organisation_name",
            "first_name",
            "last_name",
            "email",
            "telephone",
            "postcode",
            "city",
            "message",
        ]
        labels = {"kind": _("You are"), "message": _("Your request, in a few words")}
        widgets = {
            "kind": forms.RadioSelect,
            "organisation_name": forms.TextInput(attrs={"autocomplete": "organization"}),
            "first_name": forms.TextInput(attrs={"autocomplete": "given-name"}),
            "last_name": forms.TextInput(attrs={"autocomplete": "family-name"}),
            "email": forms.EmailInput(attrs={"autocomplete": "email"}),
            "telephone": forms.TextInput(attrs={"type": "tel", "autocomplete": "tel"}),
            "postcode": forms.TextInput(attrs={"autocomplete": "postal-code"}),
            "city": forms.TextInput(attrs={"autocomplete": "address-level2"}),
            "message": forms.Textarea(attrs={"rows": 3}),
        }

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["kind"].choices = Client.Kind.choices
        self.fields["kind"].initial = Client.Kind.INDIVIDUAL

    def clean_email(self) -> str:
        return self.cleaned_data["email"].strip().lower()

    def clean(self):
        cleaned = super().clean()
        is_organisation = cleaned.get("kind") in (Client.Kind.PROFESSIONAL, Client.Kind.ASSOCIATION)
        if is_organisation and not cleaned.get("organisation_name"):
            self.add_error("organisation_name", _("Give the name of the company or association."))
        if not self.errors:
            self._check_as_client(cleaned)
        return cleaned

    def _check_as_client(self, cleaned: dict) -> None:
        client = Registration(**{name: cleaned[name] for name in self.Meta.fields}).to_client()
        try:
            client.clean()
        except ValidationError as error:
            for name, messages in error.message_dict.items():
                shown = "telephone" if name in ("mobile", "landline") else name
                self.add_error(shown if shown in self.fields else None, messages)

    @property
    def is_trapped(self) -> bool:
        return bool(self.cleaned_data.get("website"))
