"""The desks of the formules, with the export that a higher room gives them."""

from django.contrib import admin

from crm.exchange.exporting import ExportAdmin
from crm.exchange.exports import PlanResource, SubscriptionResource
from crm.exchange.paper import export_selection
from crm.products.admin import PlanAdmin, SubscriptionAdmin
from crm.products.models import Plan, Subscription


@admin.register(Plan)
class PlanDesk(ExportAdmin, PlanAdmin):
    resource_classes = [PlanResource]
    actions = [*PlanAdmin.actions, export_selection]


@admin.register(Subscription)
class SubscriptionDesk(ExportAdmin, SubscriptionAdmin):
    resource_classes = [SubscriptionResource]
    actions = [*SubscriptionAdmin.actions, export_selection]
