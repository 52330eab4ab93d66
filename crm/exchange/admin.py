from django.contrib import admin
from django.db.models import QuerySet
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _

from crm.core.admin import ReadOnlyAdmin
from crm.exchange import rights
from crm.exchange.import_pages import ImportPages
from crm.exchange.models import ImportRun


@admin.register(ImportRun)
class ImportRunAdmin(ImportPages, ReadOnlyAdmin):
    """The record of imports; a file comes in by the Add button."""

    list_display = ["file_name", "target", "state_badge", "lines", "at", "by"]
    list_display_links = ["file_name"]
    list_filter = ["state", "target"]
    list_select_related = ["by"]
    show_full_result_count = False

    def get_queryset(self, request) -> QuerySet[ImportRun]:
        return super().get_queryset(request).visible_to(request.user)

    def has_add_permission(self, request) -> bool:
        return rights.may_import_something(request.user)

    def has_view_permission(self, request, obj=None) -> bool:
        return super().has_view_permission(request, obj) or rights.may_import_something(request.user)

    @admin.display(description=_("File name"), ordering="original_name")
    def file_name(self, run: ImportRun) -> str:
        return run.original_name

    @admin.display(description=_("State"), ordering="state")
    def state_badge(self, run: ImportRun) -> str:
        return format_html('<span class="state import-{}">{}</span>', run.state, run.get_state_display())

    @admin.display(description=_("Lines"), ordering="total")
    def lines(self, run: ImportRun) -> str:
        return format_html('<span class="number">{}</span>', run.line_count)
