from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import Q
from django.shortcuts import get_object_or_404
from django.urls import path, reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _

from crm.clients.models import Client
from crm.core.admin import GuardedAdmin
from crm.products.models import Subscription
from crm.reminders.admin.verbs import back_from
from crm.reminders.forms import PauseForm
from crm.reminders.models import Pause
from crm.reminders.services import resume

EVERYBODY = "reminders.pause_everybody"


@admin.register(Pause)
class PauseAdmin(GuardedAdmin, admin.ModelAdmin):
    form = PauseForm
    list_display = ["whom", "start", "end", "state", "reason", "by"]
    list_display_links = ["whom"]
    list_select_related = ["client", "subscription__client", "subscription__plan", "by"]
    search_fields = ["reason"]
    search_help_text = _("Client or reason")
    autocomplete_fields = ["client", "subscription"]
    readonly_fields = ["by"]
    show_full_result_count = False

    def get_queryset(self, request):
        """Each names its client: only those of everybody for who may not read clients."""
        queryset = super().get_queryset(request).visible_to(request.user)
        return queryset if request.user.has_perm("clients.view_client") else queryset.general()

    def get_search_results(self, request, queryset, search_term):
        if not search_term:
            return queryset, False
        clients = Client.objects.visible_to(request.user).matching(search_term).values("pk")
        named = Q(client__in=clients) | Q(subscription__client__in=clients)
        return queryset.filter(named | Q(reason__icontains=search_term)), False

    def get_fields(self, request, obj=None):
        whom = ["client", "subscription"]
        if request.user.has_perm(EVERYBODY):
            whom.append("is_for_everybody")
        return [*whom, ("starts_on", "ends_on"), "reason", *(["by"] if obj else [])]

    def get_form(self, request, obj=None, change=False, **kwargs):
        form = super().get_form(request, obj, change=change, **kwargs)
        if request.user.has_perm(EVERYBODY):
            return form
        return type(form.__name__, (form,), {"is_for_everybody": None})

    def get_urls(self):
        view = self.admin_site.admin_view(self.resume_view)
        return [path("<int:pk>/resume/", view, name="reminders_pause_resume"), *super().get_urls()]

    def resume_view(self, request, pk: int):
        pause = get_object_or_404(self.get_queryset(request), pk=pk)
        if request.method != "POST" or not self.has_change_permission(request, pause):
            raise PermissionDenied
        resume(pause, day=timezone.localdate())
        messages.success(request, _("The reminders leave again, from today."))
        return back_from(request, reverse("admin:reminders_pause_changelist"))

    def formfield_for_foreignkey(self, db_field, request, **kwargs):
        seen = {"client": Client.objects, "subscription": Subscription.objects}
        if db_field.name in seen:
            kwargs["queryset"] = seen[db_field.name].visible_to(request.user).current()
        field = super().formfield_for_foreignkey(db_field, request, **kwargs)
        for icon in ("can_add_related", "can_change_related", "can_delete_related", "can_view_related"):
            setattr(field.widget, icon, False)
        return field

    def has_change_permission(self, request, obj=None):
        return super().has_change_permission(request, obj) and _may(request, obj)

    def has_delete_permission(self, request, obj=None):
        return super().has_delete_permission(request, obj) and _may(request, obj)

    def get_deleted_objects(self, objs, request):
        rows, counts, lacking, kept = super().get_deleted_objects(objs, request)
        if not all(_may(request, one) for one in objs):
            lacking.add(str(self.opts.verbose_name))
        return rows, counts, lacking, kept

    def save_model(self, request, obj, form, change) -> None:
        if not change:
            obj.by = request.user
        super().save_model(request, obj, form, change)

    @admin.display(description=_("Whose reminders"))
    def whom(self, pause: Pause) -> str:
        if pause.subscription:
            term = pause.subscription
            return format_html("{} <small>{}</small>", term.client, term)
        return str(pause.client or _("Everybody"))

    @admin.display(description=_("From"), ordering="starts_on")
    def start(self, pause: Pause) -> str:
        return date_format(pause.starts_on, "SHORT_DATE_FORMAT")

    @admin.display(description=_("To"), ordering="ends_on")
    def end(self, pause: Pause) -> str:
        return date_format(pause.ends_on, "SHORT_DATE_FORMAT") if pause.ends_on else str(_("no end yet"))

    @admin.display(description=_("State"))
    def state(self, pause: Pause) -> str:
        today = timezone.localdate()
        if pause.covers(today):
            name, word = "ending", _("Paused")
        else:
            name, word = ("upcoming", _("Upcoming")) if pause.starts_on > today else ("ended", _("Over"))
        return format_html('<span class="state state-{}">{}</span>', name, word)


def _may(request, pause: Pause | None) -> bool:
    """Everybody's reminders are an administrator's matter."""
    return pause is None or not pause.is_general or request.user.has_perm(EVERYBODY)
