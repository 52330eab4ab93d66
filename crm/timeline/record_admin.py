"""What the screens of a client's actions and interventions share: whose they are, their files, their history."""

from collections.abc import Callable
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db import models
from django.http import HttpResponseRedirect
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _

from crm.clients.models import Client
from crm.core.admin import HistoryAdmin
from crm.core.rows import is_key
from crm.timeline.notes import shown
from crm.timeline.services import forget_files


class FilesInline(admin.TabularInline):
    """The files already there; new ones come by the field of the form."""

    extra = 0
    fields = readonly_fields = ["link", "size_in_words", "added_at", "added_by"]

    def has_add_permission(self, request, obj=None):
        return False

    def has_change_permission(self, request, obj=None):
        """What is attached is attached: it can be read or taken away."""
        return True

    def has_view_permission(self, request, obj=None):
        return True

    def has_delete_permission(self, request, obj=None):
        return bool(obj) and self.admin_site.get_model_admin(self.parent_model).has_change_permission(
            request, obj
        )

    def get_queryset(self, request):
        return super().get_queryset(request).select_related("added_by")

    @admin.display(description=_("Name"))
    def link(self, row) -> str:
        return format_html('<a href="{}">{}</a>', row.file.url, row.name)

    @admin.display(description=_("Size"))
    def size_in_words(self, row) -> str:
        return row.size_in_words


class RecordAdmin(HistoryAdmin):
    """For a model with a `client`, `files` and a rich note.

    `PANEL`: the tab of the sheet that shows it. `NOTE`: its note. `VERBS`: what adds one, changes one, takes one away.
    """

    PANEL = NOTE = ""
    VERBS: tuple[Callable, ...] = ()
    autocomplete_fields = ["client"]
    # One field with a name, which a telephone fills with its own wheel.
    formfield_overrides = {
        models.DateTimeField: {
            "form_class": forms.DateTimeField,
            "widget": forms.DateTimeInput(format="%Y-%m-%dT%H:%M", attrs={"type": "datetime-local"}),
        }
    }
    list_select_related = ["client"]
    show_full_result_count = False
    list_per_page = 50
    search_help_text = _("Client or title")
    search_fields = ["title"]

    class Media:
        js = ["timeline/notes.js"]

    def get_queryset(self, request):
        """Each names its client: none for who may not read clients."""
        queryset = super().get_queryset(request).visible_to(request.user)
        return queryset if request.user.has_perm("clients.view_client") else queryset.none()

    def get_inlines(self, request, obj):
        """Nothing to take away where nothing is attached."""
        return super().get_inlines(request, obj) if obj and obj.files.exists() else []

    def get_search_results(self, request, queryset, search_term):
        if not search_term.strip():
            return queryset, False
        clients = Client.objects.visible_to(request.user).matching(search_term)
        by_client = queryset.filter(client__in=clients.values("pk"))
        return by_client | queryset.filter(title__icontains=search_term.strip()), False

    def get_readonly_fields(self, request, obj=None):
        """It does not pass from one client to another."""
        return [*super().get_readonly_fields(request, obj), "written", *(["client"] if obj else [])]

    def get_fields(self, request, obj=None):
        """Who only reads sees the note as it looks, and nothing to send a file with."""
        fields = super().get_fields(request, obj)
        if obj is None or self.has_change_permission(request, obj):
            return fields
        return [*(one for one in fields if one not in (self.NOTE, "uploads")), "written"]

    def save_model(self, request, obj, form, change) -> None:
        add, amend, _remove = self.VERBS
        how = {"uploads": form.cleaned_data["uploads"], "at": timezone.now(), "by": request.user}
        if change:
            amend(obj, fields=[name for name in form.changed_data if name != "uploads"], **how)
        else:
            add(obj, **how)

    def delete_model(self, request, obj) -> None:
        self.VERBS[2](obj, at=timezone.now(), by=request.user)

    def get_changeform_initial_data(self, request) -> dict[str, Any]:
        """From the address, but for a key that no row could have."""
        asked = super().get_changeform_initial_data(request)
        keys = {field.name for field in self.model._meta.fields if field.is_relation}
        return {name: value for name, value in asked.items() if name not in keys or is_key(value)}

    def formfield_for_foreignkey(self, db_field, request, **kwargs):
        if db_field.name == "client":
            kwargs["queryset"] = Client.objects.visible_to(request.user).current()
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    def formfield_for_dbfield(self, db_field, request, **kwargs):
        field = super().formfield_for_dbfield(db_field, request, **kwargs)
        if field is not None and db_field.is_relation:
            for may in ("can_add_related", "can_change_related", "can_delete_related", "can_view_related"):
                setattr(field.widget, may, False)
        return field

    def save_formset(self, request, form, formset, change) -> None:
        """The one formset: files to take away."""
        formset.save(commit=False)
        rows = formset.model.objects.filter(pk__in=[row.pk for row in formset.deleted_objects])
        forget_files(rows)
        rows.delete()

    def delete_queryset(self, request, queryset) -> None:
        for row in queryset:
            self.delete_model(request, row)

    def response_add(self, request, obj, post_url_continue=None):
        return self._back(request, obj) or super().response_add(request, obj, post_url_continue)

    def response_change(self, request, obj):
        return self._back(request, obj) or super().response_change(request, obj)

    def _back(self, request, obj) -> HttpResponseRedirect | None:
        """To the sheet, when this page was opened from it."""
        if request.GET.get("client") != str(obj.client_id) or "_save" not in request.POST:
            return None
        self.message_user(request, _("Saved: %(title)s") % {"title": obj}, messages.SUCCESS)
        return redirect(f"{reverse('admin:clients_client_change', args=[obj.client_id])}#panel-{self.PANEL}")

    @admin.display(description=_("Note"))
    def written(self, row) -> str:
        return shown(getattr(row, self.NOTE))

    @admin.display(description=_("Client"), ordering="client__sort_name")
    def client_name(self, row) -> str:
        address = reverse("admin:clients_client_change", args=[row.client_id])
        return format_html(
            '<a href="{}">{}</a> <small>{}</small>', address, row.client.display_name, row.client.code
        )


def moment(at) -> str:
    return date_format(timezone.localtime(at), "SHORT_DATETIME_FORMAT") if at else ""
