"""What the list of clients shows: cheap text for a hundred rows, and nothing that asks the database row by row."""

import re
from functools import lru_cache

from django.contrib import admin
from django.utils.html import format_html, format_html_join
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from crm.access.models import Access
from crm.backoffice import access_filters, filters, service_filters
from crm.backoffice.census import census
from crm.backoffice.changelist import ClientChangeList, EvenPaginator
from crm.clients.models import Client
from crm.france.telephones import format_telephone

ARCHIVED = '<span class="state state-archived">{}</span>'
STATUS = '<span class="state state-{}">{}</span>'
BREAKS = re.compile(r"(?<=[@.])(?!$)")
USUAL = re.compile(r"\+33([1-79])(\d\d)(\d\d)(\d\d)(\d\d)")
SIGN_IN = ' <span class="state state-{}">{}</span>'
TAG = '<span class="tag" style="background:{};color:{}">{}</span>'


class ClientListMixin:
    """For a ModelAdmin of clients."""

    list_display = [
        "code",
        "name",
        "status_name",
        "kind_name",
        "category_name",
        "establishment_name",
        "street_line",
        "town",
        "telephone",
        "email_address",
        "created",
    ]
    list_filter = [
        filters.StatusFilter,
        filters.KindFilter,
        filters.RegionFilter,
        filters.CityFilter,
        filters.PostcodeFilter,
        filters.TagFilter,
        filters.CategoryFilter,
        filters.EstablishmentFilter,
        filters.ManagerFilter,
        service_filters.PlanFilter,
        service_filters.EndsFilter,
        access_filters.SignInFilter,
        filters.LanguageFilter,
        filters.ArchivedFilter,
    ]
    # Active clients first, then the latest number.
    ordering = ["status", "-number"]
    list_per_page = 100
    list_max_show_all = 0
    show_full_result_count = False
    paginator = EvenPaginator
    # Search is `Client.objects.matching`; the name here only makes the admin offer a search box.
    search_fields = ["search_text"]
    search_help_text = _("Number, name, company, e-mail, telephone or SIRET")

    def get_list_filter(self, request):
        """Who may not read subscriptions does not learn from the list who has which."""
        shown = list(super().get_list_filter(request))
        if not request.user.has_perm("access.view_access"):
            shown.remove(access_filters.SignInFilter)
        if not request.user.has_perm("products.view_subscription"):
            shown.remove(service_filters.EndsFilter)
        if not request.user.has_perms(["products.view_subscription", "products.view_plan"]):
            shown.remove(service_filters.PlanFilter)
        return shown

    def changelist_view(self, request, extra_context=None):
        if request.method != "GET":
            return super().changelist_view(request, extra_context)
        figures = census(request.user)
        request.clients_in_all = figures["total"]
        return super().changelist_view(request, {"census": figures, **(extra_context or {})})

    def get_paginator(self, request, queryset, *args, **kwargs):
        """The figures above the list have counted the whole of it: it is not counted again."""
        paginator = super().get_paginator(request, queryset, *args, **kwargs)
        if getattr(request, "is_whole_list", False) and hasattr(request, "clients_in_all"):
            paginator.count = request.clients_in_all
        return paginator

    def get_changelist(self, request, **kwargs):
        return ClientChangeList

    def get_search_results(self, request, queryset, search_term):
        if request.resolver_match and request.resolver_match.url_name == "autocomplete":
            queryset = queryset.current()
        return (queryset.matching(search_term) if search_term.strip() else queryset), False

    @admin.display(description=_("Number"), ordering="number")
    def code(self, client: Client) -> str:
        return client.code

    @admin.display(description=_("Name"), ordering="sort_name")
    def name(self, client: Client) -> str:
        """What is told beside the name, which the row itself writes as a link to the sheet."""
        tags = client.tags.all()
        if not tags and not client.is_archived:
            return ""
        badges = format_html_join(" ", TAG, ((tag.color, tag.text_color, tag.name) for tag in tags))
        archived = format_html(ARCHIVED, _("Archived")) if client.is_archived else ""
        return format_html(" {} {}", archived, badges)

    @admin.display(description=_("Status"), ordering="status")
    def status_name(self, client: Client) -> str:
        return _status_badge(client.status, get_language())

    @admin.display(description=_("Kind"), ordering="kind")
    def kind_name(self, client: Client) -> str:
        return _kind_label(client.kind, get_language())

    @admin.display(description=_("Category"), ordering="category__name")
    def category_name(self, client: Client) -> str:
        return client.category.name if client.category else ""

    @admin.display(description=_("Establishment"), ordering="establishment__name")
    def establishment_name(self, client: Client) -> str:
        return client.establishment.name if client.establishment else ""

    @admin.display(description=_("Address"))
    def street_line(self, client: Client) -> str:
        return ", ".join(part for part in (client.building, client.street, client.locality) if part)

    @admin.display(description=_("City"), ordering="city")
    def town(self, client: Client) -> str:
        return f"{client.postcode} {client.city}".strip()

    @admin.display(description=_("Telephone"))
    def telephone(self, client: Client) -> str:
        phone = next(iter(client.telephones), "")
        # The usual case, twenty times quicker than the general one.
        return USUAL.sub(r"0\1 \2 \3 \4 \5", phone) if USUAL.fullmatch(phone) else format_telephone(phone)

    @admin.display(description=_("E-mail"), ordering="email")
    def email_address(self, client: Client) -> str:
        """With the state of its sign-in below, which the page read for who may know of it."""
        return format_html("{}{}", _breakable(client.email), _sign_in(client))

    @admin.display(description=_("Created on"), ordering="created_on")
    def created(self, client: Client) -> str:
        return f"{client.created_on:%d/%m/%Y}"


def _breakable(email: str) -> str:
    """A narrow column breaks it after its marks rather than within a word."""
    parts = BREAKS.split(email)
    return format_html("{}" + "<wbr>{}" * (len(parts) - 1), *parts)


def _sign_in(client: Client) -> str:
    """The best state of its accesses: one may be used and another still to confirm."""
    accesses = getattr(client, "_prefetched_objects_cache", {}).get("accesses", ())
    states = {access.state for access in accesses}
    state = next((one for one in reversed(Access.State.values) if one in states), "")
    return format_html(SIGN_IN, state, _state_label(state, get_language())) if state else ""


@lru_cache
def _state_label(state: str, language: str | None) -> str:
    return str(Access.State(state).label)


@lru_cache
def _status_badge(status: str, language: str | None) -> str:
    return format_html(STATUS, status, Client.Status(status).label)


@lru_cache
def _kind_label(kind: str, language: str | None) -> str:
    return str(Client.Kind(kind).label)
