"""The pages of one import, inside the admin: send, settle, watch, read the report, confirm, undo."""

from collections.abc import Callable
from functools import partial

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import (
    FileResponse,
    Http404,
    HttpResponse,
    HttpResponseRedirect,
    JsonResponse,
    StreamingHttpResponse,
)
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils import timezone
from django.utils.encoding import iri_to_uri
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _

from crm.core.rows import is_key
from crm.exchange import report, rights, services
from crm.exchange.forms import ENCODINGS_IN_SHORT, RereadForm, UploadForm
from crm.exchange.importing.client_columns import is_our_number
from crm.exchange.importing.headings import columns_for, is_ours
from crm.exchange.importing.rehearsing import open_table
from crm.exchange.models import ImportLine, ImportRun
from crm.exchange.parsed import as_text
from crm.exchange.refused import refused_file, refused_name
from crm.exchange.sources import Unreadable
from crm.timeline.sending import kept

State = ImportRun.State
BUDGET_SECONDS = 1.5
_SAMPLES = 3


class ImportPages:
    """Mixed in the admin of ImportRun. Every page fetches the import among those the person may see."""

    def get_urls(self):
        pages = {
            "settings": self.settings_view,
            "rehearse": self.rehearse_view,
            "advance": self.advance_view,
            "decide": self.decide_view,
            "plan": self.plan_view,
            "confirm": self.confirm_view,
            "undo": self.undo_view,
            "refused": self.refused_view,
            "file": self.file_view,
        }
        ours = [
            path(
                f"<int:pk>/{name}/",
                self.admin_site.admin_view(view),
                name=f"exchange_importrun_{name}",
            )
            for name, view in pages.items()
        ]
        return [*ours, *super().get_urls()]

    # What everything starts with

    def _run(self, request, pk: int) -> ImportRun:
        if not self.has_view_permission(request):
            raise PermissionDenied
        run = get_object_or_404(self.get_queryset(request).select_related("by", "undone_by"), pk=pk)
        if not rights.may_read(request.user, run.target):
            raise PermissionDenied
        return run

    def _own(self, request, pk: int) -> ImportRun:
        """An import that this person may move on: theirs, or that of a command. POST only."""
        run = self._run(request, pk)
        if request.method != "POST" or not self._may_act(request, run):
            raise PermissionDenied
        return run

    def _back(self, run: ImportRun, query: str = "") -> HttpResponseRedirect:
        return HttpResponseRedirect(reverse("admin:exchange_importrun_change", args=[run.pk]) + query)

    def _do(self, request, run: ImportRun, verb: Callable[[], object]) -> bool:
        """Do it, or say why not."""
        try:
            verb()
        except (services.NotPossible, Unreadable) as refusal:
            text = " ".join(refusal.messages) if isinstance(refusal, Unreadable) else str(refusal)
            messages.error(request, text)
            return False
        return True

    def _page(self, request, template: str, run: ImportRun | None, title: str, **context) -> TemplateResponse:
        steps = [_("File"), _("Reading and columns"), _("Rehearsal"), _("Import")]
        context = {
            "steps": steps,
            "step": _step(run),
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "run": run,
            "title": title,
            **context,
        }
        return TemplateResponse(request, f"admin/exchange/{template}.html", context)

    # Sending

    def add_view(self, request, form_url="", extra_context=None):
        if not self.has_add_permission(request):
            raise PermissionDenied
        form = UploadForm(request.POST or None, request.FILES or None)
        if request.method == "POST" and form.is_valid():
            file = form.cleaned_data["file"]
            try:
                run = services.send(file, file.name, by=request.user, now=timezone.now())
            except Unreadable as error:
                form.add_error("file", error)
            else:
                return self._back(run)
        return self._page(
            request, "import_upload", None, _("Import a file"), form=form, limits=services.limits()
        )

    # One import, at whichever step it is

    def change_view(self, request, object_id, form_url="", extra_context=None):
        if not is_key(object_id):
            raise Http404
        run = self._run(request, int(object_id))
        if run.is_at_work:
            return self._page(request, "import_progress", run, str(run), may_act=self._may_act(request, run))
        if run.state in (State.UPLOADED, State.FAILED):
            return self._settings_page(request, run)
        if request.GET.get("reglages") and run.state == State.REHEARSED:
            return self._settings_page(request, run)
        return self._report_page(request, run)

    def _may_act(self, request, run: ImportRun) -> bool:
        is_theirs = run.by_id == request.user.pk or run.is_by_command
        if not run.target:
            return is_theirs and rights.may_import_something(request.user)
        return is_theirs and rights.may_import(request.user, run.target)

    def _targets(self, request) -> list[tuple[str, str]]:
        return [choice for choice in ImportRun.Target.choices if rights.may_import(request.user, choice[0])]

    def _settings_page(self, request, run: ImportRun, form: RereadForm | None = None):
        sample, sheets, failure = [], [run.sheet], run.failure
        label_of = {column.key: str(column.label) for column in columns_for(run.target).values()}
        try:
            with open_table(run) as table:
                sample, sheets = table.sample, table.sheets
        except (Unreadable, OSError) as error:
            failure = " ".join(getattr(error, "messages", [_("The file is no longer there: send it again.")]))
        initial = {name: getattr(run, name) for name in ("target", "encoding", "separator", "sheet")}
        form = form or RereadForm(run=run, sheets=sheets, targets=self._targets(request), initial=initial)
        headings = [
            {
                "name": heading,
                "key": (key := run.mapping.get(heading, "")),
                "label": _used(key, label_of, [row.values[place] for row in sample]),
                "sample": [text for row in sample[:_SAMPLES] if (text := as_text(row.values[place])[:60])],
                "place": place,
            }
            for place, heading in enumerate(run.headings)
            if heading and not is_ours(heading)
        ]
        return self._page(
            request,
            "import_settings",
            run,
            str(run),
            form=form,
            failure=failure,
            headings=headings,
            choices=sorted(label_of.items(), key=lambda choice: choice[1].casefold()),
            unknown=[one["name"] for one in headings if not one["key"]],
            may_act=self._may_act(request, run),
        )

    def settings_view(self, request, pk: int) -> HttpResponse:
        """Read the file again, as the person says."""
        run = self._own(request, pk)
        sheets = [request.POST.get("sheet", "")] if run.kind == "xlsx" else []
        form = RereadForm(request.POST, run=run, sheets=sheets, targets=self._targets(request))
        if not form.is_valid():
            return self._settings_page(request, run, form)
        self._do(request, run, partial(services.reread, run, now=timezone.now(), **form.cleaned_data))
        return self._back(run)

    def rehearse_view(self, request, pk: int) -> HttpResponse:
        run = self._own(request, pk)
        mapping = None
        if "columns" in request.POST:
            mapping = {
                heading: request.POST.get(f"column-{place}", "")[:40]
                for place, heading in enumerate(run.headings)
                if heading and not is_ours(heading)
            }
        self._do(request, run, partial(services.rehearse, run, now=timezone.now(), mapping=mapping))
        return self._back(run)

    # Watching

    def advance_view(self, request, pk: int) -> HttpResponse:
        """Some lots more. JSON for the script of the page, the page itself for its button."""
        run = self._own(request, pk)
        services.advance(run, now=timezone.now(), budget_seconds=BUDGET_SECONDS)
        if request.headers.get("accept") != "application/json":
            return self._back(run)
        said = _("%(done)s of %(total)s lines") % {"done": run.done, "total": run.total}
        return JsonResponse({"at_work": run.is_at_work, "percent": run.percent, "text": said})

    # The report

    def _report_page(self, request, run: ImportRun):
        tab = request.GET.get("resultat", "")
        tab = tab if tab in report.TABS else report.opening_tab(run)
        may_act = self._may_act(request, run)
        is_kept = run.erased_at is None and run.state != State.UNDONE
        waiting = run.lines.to_write().count() if is_kept else 0
        return self._page(
            request,
            "import_report",
            run,
            str(run),
            encoding=ENCODINGS_IN_SHORT.get(run.encoding, run.encoding),
            created=report.created(run, run.count_of("created")),
            tabs=report.tabs(run, tab),
            tab=tab,
            page=report.page(run, tab, request.GET.get("page"), user=request.user),
            may_act=may_act,
            waiting=waiting,
            undecided=run.lines.undecided().count() if is_kept and run.count_of("duplicate") else 0,
            ignored=[heading for heading, key in run.mapping.items() if not key and not is_ours(heading)],
            unknown_plans=report.unknown_plans(run) if run.state == State.REHEARSED else [],
            may_create_plan=may_act and request.user.has_perm("products.add_plan"),
            may_undo=run.state == State.APPLIED and rights.may_import(request.user, run.target),
        )

    def decide_view(self, request, pk: int) -> HttpResponse:
        run = self._own(request, pk)
        decision = request.POST.get("decision", "")
        line, chosen = request.POST.get("line", ""), request.POST.get("chosen", "0")
        if decision not in ("", *ImportLine.Decision.values) or not chosen.isdecimal() or len(chosen) > 3:
            raise PermissionDenied
        lines = [int(line)] if line.isdecimal() and len(line) < 9 else None
        if lines is None and not decision:
            raise PermissionDenied
        decide = partial(
            services.decide, run, lines=lines, decision=decision, chosen=int(chosen), now=timezone.now()
        )
        self._do(request, run, decide)
        page_number = request.POST.get("page", "")
        query = (
            f"?resultat=duplicate&page={page_number}" if page_number.isdecimal() else "?resultat=duplicate"
        )
        return self._back(run, iri_to_uri(query + (f"#ligne-{line}" if lines else "")))

    def plan_view(self, request, pk: int) -> HttpResponse:
        run = self._own(request, pk)
        name, ours = request.POST.get("name", ""), request.POST.get("use", "")
        if ours:
            self._do(request, run, partial(services.use_plan, run, name=name, plan=ours, now=timezone.now()))
            return self._back(run)
        create = partial(services.create_plan, run, name=name, by=request.user, now=timezone.now())
        if self._do(request, run, create):
            messages.success(request, _("The formule “%(name)s” is created.") % {"name": name})
        return self._back(run)

    def confirm_view(self, request, pk: int) -> HttpResponse:
        run = self._own(request, pk)
        self._do(request, run, partial(services.confirm, run, now=timezone.now()))
        return self._back(run)

    def undo_view(self, request, pk: int) -> HttpResponse:
        run = self._run(request, pk)
        if not rights.may_import(request.user, run.target):
            raise PermissionDenied
        if request.method == "POST":
            self._do(request, run, partial(services.undo, run, by=request.user, now=timezone.now()))
            return self._back(run)
        return self._page(
            request,
            "import_undo",
            run,
            _("Undo this import"),
            obstacles=services.undo_obstacles(run, now=timezone.now()),
            created=report.to_be_deleted(run, run.effects.filter(is_created=True).count()),
            updated=run.effects.filter(is_created=False).values("object_id").distinct().count(),
        )

    # Files

    def refused_view(self, request, pk: int) -> StreamingHttpResponse:
        run = self._run(request, pk)
        response = StreamingHttpResponse(refused_file(run), content_type="text/csv; charset=utf-8")
        response["Content-Disposition"] = content_disposition_header(True, refused_name(run))
        return response

    def file_view(self, request, pk: int) -> FileResponse:
        run = self._run(request, pk)
        if not run.file:
            raise PermissionDenied
        return kept(run.file, name=run.original_name, media_type="application/octet-stream")


def _used(key: str, label_of: dict[str, str], values: list) -> str:
    """The name of the field that is really filled: a number that is not ours is kept as an external reference."""
    given = [value for value in values if as_text(value).strip()]
    if key == "identifier" and given and not any(map(is_our_number, given)):
        return _("%(field)s, except for CLT-…") % {"field": label_of["external_reference"]}
    return label_of.get(key, "")


def _step(run: ImportRun | None) -> int:
    """Where an import stands among the four steps; past the last once it is done, 0 when it was undone."""
    if run is None:
        return 1
    return {
        State.UPLOADED: 2,
        State.FAILED: 2,
        State.REHEARSING: 3,
        State.REHEARSED: 3,
        State.APPLYING: 4,
        State.APPLIED: 5,
    }.get(ImportRun.State(run.state), 0)
