from django.contrib import admin, messages
from django.db.models import Q
from django.urls import path, reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.text import Truncator
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from crm.clients.models import Client
from crm.conversations import services
from crm.conversations.admin.message_pages import MessagePages
from crm.conversations.admin.pages import ThreadPages
from crm.conversations.models import Thread
from crm.conversations.waiting import may_read
from crm.core.admin import ReadOnlyAdmin

Side = Thread.Side
LOOKS = {Side.OFFICE: "ending", Side.CLIENT: "active", Side.NOBODY: "archived"}
MOST_SELECTED = 200


class DeskFilter(admin.SimpleListFilter):
    """What is unread or waits for us is shown; the rest when it is asked for."""

    title = gettext_lazy("Conversations")
    parameter_name = "desk"

    def lookups(self, request, model_admin):
        return [
            ("unread", _("Unread")),
            (Side.OFFICE, Side.OFFICE.label),
            (Side.CLIENT, Side.CLIENT.label),
            ("mine", _("Assigned to me")),
            ("all", _("All")),
        ]

    def queryset(self, request, queryset):
        chosen = self.value()
        if chosen == "mine":
            return queryset.assigned_to(request.user)
        if chosen == "unread":
            return queryset.unread_by_office()
        if chosen in (Side.OFFICE, Side.CLIENT):
            return queryset.waiting_for(chosen)
        return queryset if chosen == "all" else queryset.filter(Q(waits_for=Side.OFFICE) | TO_READ)

    def choices(self, changelist):
        for choice in super().choices(changelist):
            is_default = choice["query_string"] == "?"
            yield {**choice, "display": _("To read or to answer")} if is_default else choice

    def chosen(self) -> str:
        return next((str(name) for key, name in self.lookup_choices if key == self.value()), "")


TO_READ = Q(unread_by_office__gt=0)


@admin.register(Thread)
class ThreadAdmin(ThreadPages, MessagePages, ReadOnlyAdmin):
    """The inbox of every conversation."""

    list_display = ["client_name", "last_words", "state", "since", "unread", "assigned_to"]
    list_filter = [DeskFilter]
    list_per_page = 50
    list_select_related = ["client", "last_message", "assigned_to"]
    search_fields = ["client__sort_name"]
    search_help_text = gettext_lazy("Client")
    show_full_result_count = False
    actions = ["take_selected"]
    empty_value_display = ""

    class Media:
        css = {"all": ["conversations/conversations.css"]}

    def get_queryset(self, request):
        """Each names its client: none for who may not read clients."""
        queryset = super().get_queryset(request).visible_to(request.user)
        return queryset if may_read(request.user) else queryset.none()

    def get_ordering(self, request):
        """What waits, the oldest first; elsewhere the latest said."""
        if request.GET.get("desk", "") in ("", Side.OFFICE, "unread"):
            return ["waiting_since", "client"]
        return ["-last_at", "client"]

    def get_search_results(self, request, queryset, search_term):
        if not search_term.strip():
            return queryset, False
        clients = Client.objects.visible_to(request.user).matching(search_term)
        return queryset.filter(client__in=clients.values("pk")), False

    def has_answer_permission(self, request, obj=None) -> bool:
        """`change` is the right to answer: a conversation itself is edited by nobody."""
        return request.user.has_perm("conversations.change_thread")

    def get_urls(self):
        def url(route, view, name):
            return path(route, self.admin_site.admin_view(view), name=f"conversations_thread_{name}")

        return [
            url("unread/<int:stamp>/", self.unread_view, "unread"),
            url("preferences/", self.preferences_view, "preferences"),
            url("<int:pk>/since/<int:revision>/", self.since_view, "since"),
            url("<int:pk>/verb/<slug:verb>/", self.verb_view, "verb"),
            url("<int:pk>/request/<int:key>/answered/", self.answered_view, "answered"),
            url("message/<int:pk>/", self.edit_view, "message"),
            url("message/<int:pk>/delete/", self.take_back_view, "message_delete"),
            url("message/<int:pk>/history/", self.versions_view, "message_history"),
            *super().get_urls(),
        ]

    @admin.action(description=gettext_lazy("Assign to me"), permissions=["answer"])
    def take_selected(self, request, queryset):
        selected = list(queryset[:MOST_SELECTED])
        for thread in selected:
            services.assign(thread.client, request.user, at=timezone.now())
        text = ngettext(
            "%(count)d conversation assigned.", "%(count)d conversations assigned.", len(selected)
        )
        messages.success(request, text % {"count": len(selected)})

    @admin.display(description=gettext_lazy("Client"), ordering="client__sort_name")
    def client_name(self, thread: Thread) -> str:
        return f"{thread.client.display_name} {thread.client.code}"

    @admin.display(description=gettext_lazy("Last message"))
    def last_words(self, thread: Thread) -> str:
        message = thread.last_message
        if message is None:
            return ""
        words = Truncator(message.text).chars(90) or _("[attached file]")
        return words if message.is_from_client else _("Us: %(words)s") % {"words": words}

    @admin.display(description=gettext_lazy("State"), ordering="waits_for")
    def state(self, thread: Thread) -> str:
        look = LOOKS[Side(thread.waits_for)]
        return format_html('<span class="state state-{}">{}</span>', look, thread.get_waits_for_display())

    @admin.display(description=gettext_lazy("Since"), ordering="waiting_since")
    def since(self, thread: Thread) -> str:
        at = thread.waiting_since or thread.last_at
        return date_format(timezone.localtime(at), "SHORT_DATETIME_FORMAT") if at else ""

    @admin.display(description=gettext_lazy("Unread"), ordering="unread_by_office")
    def unread(self, thread: Thread) -> str:
        if not thread.unread_by_office:
            return ""
        return format_html('<span class="menu-badge">{}</span>', thread.unread_by_office)

    def page_url(self, pk: int) -> str:
        return reverse("admin:conversations_thread_change", args=[pk])
