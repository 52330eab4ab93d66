"""The timeline of one client as a file, and the timeline of everyone."""

import tempfile

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import FileResponse, Http404
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from crm.backoffice.changelist import EvenPaginator
from crm.core.admin import ReadOnlyAdmin
from crm.exchange.timeline_files import timeline_csv, timeline_pdf
from crm.products.filters import DayRangeFilter
from crm.timeline.models import Entry
from crm.timeline.reading import ACTION, Asked, TimelineForm, types
from crm.timeline.record_admin import moment

TYPES = {"csv": "text/csv; charset=utf-8", "pdf": "application/pdf"}


class TimelineFilesMixin:
    """For a ModelAdmin of clients that may be exported."""

    def timeline_file_view(self, request, pk: int, form: str) -> FileResponse:
        client = self.client_to_read(request, pk)
        if form not in TYPES:
            raise Http404
        if not (self.has_export_permission(request) and request.user.has_perm("timeline.view_entry")):
            raise PermissionDenied
        question = TimelineForm(request.GET)
        entries = question.asked.of(Entry.objects.filter(client=client))
        # Written whole before it is sent: a failure is an error page and not a file cut short.
        file = tempfile.TemporaryFile()  # noqa: SIM115 -- closed by the response
        if form == "csv":
            file.writelines(timeline_csv(entries))
        else:
            timeline_pdf(client, entries, period=_in_words(question.asked), at=timezone.now(), out=file)
        file.seek(0)
        self.log_change(request, client, _("Timeline exported (%(form)s)") % {"form": form.upper()})
        word = _("timeline")
        name = f"{word}-{client.code}-{timezone.localdate():%Y-%m-%d}.{form}"
        return FileResponse(file, as_attachment=True, filename=name, content_type=TYPES[form])


def _in_words(asked: Asked) -> str:
    """From 1 to 31 March 2026; calls, meetings."""
    days = [(_("from"), asked.since), (_("to"), asked.until)]
    said = [f"{word} {date_format(day, 'DATE_FORMAT')}" for word, day in days if day]
    chosen = [*asked.kinds, *(f"{ACTION}{pk}" for pk in asked.action_kinds)]
    names = [str(name) for key, name in types() if key in chosen]
    return " – ".join(part for part in (" ".join(said), ", ".join(names)) if part)


class HappenedBetween(DayRangeFilter):
    title = gettext_lazy("Between")
    parameter_name = "at"

    def queryset(self, request, queryset):
        return queryset.between(*self.bounds().values())


class TypesFilter(admin.ListFilter):
    """Several types at once."""

    title = gettext_lazy("Types")
    template = "admin/filters/types.html"
    parameter_name = "type"

    def __init__(self, request, params, model, model_admin) -> None:
        super().__init__(request, params, model, model_admin)
        self.known = types()
        asked = params.pop(self.parameter_name, [])
        if chosen := [key for key, _name in self.known if key in asked]:
            self.used_parameters[self.parameter_name] = chosen

    @classmethod
    def expected_parameters(cls) -> list[str]:
        return [cls.parameter_name]

    def has_output(self) -> bool:
        return True

    def _chosen(self) -> list[str]:
        return self.used_parameters.get(self.parameter_name, [])

    def choices(self, changelist):
        for key, name in self.known:
            yield {"value": key, "display": name, "selected": key in self._chosen()}

    def chosen(self) -> str:
        return ", ".join(str(name) for key, name in self.known if key in self._chosen())

    def queryset(self, request, queryset):
        form = TimelineForm(request.GET)
        return queryset.of_types(form.asked.kinds, form.asked.action_kinds)


@admin.register(Entry)
class EntryAdmin(ReadOnlyAdmin):
    list_display = ["when", "kind_name", "summary", "client", "by"]
    list_filter = [HappenedBetween, TypesFilter]
    list_select_related = ["client", "by", "action__kind"]
    list_per_page = 50
    show_full_result_count = False
    paginator = EvenPaginator
    fields = ["client", "at", "kind", "summary", "by", "is_visible_to_client"]

    def get_queryset(self, request):
        return super().get_queryset(request).visible_to(request.user)

    def has_view_permission(self, request, obj=None):
        """Each line names a client: it is for who may read clients."""
        return super().has_view_permission(request, obj) and request.user.has_perm("clients.view_client")

    @admin.display(description=gettext_lazy("At"), ordering="at")
    def when(self, entry: Entry) -> str:
        return moment(entry.at)

    @admin.display(description=gettext_lazy("Kind"), ordering="kind")
    def kind_name(self, entry: Entry) -> str:
        return str(entry.action.kind if entry.action else entry.get_kind_display())
