"""What the list of mails is narrowed by."""

from datetime import datetime, time, timedelta

from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from crm.mailing.kinds import kind_choices
from crm.mailing.models import Mail
from crm.products.filters import Choice, DayRangeFilter

TROUBLE = "trouble"


class StatusFilter(Choice):
    title = _("Status")
    parameter_name = "status"

    def lookups(self, request, model_admin):
        return [(TROUBLE, _("In trouble: failed, uncertain or returned")), *Mail.Status.choices]

    def queryset(self, request, queryset):
        if self.value() == TROUBLE:
            return queryset.in_trouble()
        return queryset.filter(status=self.value()) if self.value() in Mail.Status.values else queryset


class KindFilter(Choice):
    title = _("Kind")
    parameter_name = "kind"

    def lookups(self, request, model_admin):
        return kind_choices()

    def queryset(self, request, queryset):
        return queryset.filter(kind=self.value()) if self.chosen() else queryset


class WrittenBetween(DayRangeFilter):
    title = _("Written between")
    parameter_name = "written"

    def queryset(self, request, queryset):
        first, last = self.bounds().values()
        if first:
            queryset = queryset.filter(created_at__gte=_midnight(first))
        if last:
            queryset = queryset.filter(created_at__lt=_midnight(last + timedelta(days=1)))
        return queryset


def _midnight(day) -> datetime:
    return timezone.make_aware(datetime.combine(day, time()))
