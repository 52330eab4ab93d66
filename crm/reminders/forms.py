from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from crm.reminders.models import Pause, Rule

# Changed, a rule says something new: it says nothing of the days that passed before.
SAYS = {"days", "plan", "is_active"}


class RuleForm(forms.ModelForm):
    class Meta:
        model = Rule
        fields = ["days", "plan", "template", "is_active"]

    def clean(self) -> dict[str, Any]:
        data = super().clean()
        if data.get("is_active") and SAYS.intersection(self.changed_data):
            self.instance.start_anew(timezone.localdate())
        return data


class PauseForm(forms.ModelForm):
    """Who is paused is said, never guessed from two blanks."""

    is_for_everybody = forms.BooleanField(
        label=gettext_lazy("Everybody"),
        required=False,
        help_text=gettext_lazy(
            "No reminder leaves for anybody: holidays. Notices of tacit renewal, which the law asks for, still do."
        ),
    )

    class Meta:
        model = Pause
        fields = ["client", "subscription", "starts_on", "ends_on", "reason"]
        help_texts = {
            "client": gettext_lazy("Every service of this client."),
            "subscription": gettext_lazy("Or this service alone."),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "starts_on" in self.fields and self.instance.pk is None:
            self.fields["starts_on"].initial = timezone.localdate
        if "is_for_everybody" in self.fields and self.instance.pk:
            self.fields["is_for_everybody"].initial = self.instance.is_general

    def clean(self) -> dict[str, Any]:
        data = super().clean()
        named = [data.get("client"), data.get("subscription")]
        if any(name in self.errors for name in ("client", "subscription")):
            return data
        if data.get("is_for_everybody"):
            if any(named):
                raise forms.ValidationError(
                    _("Choose either everybody, or a client or subscription: not both.")
                )
        elif not any(named):
            raise forms.ValidationError(
                _("Whose reminders are paused? Choose a client, or one of their subscriptions.")
            )
        return data
