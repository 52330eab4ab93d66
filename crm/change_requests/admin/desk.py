"""What the two lists of requests have in common: the oldest first, its age, its client, and decisions instead of edits."""

from collections import Counter
from collections.abc import Callable
from typing import Any

from django.contrib import admin, messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from crm.change_requests.forms import RefusalForm
from crm.change_requests.models import Request
from crm.clients.models import Client
from crm.core.admin import ReadOnlyAdmin
from crm.core.rows import is_key
from crm.products.renewal import Refused
from crm.products.wording import days_in_words

# One page decides of at most this many: past it, it would time out half way.
MOST_SELECTED = 200
LOOKS = {
    "open": "ending",
    "accepted": "active",
    "partly": "active",
    "refused": "cancelled",
    "withdrawn": "archived",
}


class StatusFilter(admin.SimpleListFilter):
    """What waits is shown; the rest when it is asked for."""

    title = gettext_lazy("Status")
    parameter_name = "status"

    def lookups(self, request, model_admin):
        return [*Request.Status.choices, ("all", _("All"))]

    def queryset(self, request, queryset):
        if self.value() == "all":
            return queryset
        return queryset.filter(status=self.value() or Request.Status.OPEN)

    def choices(self, changelist):
        """Without the choice « all » that Django adds: ours says so already."""
        return [choice for choice in super().choices(changelist) if choice["query_string"] != "?"] or []

    def chosen(self) -> str:
        return next((str(name) for key, name in self.lookup_choices if key == self.value()), "")


class RequestDesk(ReadOnlyAdmin):
    list_display_links = ["wish"]
    list_per_page = 50
    search_fields = ["client__sort_name"]
    search_help_text = gettext_lazy("Client")
    show_full_result_count = False

    class Media:
        css = {"all": ["change_requests/desk.css"]}

    def get_queryset(self, request):
        """Each names its client: none for who may not read clients."""
        queryset = super().get_queryset(request).visible_to(request.user)
        return queryset if request.user.has_perm("clients.view_client") else queryset.none()

    def get_ordering(self, request):
        if request.GET.get("status", "open") == "open":
            return ["created_at", "pk"]
        return ["-created_at", "-pk"]

    def get_search_results(self, request, queryset, search_term):
        if not search_term.strip():
            return queryset, False
        clients = Client.objects.visible_to(request.user).matching(search_term)
        return queryset.filter(client__in=clients.values("pk")), False

    def has_decide_permission(self, request, obj=None) -> bool:
        """`change` is the right to decide: a request itself is edited by nobody."""
        return request.user.has_perm(f"{self.opts.app_label}.change_{self.opts.model_name}")

    def get_urls(self):
        name = f"{self.opts.app_label}_{self.opts.model_name}_decide"
        wrapped = self.admin_site.admin_view(self.decide_view)
        return [path("<int:pk>/decide/<slug:verb>/", wrapped, name=name), *super().get_urls()]

    def to_decide(self, request: HttpRequest, pk: Any) -> Any:
        found = self.get_queryset(request).filter(pk=pk).first() if is_key(pk) else None
        if found is None:
            raise Http404
        if not self.has_decide_permission(request, found):
            raise PermissionDenied
        return found

    def list_url(self) -> str:
        return reverse(f"admin:{self.opts.app_label}_{self.opts.model_name}_changelist")

    def page_url(self, one: Request, *verb: str) -> str:
        page = "decide" if verb else "change"
        return reverse(f"admin:{self.opts.app_label}_{self.opts.model_name}_{page}", args=[one.pk, *verb])

    def decide_view(self, request: HttpRequest, pk: int, verb: str) -> HttpResponse:
        raise NotImplementedError

    def done(self, request: HttpRequest, one: Request, said: str) -> HttpResponse:
        self.log_change(request, one, said)
        messages.success(request, said)
        return HttpResponseRedirect(self.list_url())

    # A selection of the list

    def decide_selection(
        self, request: HttpRequest, queryset, *, action: str, verb: Callable[..., Any], asks_why: bool = False
    ) -> HttpResponse | None:
        """The page that says how many and asks why; once confirmed, each in its own transaction, and what was refused."""
        selected = list(queryset[: MOST_SELECTED + 1])
        if len(selected) > MOST_SELECTED:
            messages.error(
                request, _("Select at most %(most)d requests at a time.") % {"most": MOST_SELECTED}
            )
            return None
        is_confirmed = "confirmed" in request.POST
        form = RefusalForm(request.POST if is_confirmed else None) if asks_why else None
        if is_confirmed and (form is None or form.is_valid()):
            self._decide_each(request, selected, verb, form.cleaned_data if form else {})
            return None
        context = self.admin_site.each_context(request) | {
            "title": self.get_actions(request)[action][2],
            "opts": self.opts,
            "selected": selected,
            "form": form,
            "action": action,
            "checkbox": ACTION_CHECKBOX_NAME,
            "media": self.media,
        }
        return TemplateResponse(request, "admin/change_requests/selection.html", context)

    def _decide_each(
        self, request: HttpRequest, selected: list, verb: Callable[..., Any], details: dict
    ) -> None:
        refused: Counter[str] = Counter()
        for one in selected:
            try:
                decided = verb(one, by=request.user, at=timezone.now(), **details)
                self.log_change(request, decided, str(decided.get_status_display()))
            except Refused as refusal:
                refused[f"{one.code}: {refusal}"] += 1
        if count := len(selected) - refused.total():
            text = ngettext("%(count)d request decided.", "%(count)d requests decided.", count)
            messages.success(request, text % {"count": count})
        for reason in refused:
            messages.warning(request, reason)

    # Columns

    @admin.display(description=gettext_lazy("Since"), ordering="created_at")
    def age(self, one: Request) -> str:
        days = (timezone.localdate(one.created_at) - timezone.localdate()).days
        hour = f"{timezone.localtime(one.created_at):%d/%m/%Y %H:%M}"
        return format_html('<span title="{}">{}</span>', hour, days_in_words(days))

    @admin.display(description=gettext_lazy("Client"), ordering="client__sort_name")
    def client_name(self, one: Request) -> str:
        address = reverse("admin:clients_client_change", args=[one.client_id])
        return format_html(
            '<a href="{}">{}</a> <small>{}</small>', address, one.client.display_name, one.client.code
        )

    @admin.display(description=gettext_lazy("Status"), ordering="status")
    def state(self, one: Request) -> str:
        return format_html(
            '<span class="state state-{}">{}</span>', LOOKS[one.status], one.get_status_display()
        )
