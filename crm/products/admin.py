from django.contrib import admin, messages
from django.db.models import Count, OuterRef, Q, Subquery
from django.db.models.functions import Coalesce
from django.http import Http404, JsonResponse
from django.urls import path, reverse
from django.utils import timezone
from django.utils.dateparse import parse_date
from django.utils.formats import date_format, number_format
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from simple_history.admin import SimpleHistoryAdmin

from crm.clients.models import Client
from crm.france.terms import eve_of_anniversary
from crm.organisation.models import Organisation
from crm.products import services
from crm.products.filters import EndsBetween, SaleFilter, StateFilter, SubscribedBetween
from crm.products.forms import PlanForm, SubscriptionForm
from crm.products.models import Plan, Subscription
from crm.products.models.subscription import is_plausible
from crm.products.verb_pages import VerbPages
from crm.products.wording import when_it_ends

NO_BREAK = "\u00a0"
# The skin shows a fieldset of class `section` in the tab of the one before it.
PRICE = {
    "fields": [("price_excl_tax", "billing_period"), ("vat_rate", "incl_tax"), "vat_exemption_reason"],
    "classes": ["section"],
}
LIFE = ["state", "renews", "not_renewed_on", "cancelled_on", "stop_reason"]


def euros(amount) -> str:
    return f"{number_format(amount, decimal_pos=2, force_grouping=True)}{NO_BREAK}€"


def percent(rate) -> str:
    return f"{number_format(rate.normalize() if rate else 0)}{NO_BREAK}%"


class PricedAdmin(SimpleHistoryAdmin):
    show_full_result_count = False

    def formfield_for_dbfield(self, db_field, request, **kwargs):
        field = super().formfield_for_dbfield(db_field, request, **kwargs)
        if db_field.name == "description":
            field.widget.attrs["rows"] = 3
        if db_field.name in {"client", "plan"}:
            for may in ("can_change_related", "can_delete_related", "can_view_related"):
                setattr(field.widget, may, False)
        return field

    class Media:
        css = {"all": ["products/admin.css"]}
        js = ["products/plan_defaults.js"]

    @admin.display(description=gettext_lazy("Excl. tax"), ordering="price_excl_tax")
    def excl_tax(self, priced) -> str:
        return euros(priced.price_excl_tax)

    @admin.display(description=gettext_lazy("VAT"), ordering="vat_rate")
    def rate(self, priced) -> str:
        return percent(priced.vat_rate)


@admin.register(Plan)
class PlanAdmin(PricedAdmin):
    form = PlanForm
    list_display = [
        "name",
        "excl_tax",
        "rate",
        "incl_tax",
        "billing_period",
        "renewal",
        "is_on_sale",
        "running",
    ]
    list_filter = ["is_on_sale", "billing_period", "renewal"]
    search_fields = ["name", "description"]
    actions = ["put_on_sale", "take_off_sale"]
    readonly_fields = ["incl_tax"]
    fieldsets = [
        (None, {"fields": ["name", "description", "is_on_sale"]}),
        (gettext_lazy("Price"), PRICE),
        (
            gettext_lazy("Term"),
            {"fields": ["duration_months", "renewal", "notice_months"], "classes": ["section"]},
        ),
    ]

    def get_queryset(self, request):
        mine = Subscription.objects.visible_to(request.user).running_on(timezone.localdate())
        numbers = mine.filter(plan=OuterRef("pk")).order_by().values("plan").annotate(number=Count("pk"))
        return (
            super()
            .get_queryset(request)
            .annotate(running_number=Coalesce(Subquery(numbers.values("number")), 0))
        )

    def get_urls(self):
        wrapped = self.admin_site.admin_view(self.defaults_view)
        return [path("<int:plan_id>/defaults/", wrapped, name="products_plan_defaults"), *super().get_urls()]

    def defaults_view(self, request, plan_id: int) -> JsonResponse:
        """What a form takes from a formule, as a person types it; `?from=` is the first day."""
        plan = self.get_object(request, plan_id)
        if plan is None or not self.has_view_permission(request, plan):
            raise Http404
        return JsonResponse(
            {
                "price_excl_tax": number_format(plan.price_excl_tax, use_l10n=True),
                "vat_rate": number_format(plan.vat_rate, use_l10n=True),
                "vat_exemption_reason": plan.vat_exemption_reason,
                "billing_period": plan.billing_period,
                "ends_on": _usual_end(plan, request.GET.get("from", "")),
            }
        )

    def get_deleted_objects(self, objs, request):
        """Counted, not collected: a formule may have a hundred thousand subscriptions."""
        refused = [f"{plan}: {why}" for plan in objs for why in services.obstacles_to_plan_deletion(plan)]
        return ([], {}, set(), refused) if refused else super().get_deleted_objects(objs, request)

    @admin.display(description=gettext_lazy("Incl. tax"))
    def incl_tax(self, plan: Plan) -> str:
        return euros(plan.with_tax()) if plan.pk else "–"

    @admin.display(description=gettext_lazy("Running"), ordering="running_number")
    def running(self, plan: Plan) -> str:
        address = reverse("admin:products_subscription_changelist")
        return format_html(
            '<a href="{}?plan__id__exact={}&state=running">{}</a>', address, plan.pk, plan.running_number
        )

    @admin.action(description=gettext_lazy("Put on sale"), permissions=["change"])
    def put_on_sale(self, request, queryset) -> None:
        self._set_on_sale(request, queryset, is_on_sale=True)

    @admin.action(description=gettext_lazy("Take off sale"), permissions=["change"])
    def take_off_sale(self, request, queryset) -> None:
        self._set_on_sale(request, queryset, is_on_sale=False)

    def _set_on_sale(self, request, queryset, *, is_on_sale: bool) -> None:
        changed = services.set_on_sale(queryset, is_on_sale=is_on_sale, by=request.user)
        text = ngettext("%(count)d formule changed.", "%(count)d formules changed.", changed)
        messages.success(request, text % {"count": changed})


def _usual_end(plan: Plan, start: str) -> str:
    try:
        day = parse_date(start)
    except ValueError:
        day = None
    if day is None or not is_plausible(day):
        return ""
    return date_format(eve_of_anniversary(day, plan.duration_months), "SHORT_DATE_FORMAT")


@admin.register(Subscription)
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
        (
            gettext_lazy("Price"),
            {"fields": ["price_excl_tax", "vat_rate", "vat_exemption_reason", "incl_tax", "billing_period"]},
        ),
        (
            gettext_lazy("Life"),
            {"fields": ["state", "renews", "not_renewed_on", "cancelled_on", "stop_reason"]},
        ),
    ]
    readonly_fields = ["incl_tax", *LIFE]

    def get_fieldsets(self, request, obj=None):
        return self.fieldsets if obj else self.fieldsets[:2]

    def get_readonly_fields(self, request, obj=None):
        """A subscription does not pass from one client to another."""
        return [*self.readonly_fields, "client"] if obj else self.readonly_fields

    def get_queryset(self, request):
        return super().get_queryset(request).visible_to(request.user)

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

    def get_deleted_objects(self, objs, request):
        refused = [f"{one}: {why}" for one in objs for why in services.obstacles_to_deletion(one)]
        return ([], {}, set(), refused) if refused else super().get_deleted_objects(objs, request)

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
