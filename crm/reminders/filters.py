"""What the log of reminders is narrowed by."""

from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from crm.products.filters import Choice, DayRangeFilter
from crm.reminders.letters import to_print
from crm.reminders.models import Reminder, Rule

TO_PRINT, TROUBLE = "to_print", "trouble"


class StatusFilter(Choice):
    title, parameter_name = _("State"), "status"

    def lookups(self, request, model_admin):
        return [
            *Reminder.Status.choices,
            (TO_PRINT, _("Letters to print")),
            (TROUBLE, _("E-mails that did not arrive")),
        ]

    def queryset(self, request, queryset):
        today = timezone.localdate()
        if self.value() == TO_PRINT:
            return queryset.filter(pk__in=to_print(today).values("pk"))
        if self.value() == TROUBLE:
            return queryset.in_trouble(today)
        return queryset.filter(status=self.value()) if self.value() in Reminder.Status.values else queryset


class PurposeFilter(Choice):
    title, parameter_name = _("Purpose"), "purpose"

    def lookups(self, request, model_admin):
        return Reminder.Purpose.choices

    def queryset(self, request, queryset):
        known = self.value() in Reminder.Purpose.values
        return queryset.filter(purpose=self.value()) if known else queryset


class DaysFilter(Choice):
    title, parameter_name = _("Days before the end"), "days"

    def lookups(self, request, model_admin):
        days = set(Rule.objects.order_by().values_list("days", flat=True))
        return [
            (str(one), ngettext("%(count)d day", "%(count)d days", one) % {"count": one})
            for one in sorted(days, reverse=True)
        ]

    def queryset(self, request, queryset):
        known = self.value() in {key for key, _name in self.lookup_choices}
        return queryset.filter(days=self.value(), purpose=Reminder.Purpose.END) if known else queryset


class DayBetween(DayRangeFilter):
    title, parameter_name, field = _("Day"), "day", "day"


class EndsBetween(DayRangeFilter):
    title, parameter_name, field = _("End of service"), "ends", "ends_on"
