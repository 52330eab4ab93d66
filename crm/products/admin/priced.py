from django.contrib import admin
from django.contrib.admin.templatetags.admin_urls import admin_urlname
from django.contrib.admin.utils import unquote
from django.http import Http404
from django.shortcuts import redirect
from django.utils.translation import gettext_lazy
from simple_history.admin import SimpleHistoryAdmin

from crm.products.wording import euros, percent

# The skin shows a fieldset of class `section` in the tab of the one before it.
PRICE = {
    "fields": [("price_excl_tax", "billing_period"), ("vat_rate", "incl_tax"), "vat_exemption_reason"],
    "classes": ["section"],
}


# Who may only look reads amounts with their sign.
_SHOWN = {"price_excl_tax": "excl_tax", "vat_rate": "rate"}


def _as_shown(fields):
    return [_SHOWN.get(one, one) if isinstance(one, str) else tuple(_as_shown(one)) for one in fields]


class PricedAdmin(SimpleHistoryAdmin):
    show_full_result_count = False

    def get_fieldsets(self, request, obj=None):
        fieldsets = super().get_fieldsets(request, obj)
        if obj is None or self.has_change_permission(request, obj):
            return fieldsets
        return [(name, options | {"fields": _as_shown(options["fields"])}) for name, options in fieldsets]

    def get_readonly_fields(self, request, obj=None):
        return [*super().get_readonly_fields(request, obj), *_SHOWN.values()]

    def history_view(self, request, object_id, extra_context=None):
        """The history of a row is for who may see the row; of a deleted one, for who sees every client."""
        visible = self.get_queryset(request).filter(pk=unquote(object_id))
        if not request.user.has_perm("clients.see_every_client") and not visible.exists():
            raise Http404
        return super().history_view(request, object_id, extra_context)

    def history_form_view(self, request, object_id, version_id, extra_context=None):
        """The history tells old and new values: an old form would tell less, to more people."""
        return redirect(admin_urlname(self.opts, "history"), object_id)

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
