import re
from datetime import datetime
from typing import Any

from django import forms
from django.contrib.admin.widgets import AdminDateWidget
from django.core.exceptions import ValidationError
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from crm.accounts.models import User
from crm.france.vat import RATES_BY_TERRITORY
from crm.products import services
from crm.products.models import BillingPeriod, Plan, Subscription

# Every usual rate once, whatever the territory, with its first meaning.
USUAL_RATES = {
    rate.percent: rate.label for rates in reversed(RATES_BY_TERRITORY.values()) for rate in reversed(rates)
}


class RateInput(forms.TextInput):
    """A percentage, with the usual rates offered; any other may be typed."""

    template_name = "products/rate_input.html"

    def get_context(self, name: str, value: Any, attrs: dict[str, Any] | None) -> dict[str, Any]:
        context = super().get_context(name, value, attrs)
        listed = f"{context['widget']['attrs'].get('id', name)}_rates"
        context["widget"]["attrs"] |= {"list": listed, "inputmode": "decimal"}
        rates = sorted(USUAL_RATES.items(), reverse=True)
        return context | {
            "list_id": listed,
            "rates": [(percent.normalize(), label) for percent, label in rates],
        }


class WrittenNumberField(forms.DecimalField):
    """A number as our screens write it: with its spaces, narrow or not, and its sign € or %."""

    def to_python(self, value: Any) -> Any:
        return super().to_python(re.sub(r"[\s€%]", "", value) if isinstance(value, str) else value)


PRICE = {"price_excl_tax", "vat_rate", "vat_exemption_reason"}


class PricedForm(forms.ModelForm):
    class Meta:
        localized_fields = ["price_excl_tax", "vat_rate"]
        field_classes = {"price_excl_tax": WrittenNumberField, "vat_rate": WrittenNumberField}
        widgets = {"vat_rate": RateInput()}
        help_texts = {"vat_rate": gettext_lazy("A rate of 0 needs its reason, below.")}

    def clean(self) -> dict[str, Any]:
        data = super().clean()
        rate, price = data.get("vat_rate"), data.get("price_excl_tax")
        # The row of a sheet does not show the reason. A file may have brought a rate of 0 without one: asked of who
        # touches the price, and not of who corrects the rest.
        plan = data.get("plan")
        reason = data.get("vat_exemption_reason", self.instance.vat_exemption_reason) or (
            plan and plan.vat_rate == rate and plan.vat_exemption_reason
        )
        is_about_price = self.instance.pk is None or not PRICE.isdisjoint(self.changed_data)
        if rate == 0 and price and not reason and is_about_price:
            self.add_error(
                "vat_exemption_reason",
                _(
                    "A rate of 0 needs its reason, printed on bills: “art. 293 B du CGI”, “art. 261, 7-1° du CGI”…"
                ),
            )
        return data


class PlanForm(PricedForm):
    class Meta(PricedForm.Meta):
        model = Plan
        fields = [
            "name",
            "description",
            "price_excl_tax",
            "vat_rate",
            "vat_exemption_reason",
            "billing_period",
            "duration_months",
            "renewal",
            "notice_months",
            "is_on_sale",
        ]


