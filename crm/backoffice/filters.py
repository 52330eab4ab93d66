"""The filters of the list of clients. Their choices cost one query for all, and none lists thousands of them."""

from django.contrib import admin
from django.db.models import Case, CharField, F, QuerySet, Value, When
from django.db.models.functions import Concat, Trim
from django.utils.html import format_html, format_html_join
from django.utils.translation import gettext_lazy as _

from crm.accounts.models import User
from crm.clients.languages import language_choices
from crm.clients.models import Category, Client, Establishment, Tag
from crm.france.names import normalise
from crm.france.postcodes import REGIONS
from crm.products.models import Plan

NOBODY = "none"
SELECTED = format_html("{}", " selected")


class Select(admin.SimpleListFilter):
    """A labelled list. A value that is not in it filters nothing."""

    template = "admin/filters/select.html"
    lookup = ""
    # The choice of not choosing.
    blank = _("All")

    def value(self) -> str | None:
        value = super().value()
        return value if value in {str(key) for key, _name in self.lookup_choices} else None

    def choices(self, changelist):
        """None for the skin, which would work out an address for each; the template shows `options`."""
        return []

    def options(self) -> str:
        chosen = self.value()
        marks = ((key, SELECTED if str(key) == chosen else "", name) for key, name in self.lookup_choices)
        return format_html_join("", '<option value="{}"{}>{}</option>', marks)

    def chosen(self) -> str:
        return next((str(name) for key, name in self.lookup_choices if str(key) == self.value()), "")

    def queryset(self, request, queryset):
        return (
            queryset.filter(**{self.lookup or self.parameter_name: self.value()})
            if self.value()
            else queryset
        )


class Stored(Select):
    """A list of rows that the administrator keeps: categories, tags…"""

    def lookups(self, request, model_admin):
        if not hasattr(request, "client_filter_choices"):
            request.client_filter_choices = list(_everything_named())
        found = [
            (pk, name) for what, pk, name in request.client_filter_choices if what == self.parameter_name
        ]
        return sorted(found, key=lambda choice: normalise(choice[1]))


def _everything_named() -> QuerySet:
    """(filter, id, name) of every choice of the five lists, in one query."""
    full_name = Trim(Concat("first_name", Value(" "), "last_name"))
    staff = User.objects.filter(is_staff=True).alias(full_name=full_name)
    return _named(Category, "category").union(
        _named(Establishment, "establishment"),
        _named(Tag, "tag"),
        _named(Plan, "plan"),
        _labelled(staff, "manager", Case(When(full_name="", then=F("email")), default=F("full_name"))),
    )


def _named(model, what: str) -> QuerySet:
    return _labelled(model.objects.all(), what, F("name"))


def _labelled(rows: QuerySet, what: str, label) -> QuerySet:
    labels = {"what": Value(what, CharField()), "label": Trim(label)}
    return rows.order_by().annotate(**labels).values_list("what", "pk", "label")


class KindFilter(Select):
    title, parameter_name = _("Kind"), "kind"

    def lookups(self, request, model_admin):
        return Client.Kind.choices


class StatusFilter(Select):
    title, parameter_name = _("Status"), "status"

    def lookups(self, request, model_admin):
        return Client.Status.choices


class RegionFilter(Select):
    title, parameter_name = _("Region"), "region"

    def lookups(self, request, model_admin):
        known = sorted(REGIONS.items(), key=lambda region: normalise(region[1]))
        return [*known, (NOBODY, _("No region, or abroad"))]

    def queryset(self, request, queryset):
        return queryset.filter(region="") if self.value() == NOBODY else super().queryset(request, queryset)


class LanguageFilter(Select):
    title, parameter_name, lookup = _("Language"), "language", "preferred_language"

    def lookups(self, request, model_admin):
        return language_choices()


class CategoryFilter(Stored):
    title, parameter_name = _("Category"), "category"


class EstablishmentFilter(Stored):
    title, parameter_name = _("Establishment"), "establishment"


class TagFilter(Stored):
    title, parameter_name, lookup = _("Tag"), "tag", "tags"


class ManagerFilter(Stored):
    title, parameter_name = _("Client manager"), "manager"

    def lookups(self, request, model_admin):
        """Who sees only their own clients has nothing to choose here."""
        if not request.user.has_perm("clients.see_every_client"):
            return []
        return [(NOBODY, _("Nobody")), *super().lookups(request, model_admin)]

    def queryset(self, request, queryset):
        return (
            queryset.filter(manager=None) if self.value() == NOBODY else super().queryset(request, queryset)
        )


class ArchivedFilter(Select):
    title, parameter_name, blank = _("Archived"), "archived", _("Not archived")

    def lookups(self, request, model_admin):
        return [("yes", _("Archived only")), ("all", _("Archived or not"))]

    def queryset(self, request, queryset):
        return (
            queryset if self.value() == "all" else queryset.filter(archived_on__isnull=self.value() is None)
        )


class Text(admin.SimpleListFilter):
    """A box to type in, where a list would hold thousands of choices."""

    template = "admin/filters/text.html"

    def lookups(self, request, model_admin):
        return [("", self.title)]

    def choices(self, changelist):
        return [{"value": self.chosen(), "selected": bool(self.chosen())}]

    def chosen(self) -> str:
        return (self.value() or "").replace("\x00", "").strip()


class CityFilter(Text):
    title, parameter_name = _("City"), "city"

    def queryset(self, request, queryset):
        """Without accents: the names that exist are compared here, the database then looks for those alone."""
        wanted = normalise(self.chosen())
        if not wanted:
            return queryset
        cities = Client.objects.order_by().values_list("city", flat=True).distinct()
        return queryset.filter(city__in=[city for city in cities if normalise(city).startswith(wanted)])


class PostcodeFilter(Text):
    title, parameter_name = _("Postcode"), "postcode"

    def queryset(self, request, queryset):
        wanted = self.chosen().replace(" ", "")
        return queryset.filter(postcode__startswith=wanted) if wanted else queryset
