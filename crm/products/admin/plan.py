from django.contrib import admin, messages
from django.db.models import Count, OuterRef, Subquery
from django.db.models.functions import Coalesce
from django.http import Http404, JsonResponse
from django.urls import path, reverse
from django.utils import timezone
from django.utils.dateparse import parse_date
from django.utils.formats import date_format, number_format
from django.utils.html import format_html
from django.utils.translation import gettext_lazy, ngettext

from crm.france.terms import eve_of_anniversary
from crm.products import catalogue
from crm.products.admin.priced import PRICE, PricedAdmin
from crm.products.forms import PlanForm
from crm.products.models import Plan, Subscription
from crm.products.models.subscription import is_plausible
from crm.products.wording import euros


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

    def obstacles(self, priced: Plan) -> list[str]:
        return catalogue.obstacles_to_deletion(priced)

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
        changed = catalogue.set_on_sale(queryset, is_on_sale=is_on_sale, by=request.user)
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
