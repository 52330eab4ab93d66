"""The scheduler's screens: what it does by itself, and what became of each run. Nothing is edited here."""

import django_apscheduler.admin  # noqa: F401 (registers what is taken away below)
from django.contrib import admin, messages
from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied
from django.http import HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.urls import path, reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django_apscheduler.models import DjangoJob, DjangoJobExecution

from crm.core import health, schedule, services
from crm.core.guard import ReadOnlyAdmin
from crm.core.models import Execution, Job, RunRequest
from crm.core.wording import badge, last_line, moment, seconds, when

# Theirs are open to changes, in English, and run a job inside the web request.
admin.site.unregister([DjangoJob, DjangoJobExecution])


class JobFilter(admin.SimpleListFilter):
    title = gettext_lazy("Job")
    parameter_name = "job"

    def lookups(self, request, model_admin):
        return [
            (path, schedule.title(path))
            for path in DjangoJob.objects.order_by("pk").values_list("pk", flat=True)
        ]

    def queryset(self, request, queryset):
        return queryset.filter(job=self.value()) if self.value() else queryset


class StateFilter(admin.SimpleListFilter):
    """In our words: the library's own choices are neither all there nor in French."""

    title = gettext_lazy("Result")
    parameter_name = "status"

    def lookups(self, request, model_admin):
        return Execution.State.choices

    def queryset(self, request, queryset):
        return queryset.filter(status=self.value()) if self.value() else queryset


@admin.register(Job)
class JobAdmin(ReadOnlyAdmin):
    list_display = ["title", "often", "last_run", "duration", "next_run"]
    list_display_links = None
    list_select_related = ["request"]
    ordering = ["pk"]
    show_full_result_count = False

    def get_queryset(self, request):
        return super().get_queryset(request).with_last_run()

    def get_list_display(self, request):
        return [*self.list_display, *(["start"] if self._may_run(request) else [])]

    def get_urls(self):
        def url(route, view, name):
            return path(route, self.admin_site.admin_view(view), name=f"core_job_{name}")

        return [
            url("clock/confirm/", self.confirm_clock_view, "confirm_clock"),
            url("<str:pk>/run/", self.run_view, "run"),
            *super().get_urls(),
        ]

    def change_view(self, request, object_id, form_url="", extra_context=None):
        """All that is known of a job is on its line; what it did is another list."""
        job = get_object_or_404(Job, pk=unquote(object_id))
        if not self.has_view_permission(request, job):
            raise PermissionDenied
        return HttpResponseRedirect(_executions_of(job))

    def run_view(self, request, pk: str):
        """Leave word for the scheduler: a job never runs in a web request."""
        if request.method != "POST" or not self._may_run(request):
            raise PermissionDenied
        job = get_object_or_404(Job, pk=pk)
        services.ask_run(job.pk, by=str(request.user), at=timezone.now())
        self.log_change(request, job, _("Asked to run at once"))
        messages.success(request, _("“%(job)s” will start within a few seconds.") % {"job": job.title})
        return HttpResponseRedirect(reverse("admin:core_job_changelist"))

    def confirm_clock_view(self, request):
        if request.method != "POST" or not request.user.has_perm("core.confirm_clock"):
            raise PermissionDenied
        services.confirm_clock(by=str(request.user), at=timezone.now())
        health.forget_recent()
        messages.success(request, _("The clock is confirmed: the scheduler goes on within a few seconds."))
        return HttpResponseRedirect(reverse("admin:index"))

    def _may_run(self, request) -> bool:
        return request.user.has_perm("core.run_job") and self.has_view_permission(request)

    @admin.display(description=gettext_lazy("Job"), ordering="pk")
    def title(self, job: Job) -> str:
        return job.title

    @admin.display(description=gettext_lazy("How often"))
    def often(self, job: Job) -> str:
        return schedule.often(schedule.interval(job.pk))

    @admin.display(description=gettext_lazy("Last run"))
    def last_run(self, job: Job) -> str:
        if job.last_status is None:
            return _("Not yet")
        link = format_html('<a href="{}">{}</a>', _executions_of(job), when(job.last_run_time))
        error = format_html('<span class="run-error">{}</span>', last_line(job.last_exception))
        is_failed = job.last_status == Execution.State.FAILED
        return format_html("{} {} {}", badge(job.last_status), link, error if is_failed else "")

    @admin.display(description=gettext_lazy("Duration"))
    def duration(self, job: Job) -> str:
        return seconds(job.last_duration)

    @admin.display(description=gettext_lazy("Next run"), ordering="next_run_time")
    def next_run(self, job: Job) -> str:
        return when(job.next_run_time)

    @admin.display(description=gettext_lazy("Run now"))
    def start(self, job: Job) -> str:
        try:
            asked = job.request
        except RunRequest.DoesNotExist:
            return format_html(
                '<button type="submit" class="btn btn-sm btn-outline-primary" formaction="{}" aria-label="{}">{}</button>',
                reverse("admin:core_job_run", args=[job.pk]),
                _("Run now: %(job)s") % {"job": job.title},
                _("Run now"),
            )
        at = date_format(timezone.localtime(asked.asked_at), "H:i")
        if not asked.asked_by:
            return _("Missed at %(at)s, asked again") % {"at": at}
        return _("Asked at %(at)s by %(by)s") % {"at": at, "by": asked.asked_by}


def _executions_of(job: Job) -> str:
    return f"{reverse('admin:core_execution_changelist')}?{urlencode({'job': job.pk})}"


@admin.register(Execution)
class ExecutionAdmin(ReadOnlyAdmin):
    list_display = ["title", "state", "started", "duration_text", "error"]
    list_filter = [JobFilter, StateFilter]
    ordering = ["-run_time"]
    readonly_fields = ["state", "started", "duration_text", "trace"]
    show_full_result_count = False

    def get_fields(self, request, obj=None):
        return self.readonly_fields if obj is None or obj.exception else self.readonly_fields[:-1]

    @admin.display(description=gettext_lazy("Job"), ordering="job")
    def title(self, run: Execution) -> str:
        return run.title

    @admin.display(description=gettext_lazy("Result"), ordering="status")
    def state(self, run: Execution) -> str:
        return badge(run.status)

    @admin.display(description=gettext_lazy("Run at"), ordering="run_time")
    def started(self, run: Execution) -> str:
        return moment(run.run_time)

    @admin.display(description=gettext_lazy("Duration"), ordering="duration")
    def duration_text(self, run: Execution) -> str:
        return seconds(run.duration)

    @admin.display(description=gettext_lazy("Error"), empty_value="")
    def error(self, run: Execution) -> str:
        return last_line(run.exception) if run.status == Execution.State.FAILED else ""

    @admin.display(description=gettext_lazy("Error"))
    def trace(self, run: Execution) -> str:
        return format_html('<pre class="run-trace">{}</pre>', f"{run.traceback or ''}{run.exception or ''}")
