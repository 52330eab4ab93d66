"""The desks of the formules, with the export and the reminders that higher rooms give them."""

from django.contrib import admin

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
