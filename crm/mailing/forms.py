from typing import Any

from django import forms
from django.conf import settings
from django.contrib import admin
from django.contrib.admin.widgets import AdminTextInputWidget, AutocompleteSelect
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _
from django_prose_editor.fields import ProseEditorFormField
from django_prose_editor.widgets import AdminProseEditorWidget

from crm.accounts.models import User
from crm.clients.models import Client
from crm.mailing.kinds import kinds
from crm.mailing.models import Mail, Template, TemplateText
from crm.mailing.rich_text import EXTENSIONS, is_same


class RichTextField(ProseEditorFormField):
    """Sanitised by the model. An editor that only laid the HTML out otherwise changed nothing."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(
            **({"config": {"extensions": EXTENSIONS}, "widget": AdminProseEditorWidget} | kwargs)
        )

    def has_changed(self, initial: Any, data: Any) -> bool:
        return not is_same(initial or "", data or "")


class TemplateForm(forms.ModelForm):
    """A further text, by its name; the standard ones are made with the product."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "kind" in self.fields:
            self.fields["kind"].choices = [(kind.code, kind.title) for kind in kinds().values()]
        if "name" in self.fields:
            self.fields["name"].required = True
            self.fields["name"].help_text = _("What tells this text from the standard one, such as “Summer”.")


class TextForm(forms.ModelForm):
    body = RichTextField(label=_("Text"), required=False)

    class Meta:
        model = TemplateText
        fields = ["subject", "body"]
        widgets = {"subject": AdminTextInputWidget()}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial["subject"], self.initial["body"] = self.instance.in_force()


class ClientSelect(AutocompleteSelect):
    def build_attrs(self, base_attrs: Any, extra_attrs: Any = None) -> dict[str, Any]:
        """An empty box would have no name for who cannot see it; Django leaves no other place to say it."""
        return super().build_attrs(base_attrs, extra_attrs) | {"data-placeholder": _("Choose a client")}


class TrialForm(forms.Form):
    """A text as it is being written, and the client to try it on."""

    language = forms.ChoiceField(choices=settings.LANGUAGES)
    subject = forms.CharField(label=_("Subject"), required=False, max_length=200)
    body = forms.CharField(label=_("Text"), required=False)
    client = forms.ModelChoiceField(
        Client.objects.none(),
        label=_("As this client would receive it"),
        required=False,
        widget=ClientSelect(Mail._meta.get_field("client"), admin.site),
    )

    def __init__(self, *args: Any, template: Template, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.template = template
        if user.has_perm("clients.view_client"):
            self.fields["client"].queryset = Client.objects.visible_to(user)

    def clean(self) -> dict[str, Any]:
        """Checked as when it is saved; an empty text is the one that would be sent in its place."""
        given = {name: self.cleaned_data.get(name, "") for name in ("language", "subject", "body")}
        self.text = TemplateText(template=self.template, **given)
        try:
            self.text.clean()
        except ValidationError as error:
            self.add_error(None, error)
        return self.cleaned_data
