from django.contrib import admin
from django.db.models import Q
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from crm.clients.models import Client
from crm.organisation.models import Organisation
from crm.products import services
from crm.products.admin.priced import PRICE, PricedAdmin
from crm.products.filters import EndsBetween, SaleFilter, StateFilter, SubscribedBetween
from crm.products.forms import SubscriptionForm
from crm.products.models import Subscription
from crm.products.verb_pages import VerbPages
from crm.products.wording import euros, when_it_ends

LIFE = ["state", "renews", "not_renewed_on", "cancelled_on", "stop_reason"]


class SubscriptionAdmin(VerbPages, PricedAdmin):
    form = SubscriptionForm
    list_display = [
        "client_name",
        "formule",
        "start",
        "end",
        "state",
        "excl_tax",
        "rate",
        "incl_tax",
    ]
    list_display_links = ["formule"]
    list_filter = [
        StateFilter,
        "plan",
        "billing_period",
        SaleFilter,
        "origin",
        EndsBetween,
        SubscribedBetween,
    ]
    list_select_related = ["client", "plan", "renewed_by"]
    list_per_page = 50
    search_fields = ["plan__name"]
    search_help_text = gettext_lazy("Client or formule")
    autocomplete_fields = ["client"]
    actions = ["renew_selected"]
    change_form_template = "admin/products/subscription/change_form.html"
    fieldsets = [
        (None, {"fields": ["client", "plan", ("subscribed_on", "ends_on"), "origin", "description"]}),
        (gettext_lazy("Price"), PRICE),
        (gettext_lazy("Life"), {"fields": LIFE, "classes": ["section"]}),
    ]
    readonly_fields = ["incl_tax", *LIFE]

    def get_fieldsets(self, request, obj=None):
        fieldsets = super().get_fieldsets(request, obj)
        return fieldsets if obj else fieldsets[:2]

    def get_readonly_fields(self, request, obj=None):
        """A subscription does not pass from one client to another."""
        fields = super().get_readonly_fields(request, obj)
        return [*fields, "client"] if obj else fields

    def get_queryset(self, request):
        """Each names its client: none for who may not read clients."""
        queryset = super().get_queryset(request).visible_to(request.user)
        return queryset if request.user.has_perm("clients.view_client") else queryset.none()

    def get_ordering(self, request):
        soonest_first = request.GET.get("state") in {"running", "ending", "upcoming"}
        return ["ends_on", "pk"] if soonest_first else ["-ends_on", "-pk"]

    def get_search_results(self, request, queryset, search_term):
        clients = Client.objects.visible_to(request.user).matching(search_term)
        found = queryset.filter(Q(client__in=clients.values("pk")) | Q(plan__name__icontains=search_term))
        return (found if search_term else queryset), False

    def formfield_for_foreignkey(self, db_field, request, **kwargs):
        if db_field.name == "client":
            kwargs["queryset"] = Client.objects.visible_to(request.user).current()
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    def save_model(self, request, obj, form, change) -> None:
        if change:
            services.change(obj, fields=form.changed_data, at=timezone.now(), by=request.user)
        else:
            services.subscribe(obj, at=timezone.now(), by=request.user)

    def obstacles(self, priced: Subscription) -> list[str]:
        return services.obstacles_to_deletion(priced)

    @admin.display(description=gettext_lazy("Client"), ordering="client__sort_name")
    def client_name(self, subscription: Subscription) -> str:
        address = reverse("admin:clients_client_change", args=[subscription.client_id])
        client = subscription.client
        return format_html('<a href="{}">{}</a> <small>{}</small>', address, client.display_name, client.code)

    @admin.display(description=gettext_lazy("Formule"), ordering="plan__name")
    def formule(self, subscription: Subscription) -> str:
        return format_html(
            "{} <small>{}</small>", subscription.plan, subscription.get_billing_period_display()
        )

    @admin.display(description=gettext_lazy("Subscribed on"), ordering="subscribed_on")
    def start(self, subscription: Subscription) -> str:
        return date_format(subscription.subscribed_on, "SHORT_DATE_FORMAT")

    @admin.display(description=gettext_lazy("Ends on"), ordering="ends_on")
    def end(self, subscription: Subscription) -> str:
        """The last day, one click from being moved, and how far it is."""
        day = date_format(subscription.last_day, "SHORT_DATE_FORMAT")
        left = when_it_ends(subscription, timezone.localdate())
        if subscription.cancelled_on or subscription.archived_on:
            return format_html("{} <small>{}</small>", day, left)
        address = reverse("admin:products_subscription_verb", args=[subscription.pk, "end"])
        link = '<a class="move-end" href="{}" title="{}">{}</a> <small>{}</small>'
        return format_html(link, address, _("Change the end date"), day, left)

    @admin.display(description=gettext_lazy("State"))
    def state(self, subscription: Subscription) -> str:
        soon = Organisation.objects.current().ending_soon_days
        state = subscription.state_on(timezone.localdate(), ending_soon_days=soon)
        hint = _("renewed") if subscription.is_renewed else ""
        if subscription.not_renewed_on and not subscription.cancelled_on:
            hint = _("not renewed")
        return format_html(
            '<span class="state state-{}">{}</span> <small>{}</small>', state, state.label, hint
        )

    @admin.display(description=gettext_lazy("Incl. tax"), ordering="price_incl_tax")
    def incl_tax(self, subscription: Subscription) -> str:
        return euros(subscription.price_incl_tax) if subscription.pk else "–"
