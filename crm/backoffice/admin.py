"""The client sheet and list, put together from every room."""

from django.contrib import admin
from django.contrib.admin.widgets import AdminTextareaWidget, AdminURLFieldWidget
from django.core.exceptions import PermissionDenied
from django.db import models
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from crm.backoffice import access_actions, actions
from crm.backoffice.access_desk import AccessDeskMixin
from crm.backoffice.client_list import ClientListMixin
from crm.backoffice.deletion import DeletionMixin
from crm.backoffice.forms import COMPACT, ClientForm, CompactField, LightCountrySelect, TagsField
from crm.backoffice.inlines import AddressInline, SubscriptionInline
from crm.backoffice.product_desks import PlanDesk, SubscriptionDesk
from crm.backoffice.reading import ReadingMixin
from crm.backoffice.reminder_desk import ReminderDesk
from crm.backoffice.saving import SavingMixin
from crm.backoffice.sheet import fieldsets, filled
from crm.clients.models import Client
from crm.clients.rules import TELEPHONES
from crm.core.admin import GuardedAdmin
from crm.exchange.exporting import ExportAdmin
from crm.exchange.exports import ClientResource, MailingResource
from crm.exchange.paper import LabelsAdmin, export_selection, label_selection

__all__ = ["ClientAdmin", "PlanDesk", "ReminderDesk", "SubscriptionDesk"]

NEW = {
    Client.Kind.INDIVIDUAL: gettext_lazy("New individual"),
    Client.Kind.PROFESSIONAL: gettext_lazy("New professional"),
    Client.Kind.ASSOCIATION: gettext_lazy("New association"),
}
ICONS = ("can_add_related", "can_change_related", "can_delete_related", "can_view_related")


@admin.register(Client)
class ClientAdmin(
    AccessDeskMixin,
    ReadingMixin,
    SavingMixin,
    DeletionMixin,
    ClientListMixin,
    LabelsAdmin,
    ExportAdmin,
    GuardedAdmin,
    admin.ModelAdmin,
):
    form = ClientForm
    inlines = [SubscriptionInline, AddressInline]
    actions = [
        export_selection,
        label_selection,
        actions.add_tag,
        actions.remove_tag,
        actions.assign_manager,
        access_actions.send_credentials,
        access_actions.disable_access,
        "delete_selected",
    ]
    resource_classes = [ClientResource, MailingResource]
    formfield_overrides = {
        models.TextField: {"widget": AdminTextareaWidget(attrs={"rows": 2})},
        models.URLField: {"assume_scheme": "https", "widget": AdminURLFieldWidget()},
    }

    def get_queryset(self, request):
        return super().get_queryset(request).visible_to(request.user)

    def client_to_read(self, request, pk: int) -> Client:
        """One that this person may not know of does not exist."""
        client = get_object_or_404(self.get_queryset(request), pk=pk)
        if not self.has_view_permission(request, client):
            raise PermissionDenied
        return client

    def client_to_change(self, request, pk: int) -> Client:
        client = self.client_to_read(request, pk)
        if request.method != "POST" or not self.has_change_permission(request, client):
            raise PermissionDenied
        return client

    def has_assign_permission(self, request) -> bool:
        return self.has_change_permission(request) and request.user.has_perm("clients.see_every_client")

    def get_urls(self):
        def url(route, view, name):
            return path(route, self.admin_site.admin_view(view), name=f"clients_client_{name}")

        return [
            url("<int:pk>/view/", self.consult_view, "consult"),
            url("<int:pk>/panel/<slug:name>/", self.panel_view, "panel"),
            url("<int:pk>/archive/", self.archive_view, "archive"),
            url("<int:pk>/restore/", self.restore_view, "restore"),
            url("<int:pk>/not-duplicate/<int:other>/", self.not_duplicate_view, "not_duplicate"),
            *super().get_urls(),
        ]

    def sheet_url(self, client: Client) -> str:
        return reverse("admin:clients_client_change", args=[client.pk])

    def get_fieldsets(self, request, obj=None):
        sees_every_client = request.user.has_perm("clients.see_every_client")
        sets = fieldsets(_kind(request, obj), sees_every_client=sees_every_client)
        return sets if obj is None or self.has_change_permission(request, obj) else filled(sets, obj)

    def get_form(self, request, obj=None, change=False, **kwargs):
        form = super().get_form(request, obj, change=change, **kwargs)
        return type(form.__name__, (form,), {"kind": _kind(request, obj), "user": request.user})

    def formfield_for_dbfield(self, db_field, request, **kwargs):
        if db_field.name in COMPACT:
            return db_field.formfield(form_class=CompactField)
        if db_field.name == "tags":
            return db_field.formfield(form_class=TagsField)
        if db_field.name == "birth_country":
            kwargs["widget"] = LightCountrySelect()
        field = super().formfield_for_dbfield(db_field, request, **kwargs)
        if db_field.name in TELEPHONES:
            field.widget.input_type = "tel"
        if db_field.is_relation:
            for icon in ICONS:
                setattr(field.widget, icon, False)
        return field

    def add_view(self, request, form_url="", extra_context=None):
        if request.GET.get("kind") not in Client.Kind.values:
            return self._choose_kind(request)
        kind = Client.Kind(request.GET["kind"])
        return super().add_view(request, form_url, {"new_title": NEW[kind], **(extra_context or {})})

    def _choose_kind(self, request):
        if not self.has_add_permission(request):
            raise PermissionDenied
        kept = request.GET.copy()
        choices = []
        for kind, name in NEW.items():
            kept["kind"] = kind.value
            choices.append((kind, name, f"?{kept.urlencode()}"))
        site = self.admin_site.each_context(request)
        context = {**site, "title": _("New client"), "opts": self.opts, "choices": choices}
        return TemplateResponse(request, "admin/clients/client/choose_kind.html", context)


def _kind(request, client: Client | None) -> str:
    return client.kind if client else request.GET["kind"]
