from django.contrib import admin
from django.db.models import Count
from django.forms import TextInput
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _

from crm.clients.models import Category, Establishment, Tag


class NamedAdmin(admin.ModelAdmin):
    list_display = ["name", "client_count"]
    search_fields = ["name"]

    def get_queryset(self, request):
        return super().get_queryset(request).annotate(clients_number=Count("client"))

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

    def get_queryset(self, request):
        return super(NamedAdmin, self).get_queryset(request).annotate(clients_number=Count("clients"))

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
