"""The desks of the formules, with the export and the reminders that higher rooms give them."""

from django.contrib import admin
from django.utils import timezone

from crm.activity.services import refresh
from crm.exchange.exporting import ExportAdmin
from crm.exchange.exports import PlanResource, SubscriptionResource
from crm.exchange.paper import export_selection
from crm.products.admin import PlanAdmin, SubscriptionAdmin
from crm.products.models import Plan, Subscription
from crm.reminders.admin import RuleInline


@admin.register(Plan)
class PlanDesk(ExportAdmin, PlanAdmin):
    resource_classes = [PlanResource]
    inlines = [RuleInline]
    actions = [*PlanAdmin.actions, export_selection]


@admin.register(Subscription)
class SubscriptionDesk(ExportAdmin, SubscriptionAdmin):
    resource_classes = [SubscriptionResource]
    actions = [*SubscriptionAdmin.actions, export_selection]

    def save_model(self, request, obj, form, change) -> None:
        super().save_model(request, obj, form, change)
        _refresh([obj.client_id])

    def delete_queryset(self, request, queryset) -> None:
        clients = list(queryset.values_list("client_id", flat=True))
        super().delete_queryset(request, queryset)
        _refresh(clients)

    def _done(self, request, form) -> bool:
        is_done = super()._done(request, form)
        if is_done:
            _refresh([form.subscription.client_id])
        return is_done

    def _renew(self, request, selected) -> None:
        super()._renew(request, selected)
        _refresh([subscription.client_id for subscription in selected])


def _refresh(clients: list[int]) -> None:
    """What is written of a formule may make its client active, or no longer."""
    now = timezone.now()
    refresh(clients, day=timezone.localdate(now), at=now)