class SubscriptionForm(PricedForm):
    """A blank price, rate, billing or end is the formule's; the page fills them as soon as a formule is chosen."""

    class Meta(PricedForm.Meta):
        model = Subscription
        fields = [
            "client",
            "plan",
            "subscribed_on",
            "ends_on",
            "description",
            "origin",
            "price_excl_tax",
            "vat_rate",
            "vat_exemption_reason",
            "billing_period",
        ]
        help_texts = {
            "description": gettext_lazy("The client reads it in their space."),
            "price_excl_tax": gettext_lazy("Per billing period. Empty: the formule's."),
            "vat_rate": gettext_lazy("Empty: the formule's. A rate of 0 needs its reason, below."),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in {"price_excl_tax", "vat_rate", "billing_period"} & set(self.fields):
            self.fields[name].required = False
        if self.instance.pk is None:
            self._start_blank()
        if plan := self.fields.get("plan"):
            plan.queryset = Plan.objects.on_sale() | Plan.objects.filter(pk=self.instance.plan_id)
            if self.instance.pk is None:
                # The admin wraps the list in its icons; the attribute belongs to the list.
                choice = getattr(plan.widget, "widget", plan.widget)
                choice.attrs["data-defaults-url"] = reverse("admin:products_plan_defaults", args=[0])

    def _start_blank(self) -> None:
        if "vat_rate" in self.fields:
            self.fields["vat_rate"].initial = None
        if billing := self.fields.get("billing_period"):
            billing.choices = [("", _("As the formule")), *BillingPeriod.choices]
            billing.initial = ""
        if "subscribed_on" in self.fields:
            self.fields["subscribed_on"].initial = timezone.localdate

    def clean_ends_on(self):
        ends_on = self.cleaned_data.get("ends_on")
        if ends_on and self.instance.pk and self.instance.is_renewed:
            start = self.instance.renewed_by.subscribed_on
            if ends_on >= start:
                raise ValidationError(
                    _("The next term starts on %(start)s: change the end of that one.")
                    % {"start": f"{start:%d/%m/%Y}"}
                )
        return ends_on


class VerbForm(forms.Form):
    """One thing to do to a subscription, on a page that says what it changes."""

    title: Any
    effect: Any
    button: Any
    done: Any

    def __init__(self, *args: Any, subscription: Subscription, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.subscription = subscription

    def perform(self, *, at: datetime, by: User) -> Subscription:
        raise NotImplementedError


class MoveEndForm(VerbForm):
    title = gettext_lazy("Change the end date")
    effect = gettext_lazy("The last day of service, included. The next term will start the day after.")
    button = gettext_lazy("Change the end")
    done = gettext_lazy("%(subscription)s: the end date is changed.")

    ends_on = forms.DateField(label=gettext_lazy("Ends on"), widget=AdminDateWidget)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["ends_on"].initial = self.subscription.ends_on

    def perform(self, *, at: datetime, by: User) -> Subscription:
        return services.move_end(self.subscription, ends_on=self.cleaned_data["ends_on"], at=at, by=by)


class RenewForm(VerbForm):
    title = gettext_lazy("Renew")
    effect = gettext_lazy(
        "A next term is created at the same price, from the day after the end, linked to this one."
    )
    button = gettext_lazy("Renew")
    done = gettext_lazy("Renewed: %(subscription)s.")

    def perform(self, *, at: datetime, by: User) -> Subscription:
        return services.renew(self.subscription, at=at, by=by)


class StopForm(VerbForm):
    title = gettext_lazy("Do not renew")
    effect = gettext_lazy("The service runs to its end, then stops. It is no longer offered for renewal.")
    button = gettext_lazy("Stop at the end")
    done = gettext_lazy("%(subscription)s will stop at its end.")

    day = forms.DateField(label=gettext_lazy("Said on"), widget=AdminDateWidget, initial=timezone.localdate)
    reason = forms.CharField(label=gettext_lazy("Why it stops"), max_length=160, required=False)

    def perform(self, *, at: datetime, by: User) -> Subscription:
        return services.stop(self.subscription, at=at, by=by, **self.cleaned_data)


class CancelForm(StopForm):
    title = gettext_lazy("Cancel now")
    effect = gettext_lazy("The service stops on the day you give. Instalments after it are no longer due.")
    button = gettext_lazy("Cancel the subscription")
    done = gettext_lazy("%(subscription)s is cancelled.")

    day = forms.DateField(
        label=gettext_lazy("Last day of service"), widget=AdminDateWidget, initial=timezone.localdate
    )
    reason = forms.CharField(label=gettext_lazy("Why it stops"), max_length=160)

    def perform(self, *, at: datetime, by: User) -> Subscription:
        return services.cancel(self.subscription, at=at, by=by, **self.cleaned_data)


class ResumeForm(VerbForm):
    title = gettext_lazy("Resume")
    effect = gettext_lazy("The stop is taken back: the service runs to its end and may be renewed.")
    button = gettext_lazy("Resume the subscription")
    done = gettext_lazy("%(subscription)s is resumed.")

    def perform(self, *, at: datetime, by: User) -> Subscription:
        return services.resume(self.subscription, at=at, by=by)


class ArchiveForm(VerbForm):
    title = gettext_lazy("Archive")
    effect = gettext_lazy("It leaves the lists and the figures; its history and its proof are kept.")
    button = gettext_lazy("Archive the subscription")
    done = gettext_lazy("%(subscription)s is archived.")

    def perform(self, *, at: datetime, by: User) -> Subscription:
        return services.archive(self.subscription, day=timezone.localdate(at), at=at, by=by)


class RestoreForm(VerbForm):
    title = gettext_lazy("Restore")
    effect = gettext_lazy("It comes back in the lists and the figures.")
    button = gettext_lazy("Restore the subscription")
    done = gettext_lazy("%(subscription)s is back.")

    def perform(self, *, at: datetime, by: User) -> Subscription:
        return services.restore(self.subscription, at=at, by=by)


VERBS: dict[str, type[VerbForm]] = {
    "end": MoveEndForm,
    "renew": RenewForm,
    "stop": StopForm,
    "cancel": CancelForm,
    "resume": ResumeForm,
    "archive": ArchiveForm,
    "restore": RestoreForm,
}
