from django.contrib import admin
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _

from crm.core.admin import ReadOnlyAdmin
from crm.reminders.models import Run


@admin.register(Run)
class RunAdmin(ReadOnlyAdmin):
    list_display = ["on", "finished_at", "mailed", "letters", "superseded", "skipped", "renewed", "judgement"]
    show_full_result_count = False

    @admin.display(description=_("Day"), ordering="day")
    def on(self, run: Run) -> str:
        return date_format(run.day, "l j F Y")

    @admin.display(description=_("Size"), ordering="is_unusual")
    def judgement(self, run: Run) -> str:
        if not run.is_unusual:
            return str(_("usual"))
        return format_html('<span class="state state-ending">{}</span>', _("Far more than usual"))
