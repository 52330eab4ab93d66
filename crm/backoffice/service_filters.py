"""Filters of the list of clients by what they subscribe to, and until when."""

from datetime import date

from django.contrib import admin, messages
from django.db.models import Q
from django.utils.dateparse import parse_date
from django.utils.formats import date_format
from django.utils.translation import gettext_lazy as _

from crm.backoffice.filters import Stored
from crm.products.models import Subscription

FROM, UNTIL = "ends_from", "ends_until"


class PlanFilter(Stored):
    title, parameter_name = _("Formule"), "plan"

    def queryset(self, request, queryset):
        """With an end of service between two dates, both are asked of the same subscription."""
        if not self.value():
            return queryset
        terms = Subscription.objects.filter(plan=self.value(), archived_on=None)
        return queryset.filter(pk__in=terms.filter(_ends_within(request)).values("client"))


class EndsFilter(admin.ListFilter):
    """Clients with a term whose last day of service lies between two days, both included."""

    title = _("End of service")
    template = "admin/filters/dates.html"

    def __init__(self, request, params, model, model_admin):
        super().__init__(request, params, model, model_admin)
        for name in self.expected_parameters():
            if name in params:
                self.used_parameters[name] = params.pop(name)[-1]
                if self.used_parameters[name] and _day(self.used_parameters[name]) is None:
                    messages.warning(request, _not_a_day(self.used_parameters[name]))

    @classmethod
    def expected_parameters(cls) -> list[str]:
        return [FROM, UNTIL]

    def has_output(self) -> bool:
        return True

    def choices(self, changelist):
        for name, label in ((FROM, _("from")), (UNTIL, _("to"))):
            yield {"name": name, "label": label, "day": _day(self.used_parameters.get(name, ""))}

    def chosen(self) -> str:
        days = [(choice["label"], choice["day"]) for choice in self.choices(None) if choice["day"]]
        return " ".join(f"{label} {date_format(day, 'SHORT_DATE_FORMAT')}" for label, day in days)

    def queryset(self, request, queryset):
        if not self.chosen() or request.GET.get(PlanFilter.parameter_name):
            return queryset
        terms = Subscription.objects.filter(_ends_within(request), archived_on=None)
        return queryset.filter(pk__in=terms.values("client"))


def _ends_within(request) -> Q:
    """The condition on a term's last day: its end, or its cancellation."""
    condition = Q()
    for name, operator in ((FROM, "gte"), (UNTIL, "lte")):
        if day := _day(request.GET.get(name, "")):
            condition &= Q(cancelled_on=None, **{f"ends_on__{operator}": day}) | Q(
                **{f"cancelled_on__{operator}": day}
            )
    return condition


def _day(text: str) -> date | None:
    try:
        return parse_date(text.strip())
    except ValueError:
        return None


def _not_a_day(text: str) -> str:
    return _("End of service: “%(value)s” is not a day. Choose it in the calendar, or type 2026-12-31.") % {
        "value": text
    }
