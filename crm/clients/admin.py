from django.contrib import admin
from django.db.models import Count, Q
from django.forms import TextInput
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _

from crm.clients.models import Category, Client, Establishment, Tag
from crm.core.admin import GuardedAdmin


class NamedAdmin(GuardedAdmin, admin.ModelAdmin):
    list_display = ["name", "client_count"]
    search_fields = ["name"]
    # Said here: counting groups the rows, and a grouped query drops the order of its model.
    ordering = ["name", "pk"]
    clients_lookup = "client"

    def get_queryset(self, request):
        """With how many clients each has, among those that this person may know of."""
        seen = None
        if not request.user.has_perm("clients.see_every_client"):
            seen = Q(**{f"{self.clients_lookup}__in": Client.objects.visible_to(request.user)})
        return super().get_queryset(request).annotate(clients_number=Count(self.clients_lookup, filter=seen))

    @admin.display(description=_("Clients"), ordering="clients_number")
    def client_count(self, named) -> int:
        return named.clients_number


@admin.register(Category)
class CategoryAdmin(NamedAdmin):
    pass


@admin.register(Establishment)
class EstablishmentAdmin(NamedAdmin):
    pass


@admin.register(Tag)
class TagAdmin(NamedAdmin):
    list_display = ["badge", "client_count"]
    clients_lookup = "clients"

    def formfield_for_dbfield(self, db_field, request, **kwargs):
        if db_field.name == "color":
            kwargs["widget"] = TextInput(attrs={"type": "color"})
        return super().formfield_for_dbfield(db_field, request, **kwargs)

    @admin.display(description=_("Tag"), ordering="name")
    def badge(self, tag: Tag) -> str:
        return tag_badge(tag)


def tag_badge(tag: Tag) -> str:
    return format_html(
        '<span class="tag" style="background:{};color:{}">{}</span>', tag.color, tag.text_color, tag.name
    )
