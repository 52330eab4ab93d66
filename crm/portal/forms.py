from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.core.validators import MaxLengthValidator
from django.db import models
from django.forms.models import fields_for_model
from django.utils.translation import gettext_lazy as _

from crm.change_requests import fields
from crm.change_requests.models import ChangeRequest
from crm.clients.models import Client
from crm.portal.record import groups
from crm.products.models import BillingPeriod, Plan, Subscription
from crm.products.wording import euros


class AnswerForm(forms.Form):
    """What one may add to a click."""

    message = forms.CharField(
        label=_("A word for us"),
        max_length=1000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 3, "autocomplete": "off"}),
    )


class PlanField(forms.ModelChoiceField):
    def label_from_instance(self, plan: Plan) -> str:
        price = _("%(price)s incl. tax") % {"price": euros(plan.with_tax())}
        return f"{plan.name}, {price}, {str(plan.get_billing_period_display()).lower()}"


class ServiceForm(forms.Form):
    """What one would like changed in a service. The verb says whether it makes sense."""

    plan = PlanField(
        Plan.objects.none(), label=_("Another formule"), required=False, empty_label=_("The same as today")
    )
    billing_period = forms.ChoiceField(label=_("Billing"), required=False)
    message = forms.CharField(
        label=_("In your own words"),
        max_length=1000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 4, "autocomplete": "off"}),
    )

    def __init__(self, data: Any = None, *, term: Subscription, **kwargs: Any) -> None:
        super().__init__(data, **kwargs)
        self.fields["plan"].queryset = Plan.objects.on_sale().exclude(pk=term.plan_id)
        others = [choice for choice in BillingPeriod.choices if choice[0] != term.billing_period]
        self.fields["billing_period"].choices = [("", _("The same as today")), *others]


# What browsers and password keepers call these.
AUTOCOMPLETE = {
    "civility": "honorific-prefix", "last_name": "family-name", "first_name": "given-name", "birth_date": "bday",
    "legal_name": "organization", "association_name": "organization", "email": "email", "website": "url",
    "preferred_language": "language", "street": "street-address", "postcode": "postal-code",
    "city": "address-level2", "country": "country", "mobile": "tel", "landline": "tel", "office_phone": "tel",
}  # fmt: skip
INPUT_TYPES = {"email": "email", "website": "url", **dict.fromkeys(fields.TELEPHONES, "tel")}


def _formfield(field: models.Field, **options: Any) -> forms.Field | None:
    """As on the sheet: an address of a site typed without its beginning is one of https."""
    if isinstance(field, models.URLField):
        options["assume_scheme"] = "https"
    return field.formfield(**options)


class RecordForm(forms.Form):
    """The fields that a client of this kind may ask to change, filled with what they ask already, else the record.

    Each remembers the value that it was shown with: only what the person touched is sent on, whatever somebody else
    has asked or written meanwhile. The rules of the record are asked by `change_requests.services.submit`.
    """

    def __init__(
        self, data: Any = None, *, client: Client, names: list[str], pending: ChangeRequest | None
    ) -> None:
        super().__init__(data)
        self.client = client
        self.asked = {row.name: row.new for row in pending.fields.all() if row.is_open} if pending else {}
        made = fields_for_model(Client, fields=names, formfield_callback=_formfield)
        for name, field in made.items():
            self.fields[name] = self._prepared(name, field)

    def _prepared(self, name: str, field: forms.Field) -> forms.Field:
        text = self.asked.get(name, fields.text_of(self.client, name))
        field.initial = fields.FORMATS[name](text) if name in fields.FORMATS else fields.value_of(name, text)
        field.show_hidden_initial = True
        if isinstance(field, forms.DateField):
            field.widget = forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"})
        if isinstance(field.widget, forms.Textarea):
            field.widget.attrs["rows"] = 2
        if name in INPUT_TYPES:
            field.widget.input_type = INPUT_TYPES[name]
        if name in fields.FORMATS:
            # Typed with its spaces, it is longer than it is kept.
            field.widget.attrs.pop("maxlength", None)
            field.validators = [MaxLengthValidator(60)]
        field.widget.attrs["autocomplete"] = AUTOCOMPLETE.get(name, "off")
        return field

    def sections(self) -> list[tuple[str, list[tuple[forms.BoundField, str]]]]:
        """Each field beside what the record says when something else is asked already."""
        named = [
            (title, [(self[name], self._on_record(name)) for name in names if name in self.fields])
            for title, names in groups(self.client.kind)
        ]
        return [(title, rows) for title, rows in named if rows]

    def _on_record(self, name: str) -> str:
        if name not in self.asked:
            return ""
        return fields.shown(name, fields.text_of(self.client, name)) or str(_("(empty)"))

    def changes(self) -> dict[str, Any]:
        """What the person touched."""
        return {name: self.cleaned_data[name] for name in self.changed_data}

    def add_refusals(self, error: ValidationError) -> None:
        """What the rules of the record say, beside the field; above all of them when it has no place here."""
        if not hasattr(error, "error_dict"):
            self.add_error(None, error)
            return
        for name, found in error.error_dict.items():
            if name in self.fields:
                self.add_error(name, found)
            else:
                for message in ValidationError(found).messages:
                    label = fields.label(name) if name != "__all__" else ""
                    self.add_error(None, f"{label} : {message}" if label else message)
