from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from crm.activity.models import Intervention
from crm.clients.models import Client
from crm.timeline.forms import FilesField


class InterventionForm(forms.ModelForm):
    uploads = FilesField()

    class Meta:
        model = Intervention
        fields = ["client", "title", "status", "in_charge", "planned_for", "started_at", "ended_at", "notes"]

    def clean(self):
        """Begun or ended now, when its state says so and nobody typed when."""
        data = super().clean()
        state, now = Intervention.Status, timezone.now().replace(second=0, microsecond=0)
        if data.get("status") == state.IN_PROGRESS and "started_at" in data:
            data["started_at"] = data["started_at"] or now
        if data.get("status") == state.DONE and "ended_at" in data:
            data["ended_at"] = data["ended_at"] or max(now, data.get("started_at") or now)
        return data


class StatusForm(forms.Form):
    """Who decides whether a client is active: what happens with them, or a person until a day."""

    AUTOMATIC = "automatic"
    status = forms.ChoiceField(
        label=_("Status"),
        choices=[
            (AUTOMATIC, _("Automatic: interventions and formules decide")),
            (Client.Status.ACTIVE, _("Active, whatever happens")),
            (Client.Status.INACTIVE, _("Inactive, whatever happens")),
        ],
        widget=forms.RadioSelect,
    )
    until = forms.DateField(
        label=_("Until"),
        required=False,
        widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"}),
        help_text=_("Last day; then it is automatic again. Empty: for good."),
    )
    reason = forms.CharField(
        label=_("Why"), required=False, max_length=160, help_text=_("Shown on the client's sheet.")
    )

    def clean_until(self):
        until = self.cleaned_data["until"]
        if until and until < timezone.localdate():
            raise ValidationError(_("This day has passed: choose today or later."))
        return until
