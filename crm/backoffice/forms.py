import re

from django import forms
from django.contrib.admin.widgets import AdminTextareaWidget, AdminTextInputWidget
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.crypto import constant_time_compare, salted_hmac
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext
from django_countries.widgets import LazySelect

from crm.accounts.models import User
from crm.backoffice.sheet import starred
from crm.clients.admin import tag_badge
from crm.clients.lookalikes import Lookalike, find
from crm.clients.models import Client, Tag
from crm.clients.rules import TELEPHONES
from crm.core.pictures import PictureField
from crm.core.rows import RowsField
from crm.france.activity import format_activity_code
from crm.france.identifiers import format_siren, format_siret
from crm.france.telephones import format_telephone
from crm.products.forms import RateInput, SubscriptionForm

CONFIRMATION = "_not_a_duplicate"
FORMATS = {
    "siret": format_siret,
    "siren": format_siren,
    "activity_code": format_activity_code,
    **dict.fromkeys(TELEPHONES, format_telephone),
}
# Nothing but a name is mandatory: what is left empty here falls back on this.
DEFAULTS = {"preferred_language": lambda: "fr", "created_on": timezone.localdate}
COMPACT = ("siret", "siren", "activity_code", "rna", "vat_number")


class CompactField(forms.CharField):
    """A code that people type with spaces and dots, and that is kept without."""

    widget = AdminTextInputWidget

    def to_python(self, value):
        return re.sub(r"[\s.  -]", "", super().to_python(value))

    def has_changed(self, initial, data):
        return super().has_changed(self.to_python(initial), data)

    def widget_attrs(self, widget):
        """No `maxlength`: the browser would cut what is typed with spaces."""
        return {key: value for key, value in super().widget_attrs(widget).items() if key != "maxlength"}


class TagsField(RowsField):
    widget = forms.CheckboxSelectMultiple

    def label_from_instance(self, tag: Tag) -> str:
        return tag_badge(tag)


class LightCountrySelect(LazySelect):
    """A list of countries that the page fills from its main one: repeated twenty times it would weigh 200 kB."""

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.attrs["data-options-from"] = "id_country"

    def optgroups(self, name, value, attrs=None):
        kept = {"", "FR", *(str(one) for one in value)}
        groups = super().optgroups(name, value, attrs)
        return [group for group in groups if any(str(option["value"]) in kept for option in group[1])]


class AddressForm(forms.ModelForm):
    class Meta:
        # Said once, beside the main address.
        help_texts = dict.fromkeys(["complement", "building", "street", "locality"], "")
        widgets = {"country": LightCountrySelect(), "street": AdminTextareaWidget(attrs={"rows": 2})}


class ClientForm(forms.ModelForm):
    """The sheet. `kind` and `user` are set on the class that the admin makes for a request."""

    kind: str = ""
    user: User

    class Meta:
        field_classes = {"photo": PictureField}

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.lookalikes: list[Lookalike] = []
        if self.instance._state.adding:
            self.instance.kind = self.kind
        for name in starred(self.instance.kind):
            if name in self.fields:
                self.fields[name].is_starred = True
        for name in DEFAULTS.keys() & self.fields.keys():
            self.fields[name].required = False
            self.fields[name].show_hidden_initial = False
        for name, shown in FORMATS.items():
            if self.initial.get(name):
                self.initial[name] = shown(self.initial[name])

    def clean_preferred_language(self) -> str:
        return self.cleaned_data["preferred_language"] or DEFAULTS["preferred_language"]()

    def clean_created_on(self):
        return self.cleaned_data["created_on"] or DEFAULTS["created_on"]()

    def _post_clean(self) -> None:
        super()._post_clean()
        if self.instance._state.adding and not self.errors:
            self._warn_of_lookalikes()

    def _warn_of_lookalikes(self) -> None:
        self.instance.prepare()
        self.lookalikes = find([self.instance])[0]
        if self.lookalikes and not constant_time_compare(self.data.get(CONFIRMATION, ""), self.confirmation):
            count = len(self.lookalikes)
            raise_to = ngettext(
                "Nothing is saved yet: another record looks like this one. Check it below.",
                "Nothing is saved yet: %(count)d other records look like this one. Check them below.",
                count,
            )
            self.add_error(None, ValidationError(raise_to % {"count": count}, code="lookalikes"))

    @property
    def confirmation(self) -> str:
        """Stands for exactly these look-alikes: a change that brings another one asks again."""
        pairs = ",".join(str(pk) for pk in sorted(one.client.pk for one in self.lookalikes))
        return salted_hmac("backoffice.lookalikes", pairs).hexdigest()

    @property
    def shown_lookalikes(self) -> list[tuple[Lookalike, bool]]:
        """Each look-alike, and whether this person may know who it is."""
        visible = set(
            Client.objects.visible_to(self.user)
            .filter(pk__in=[one.client.pk for one in self.lookalikes])
            .values_list("pk", flat=True)
        )
        return [(one, one.client.pk in visible) for one in self.lookalikes]


class RowRateInput(RateInput):
    """The usual rates are listed once, in the row that new ones are copied from."""

    def get_context(self, name, value, attrs):
        context = super().get_context(name, value, attrs)
        context["widget"]["attrs"]["list"] = context["list_id"] = "usual-rates"
        return context

    def render(self, name, value, attrs=None, renderer=None):
        template = self.template_name if "__prefix__" in name else forms.TextInput.template_name
        return self._render(template, self.get_context(name, value, attrs), renderer)


class TermForm(SubscriptionForm):
    """A subscription in one row of the sheet: what concerns a field that the row does not show is said of the row."""

    class Meta(SubscriptionForm.Meta):
        widgets = {"vat_rate": RowRateInput()}
        help_texts = dict.fromkeys(["ends_on", "price_excl_tax", "vat_rate"], "")

    def add_error(self, field, error):
        super().add_error(field if field in self.fields else None, error)


class TagForm(forms.Form):
    tag = forms.ModelChoiceField(Tag.objects.all(), label=_("Tag"))


class ManagerForm(forms.Form):
    manager = forms.ModelChoiceField(
        User.objects.filter(is_staff=True, is_active=True),
        label=_("Client manager"),
        required=False,
        empty_label=_("Nobody"),
    )
