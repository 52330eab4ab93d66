from django.contrib import admin, messages
from django.contrib.admin.templatetags.admin_urls import admin_urlname
from django.db import transaction
from django.shortcuts import redirect
from django.utils.translation import gettext_lazy

from crm.core.admin import HistoryAdmin, MustBeKept
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


class PricedAdmin(HistoryAdmin):
    show_full_result_count = False

    def obstacles(self, priced) -> list[str]:
        """Why this row must be kept, in sentences."""
        raise NotImplementedError

    def get_deleted_objects(self, objs, request):
        """Counted, not collected: a formule may have a hundred thousand subscriptions."""
        refused = [f"{one}: {why}" for one in objs for why in self.obstacles(one)]
        return ([], {}, set(), refused) if refused else super().get_deleted_objects(objs, request)

    def delete_view(self, request, object_id, extra_context=None):
        try:
            return super().delete_view(request, object_id, extra_context)
        except MustBeKept as refusal:
            return self._kept(request, refusal)

    def changelist_view(self, request, extra_context=None):
        if request.POST.get("action") != "delete_selected":
            return super().changelist_view(request, extra_context)
        try:
            # Django writes that it deleted before it does.
            with transaction.atomic():
                return super().changelist_view(request, extra_context)
        except MustBeKept as refusal:
            return self._kept(request, refusal)

    def _kept(self, request, refusal: MustBeKept):
        for reason in refusal.args:
            messages.error(request, reason)
        return redirect(admin_urlname(self.opts, "changelist"))

    def delete_model(self, request, obj) -> None:
        self.delete_queryset(request, self.model.objects.filter(pk=obj.pk))

    def delete_queryset(self, request, queryset) -> None:
        """Locked and asked again: a proof may have come since the page that asked."""
        keys = list(queryset.values_list("pk", flat=True))
        with transaction.atomic():
            rows = self.model.objects.filter(pk__in=keys).order_by("pk")
            locked = rows.select_for_update()
            if refused := [f"{one}: {why}" for one in locked for why in self.obstacles(one)]:
                raise MustBeKept(*refused)
            super().delete_queryset(request, rows.order_by())

    def get_fieldsets(self, request, obj=None):
        fieldsets = super().get_fieldsets(request, obj)
        if obj is None or self.has_change_permission(request, obj):
            return fieldsets
        return [(name, options | {"fields": _as_shown(options["fields"])}) for name, options in fieldsets]

    def get_readonly_fields(self, request, obj=None):
        return [*super().get_readonly_fields(request, obj), *_SHOWN.values()]

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
        js = ["products/plan_defaults.js", "products/incl_tax.js"]

    @admin.display(description=gettext_lazy("Excl. tax"), ordering="price_excl_tax")
    def excl_tax(self, priced) -> str:
        return euros(priced.price_excl_tax)

    @admin.display(description=gettext_lazy("VAT"), ordering="vat_rate")
    def rate(self, priced) -> str:
        return percent(priced.vat_rate)
