from datetime import datetime, time
from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils import timezone
from django.utils.dateparse import parse_date
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from crm.accounts.models import User
from crm.activity import services
from crm.activity.forms import InterventionForm
from crm.activity.models import Intervention, InterventionFile
from crm.activity.week import monday_of, week_of
from crm.core.rows import is_key
from crm.products.filters import DayRangeFilter
from crm.timeline.models.entry import midnight
from crm.timeline.record_admin import FilesInline, RecordAdmin, moment

MORNING = time(9)


class PlannedBetween(DayRangeFilter):
    title = gettext_lazy("Planned between")
    parameter_name = "planned"

    def queryset(self, request, queryset):
        lowest, highest = self.bounds().values()
        if lowest:
            queryset = queryset.filter(planned_for__gte=midnight(lowest))
        return queryset.filter(planned_for__lt=midnight(highest, days=1)) if highest else queryset


class InChargeFilter(admin.SimpleListFilter):
    title = gettext_lazy("In charge")
    parameter_name = "in_charge"

    def lookups(self, request, model_admin):
        return [(user.pk, str(user)) for user in User.objects.filter(is_staff=True, is_active=True)]

    def queryset(self, request, queryset):
        return queryset.filter(in_charge=self.value()) if is_key(self.value()) else queryset


class InterventionFileInline(FilesInline):
    model = InterventionFile


@admin.register(Intervention)
class InterventionAdmin(RecordAdmin):
    PANEL, NOTE = "interventions", "notes"
    VERBS = (services.add_intervention, services.change_intervention, services.delete_intervention)
    form = InterventionForm
    inlines = [InterventionFileInline]
    list_display = ["title", "state", "planned", "started", "ended", "client_name", "in_charge"]
    list_filter = ["status", InChargeFilter, PlannedBetween]
    list_select_related = ["client", "in_charge"]
    fields = [
        "client",
        "title",
        ("status", "in_charge"),
        "planned_for",
        ("started_at", "ended_at"),
        "notes",
        "uploads",
    ]

    def get_urls(self):
        view = self.admin_site.admin_view(self.week_view)
        return [path("week/", view, name="activity_intervention_week"), *super().get_urls()]

    def week_view(self, request):
        if not self.has_view_permission(request):
            raise PermissionDenied
        today, who = timezone.localdate(), request.GET.get("in_charge", "")
        interventions = self.get_queryset(request)
        if is_key(who):
            interventions = interventions.filter(in_charge=who)
        context = {
            **self.admin_site.each_context(request),
            "title": _("Calendar of the week"),
            "opts": self.opts,
            "week": week_of(interventions, monday_of(request.GET.get("day", ""), today)),
            "today": today,
            "staff": User.objects.filter(is_staff=True, is_active=True),
            "who": who,
            "may_add": self.has_add_permission(request),
        }
        return TemplateResponse(request, "admin/activity/intervention/week.html", context)

    def get_changeform_initial_data(self, request) -> dict[str, Any]:
        """From the calendar: nine in the morning of the day that was clicked."""
        asked = super().get_changeform_initial_data(request)
        try:
            day = parse_date(asked.pop("day", ""))
        except ValueError:
            day = None
        planned = {"planned_for": timezone.make_aware(datetime.combine(day, MORNING))} if day else {}
        return {"in_charge": request.user.pk, **asked, **planned}

    def formfield_for_foreignkey(self, db_field, request, **kwargs):
        if db_field.name == "in_charge":
            kwargs["queryset"] = User.objects.filter(is_staff=True, is_active=True)
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    @admin.display(description=gettext_lazy("State"), ordering="status")
    def state(self, intervention: Intervention) -> str:
        text = '<span class="state state-{}">{}</span>'
        return format_html(text, intervention.status, intervention.get_status_display())

    @admin.display(description=gettext_lazy("Planned for"), ordering="planned_for")
    def planned(self, intervention: Intervention) -> str:
        return moment(intervention.planned_for)

    @admin.display(description=gettext_lazy("Started at"), ordering="started_at")
    def started(self, intervention: Intervention) -> str:
        return moment(intervention.started_at)

    @admin.display(description=gettext_lazy("Ended at"), ordering="ended_at")
    def ended(self, intervention: Intervention) -> str:
        return moment(intervention.ended_at)

    def changelist_view(self, request, extra_context=None):
        calendar = reverse("admin:activity_intervention_week")
        return super().changelist_view(request, {"calendar_url": calendar, **(extra_context or {})})
