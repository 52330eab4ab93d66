from django.contrib import admin
from django.forms import TextInput
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _

from crm.core.admin import GuardedAdmin
from crm.timeline import services
from crm.timeline.forms import ActionForm
from crm.timeline.models import Action, ActionFile, ActionKind, Entry
from crm.timeline.record_admin import FilesInline, RecordAdmin, moment


def kind_badge(kind: ActionKind) -> str:
    return format_html(
        '<span class="tag" style="background:{};color:{}"><i class="fas fa-{}" aria-hidden="true"></i> {}</span>',
        kind.color,
        kind.text_color,
        kind.icon,
        kind.name,
    )


@admin.register(ActionKind)
class ActionKindAdmin(GuardedAdmin, admin.ModelAdmin):
    list_display = ["badge"]
    search_fields = ["name"]

    def formfield_for_dbfield(self, db_field, request, **kwargs):
        if db_field.name == "color":
            kwargs["widget"] = TextInput(attrs={"type": "color"})
        return super().formfield_for_dbfield(db_field, request, **kwargs)

    @admin.display(description=_("Type of action"), ordering="name")
    def badge(self, kind: ActionKind) -> str:
        return kind_badge(kind)


class ActionFileInline(FilesInline):
    model = ActionFile


@admin.register(Action)
class ActionAdmin(RecordAdmin):
    PANEL, NOTE = "timeline", "note"
    VERBS = (services.note_action, services.change_action, services.delete_action)
    form = ActionForm
    inlines = [ActionFileInline]
    list_display = ["title", "type", "when", "client_name", "by"]
    list_filter = ["kind"]
    list_select_related = ["client", "kind", "by"]
    fields = ["client", ("kind", "at"), "title", "note", "uploads"]

    def has_change_permission(self, request, obj=None):
        return super().has_change_permission(request, obj) and (
            obj is None or obj.is_changed_by(request.user)
        )

    def has_delete_permission(self, request, obj=None):
        return super().has_delete_permission(request, obj) and (
            obj is None or obj.is_changed_by(request.user)
        )

    def get_actions(self, request):
        """A selection may hold what others wrote: only who answers for everyone's deletes many at once."""
        actions = super().get_actions(request)
        if not request.user.has_perm("timeline.change_actions_of_others"):
            actions.pop("delete_selected", None)
        return actions

    def get_deleted_objects(self, objs, request):
        """Its line of the timeline goes with it, which nobody takes away by hand."""
        rows, counts, lacking, kept = super().get_deleted_objects(objs, request)
        return rows, counts, lacking - {Entry._meta.verbose_name}, kept

    @admin.display(description=_("Type of action"), ordering="kind__name")
    def type(self, action: Action) -> str:
        return kind_badge(action.kind)

    @admin.display(description=_("At"), ordering="at")
    def when(self, action: Action) -> str:
        return moment(action.at)
