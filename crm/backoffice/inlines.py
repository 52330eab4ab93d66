"""What is edited in place on the client's sheet."""

from django.contrib import admin
from django.db.models import Q
from django.forms import BaseInlineFormSet
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from crm.backoffice.forms import AddressForm, TermForm
from crm.clients.models import Address
from crm.products.models import Plan, Subscription
from crm.products.wording import euros

MOST_TERMS = 15


class AddressInline(admin.StackedInline):
    model = Address
    form = AddressForm
    extra = 0
    verbose_name_plural = _("Other addresses")
    fields = [
        ("purpose", "recipient"),
        ("complement", "building"),
        "street",
        "locality",
        ("postcode", "city", "country"),
    ]


class TermFormSet(BaseInlineFormSet):
    """The terms that are not over, soonest end first; the others are read in the subscriptions panel."""

    def get_queryset(self):
        if not hasattr(self, "_queryset"):
            self._queryset = super().get_queryset().order_by("ends_on", "pk")[:MOST_TERMS]
        return self._queryset

    def add_fields(self, form, index):
        super().add_fields(form, index)
        # Read once: a select asks the database again in every row.
        if "plan" in form.fields:
            form.fields["plan"].choices = self._plans_for(form)

    def _plans_for(self, form) -> list[tuple]:
        if not hasattr(self, "_plans"):
            self._plans = list(Plan.objects.all())
        return [
            ("", "---------"),
            *(
                (plan.pk, plan.name)
                for plan in self._plans
                if plan.is_on_sale or plan.pk == form.instance.plan_id
            ),
        ]


class SubscriptionInline(admin.StackedInline):
    model = Subscription
    form = TermForm
    formset = TermFormSet
    extra = 0
    can_delete = False
    show_change_link = True
    verbose_name_plural = _("Subscriptions")
    fields = [
        ("plan", "subscribed_on", "ends_on"),
        ("price_excl_tax", "vat_rate", "incl_tax", "billing_period"),
    ]
    readonly_fields = ["incl_tax"]

    def get_queryset(self, request):
        today = timezone.localdate()
        running = Q(cancelled_on=None) | Q(cancelled_on__gte=today)
        terms = super().get_queryset(request).select_related("plan")
        return terms.filter(running, archived_on=None, ends_on__gte=today)

    def formfield_for_dbfield(self, db_field, request, **kwargs):
        field = super().formfield_for_dbfield(db_field, request, **kwargs)
        if db_field.name == "plan":
            # Four icons beside each list would push the dates out of the screen.
            for may in ("can_add_related", "can_change_related", "can_delete_related", "can_view_related"):
                setattr(field.widget, may, False)
        return field

    class Media:
        js = ["products/incl_tax.js"]

    @admin.display(description=_("Incl. tax"))
    def incl_tax(self, subscription: Subscription) -> str:
        return euros(subscription.price_incl_tax) if subscription.pk else "–"
