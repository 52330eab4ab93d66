"""The Export button of the admin's lists: import-export's page and permissions, our flat-memory writers."""

import tempfile
from copy import copy

from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.admin.views.main import ALL_VAR, PAGE_VAR
from django.contrib.contenttypes.models import ContentType
from django.core.exceptions import PermissionDenied
from django.http import FileResponse
from django.utils import timezone
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _
from import_export.admin import ExportMixin
from import_export.formats.base_formats import CSV, XLSX
from import_export.forms import SelectableFieldsExportForm

from crm.core.admin import answering_any_address
from crm.exchange.writing import write_csv, write_xlsx


class ExportForm(SelectableFieldsExportForm):
    """The library's form, with the columns named as they will be in the file."""

    def __init__(self, formats, resources, **kwargs):
        super().__init__(formats, resources, **kwargs)
        self.fields["format"].choices = [("0", _("Excel (.xlsx)")), ("1", _("CSV, semicolons (.csv)"))]

    def _get_field_label(self, resource, field_name: str) -> str:
        return resource().heading(field_name)

    def column_fields(self):
        """The boxes to tick, grouped by what the file holds: (its place in the choice, the fields)."""
        for place, names in enumerate(self.resource_fields.values()):
            yield place, [self[name] for name in names]


class ExportAdmin(ExportMixin):
    """Mixed in a ModelAdmin: a page to choose format and columns, for what the list shows or what is selected."""

    export_form_class = ExportForm
    export_formats = [XLSX, CSV]
    export_template_name = "admin/exchange/export.html"

    ie_base_change_list_template = None

    def init_change_list_template(self) -> None:
        """Keep the list's own template: it has the buttons, where the library would put bare links."""

    def has_export_permission(self, request) -> bool:
        """A file of what one may not read on the screen would be a way round."""
        return super().has_export_permission(request) and self.has_view_permission(request)

    @answering_any_address
    def export_action(self, request):
        return super().export_action(request)

    def init_request_context_data(self, request, form):
        """With what will leave: how many rows, and by which filter."""
        asked = copy(request)
        asked.GET = request.GET.copy()
        for name in (PAGE_VAR, ALL_VAR, "_changelist_filters"):  # of the list's pages only
            asked.GET.pop(name, None)
        return super().init_request_context_data(request, form) | {
            "cl": self.get_changelist_instance(asked),
            "is_selection": "id__in" in asked.GET,
        }

    def _do_file_export(self, file_format, request, queryset, export_form=None):
        if not self.has_export_permission(request):
            raise PermissionDenied
        resource = self.choose_export_resource_class(export_form, request)()
        keys = self.get_export_resource_fields_from_form(export_form) or list(resource.fields)
        # Written whole before it is sent: a failure is an error page and not a file cut short, and a slow
        # download holds no lock on the database.
        file = tempfile.TemporaryFile()  # noqa: SIM115 -- closed by the response
        count = 0

        def counted():
            nonlocal count
            for count, row in enumerate(resource.rows(queryset, keys), 1):  # noqa: B007 -- read after the loop
                yield row

        if isinstance(file_format, CSV):
            file.writelines(write_csv(resource.columns(keys), counted()))
        else:
            write_xlsx(resource.columns(keys), counted(), file)
        file.seek(0)
        self._log_export(request, count)
        return FileResponse(
            file,
            as_attachment=True,
            filename=self.get_export_filename(file_format),
            content_type=file_format.get_content_type(),
        )

    def get_export_filename(self, file_format) -> str:
        name = self.opts.verbose_name_plural.lower().replace(" ", "-")
        return f"{name}-{timezone.localdate():%Y-%m-%d}.{file_format.get_extension()}"

    def _log_export(self, request, count: int) -> None:
        """Who took how much away, and by which filter: the trace that a leak is looked for in."""
        message = ngettext("Export of %(count)d row", "Export of %(count)d rows", count) % {"count": count}
        if filters := request.GET.urlencode():
            message += gettext(" (filter: %(filters)s)") % {"filters": filters}
        LogEntry.objects.create(
            user=request.user,
            content_type=ContentType.objects.get_for_model(self.model),
            object_repr=str(self.opts.verbose_name_plural)[:200],
            action_flag=CHANGE,
            change_message=message,
        )
