"""What the three libraries give for the same columns, filters and search fields, with nothing tuned."""

import os

from django.apps import apps
from django.contrib import admin
from import_export import resources
from import_export.admin import ImportExportModelAdmin
from simple_history.admin import SimpleHistoryAdmin

from bench.data import COLUMNS
from crm.clients.models import Address, Client
from crm.products.models import Subscription

PER_PAGE = int(os.environ.get("BENCH_PER_PAGE", "100"))
ROOMS = ("accounts", "auth", "clients", "core", "organisation", "products", "timeline")


class ClientImport(resources.ModelResource):
    """The same columns as our file, the same checks of the model, history signed by the model's own save()."""

    class Meta:
        model = Client
        fields = list(COLUMNS.values())
        import_id_fields = ["external_reference"]
        clean_model_instances = True


class ClientExport(resources.ModelResource):
    class Meta:
        model = Client
        # The tags would cost it a statement a row: left out, in its favour.
        exclude = [*Client.DERIVED, "tags"]


class AddressInline(admin.TabularInline):
    model = Address


class SubscriptionInline(admin.TabularInline):
    model = Subscription


class ClientAdmin(ImportExportModelAdmin, SimpleHistoryAdmin):
    resource_classes = [ClientExport]
    list_display = [
        "number",
        "category",
        "establishment",
        "kind",
        "official_name",
        "street",
        "city",
        "mobile",
        "email",
        "created_on",
    ]
    # Its automatic joins leave out nullable keys, at two statements a row: given, in its favour.
    list_select_related = ["category", "establishment"]
    # A stock filter by city or postcode would list all the towns of France: left out, in its favour.
    list_filter = [
        "kind",
        "region",
        "preferred_language",
        "tags",
        "establishment",
        "manager",
        "subscriptions__plan",
        "subscriptions__ends_on",
    ]
    search_fields = [
        "number",
        "last_name",
        "first_name",
        "account_name",
        "legal_name",
        "trade_name",
        "association_name",
        "external_reference",
        "email",
        "landline",
        "mobile",
        "manager_mobile",
        "office_phone",
        "siret",
        "rna",
        "vat_number",
    ]
    list_per_page = PER_PAGE
    inlines = [AddressInline, SubscriptionInline]


class SubscriptionAdmin(ImportExportModelAdmin, SimpleHistoryAdmin):
    list_display = ["client", "plan", "subscribed_on", "ends_on", "price_excl_tax", "price_incl_tax"]
    list_filter = ["plan", "ends_on"]
    search_fields = ["client__last_name", "client__email"]
    list_per_page = PER_PAGE


def register() -> None:
    admin.site.register(Client, ClientAdmin)
    admin.site.register(Subscription, SubscriptionAdmin)
    for label in ROOMS:
        for model in apps.get_app_config(label).get_models():
            if not admin.site.is_registered(model) and not model.__name__.startswith("Historical"):
                admin.site.register(model)
