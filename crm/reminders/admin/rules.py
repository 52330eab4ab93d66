from django.contrib import admin, messages
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from crm.core.admin import GuardedAdmin
from crm.reminders.forms import RuleForm
from crm.reminders.models import Rule

ICONS = ("can_add_related", "can_change_related", "can_delete_related", "can_view_related")


class _WithoutIcons:
    def formfield_for_foreignkey(self, db_field, request, **kwargs):
        field = super().formfield_for_foreignkey(db_field, request, **kwargs)
        for icon in ICONS:
            setattr(field.widget, icon, False)
        return field


@admin.register(Rule)
class RuleAdmin(_WithoutIcons, GuardedAdmin, admin.ModelAdmin):
    form = RuleForm
    list_display = ["when", "concerns", "text", "state", "since"]
    list_filter = ["is_active"]
    list_select_related = ["plan", "template"]
    actions = ["stop", "resume"]

    @admin.display(description=_("When"), ordering="days")
    def when(self, rule: Rule) -> str:
        return rule.called()

    @admin.display(description=_("Formules"), ordering="plan__name")
    def concerns(self, rule: Rule) -> str:
        return str(rule.plan or _("all those without a rule of their own"))

    @admin.display(description=_("Text"))
    def text(self, rule: Rule) -> str:
        return rule.template.name if rule.template else str(_("the standard one"))

    @admin.display(description=_("State"), ordering="is_active")
    def state(self, rule: Rule) -> str:
        name, word = ("running", _("In force")) if rule.is_active else ("archived", _("Stopped"))
        return format_html('<span class="state state-{}">{}</span>', name, word)

    @admin.display(description=_("In force since"), ordering="active_from")
    def since(self, rule: Rule) -> str:
        return date_format(rule.active_from, "SHORT_DATE_FORMAT") if rule.is_active else ""

    @admin.action(description=_("Stop the selected rules"), permissions=["change"])
    def stop(self, request, queryset) -> None:
        self._say(request, queryset.stop())

    @admin.action(description=_("Put the selected rules in force again"), permissions=["change"])
    def resume(self, request, queryset) -> None:
        self._say(request, queryset.resume(timezone.localdate()))

    def _say(self, request, number: int) -> None:
        text = ngettext("%(count)d rule changed.", "%(count)d rules changed.", number)
        messages.success(request, text % {"count": number})


class RuleInline(_WithoutIcons, admin.TabularInline):
    """A formule's own rules, on its page."""

    model = Rule
    form = RuleForm
    fields = ["days", "template", "is_active"]
    extra = 0
    verbose_name_plural = _("Its own reminders")
