"""The roles: groups of permissions, in the words of the screens they open."""

from itertools import groupby

from django import forms
from django.apps import apps
from django.contrib import admin
from django.contrib.auth.models import Group, Permission
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from crm.core.admin import GuardedAdmin
from crm.core.rows import RowsField

VERBS = {
    "add": gettext_lazy("Add: %(name)s"),
    "change": gettext_lazy("Change: %(name)s"),
    "delete": gettext_lazy("Delete: %(name)s"),
    "view": gettext_lazy("See: %(name)s"),
}


def permission_label(permission: Permission) -> str:
    """“Change: clients” for the usual four; its own translated name for any other."""
    verb, _separator, model_name = permission.codename.partition("_")
    model = permission.content_type.model_class()
    if model is None or verb not in VERBS or model_name != model._meta.model_name:
        return _(permission.name)
    return VERBS[verb] % {"name": str(model._meta.verbose_name_plural).lower()}


def _room(app_label: str) -> str:
    return _("Roles") if app_label == "auth" else capfirst(apps.get_app_config(app_label).verbose_name)


# What this software keeps for itself: no screen opens on it.
PLUMBING = {("clients", "notduplicate"), ("core", "lease"), ("mailing", "templatetext")}


def _is_ours(permission: Permission) -> bool:
    kind = permission.content_type
    model = kind.model_class()
    if model is None or (kind.app_label, kind.model) in PLUMBING or hasattr(model, "history_date"):
        return False
    return model.__module__.startswith("crm.") or kind.model == "group"


class RoleForm(forms.ModelForm):
    """Only what a screen opens is offered; what else the role holds is kept."""

    permissions = RowsField(
        Permission.objects.select_related("content_type").order_by(
            "content_type__app_label", "content_type__model", "pk"
        ),
        label=gettext_lazy("Permissions"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )

    class Meta:
        model = Group
        fields = ["name", "permissions"]

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        ours = [permission for permission in self.fields["permissions"].queryset if _is_ours(permission)]
        self.fields["permissions"].choices = [
            (
                _room(label),
                [(one.pk, permission_label(one)) for one in group],
            )
            for label, group in groupby(ours, key=lambda one: one.content_type.app_label)
        ]

    def clean_permissions(self):
        chosen = list(self.cleaned_data["permissions"])
        if self.instance.pk:
            chosen += [
                one for one in self.instance.permissions.select_related("content_type") if not _is_ours(one)
            ]
        return chosen


admin.site.unregister(Group)


@admin.register(Group)
class RoleAdmin(GuardedAdmin, admin.ModelAdmin):
    form = RoleForm
    search_fields = ["name"]
    ordering = ["name"]
