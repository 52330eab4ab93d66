"""What a list of subscriptions is narrowed by."""

from datetime import date

from django.contrib import admin, messages
from django.utils import timezone
from django.utils.dateparse import parse_date
from django.utils.translation import gettext_lazy as _

from crm.organisation.models import Organisation
from crm.products.models import Subscription
from crm.products.models.subscription import SubscriptionQuerySet

ENDING_NAME = _("Ending within %(days)d days")


class StateFilter(admin.SimpleListFilter):
    """Archived rows are shown when they are asked for, never otherwise."""

    title = _("state")
    parameter_name = "state"

    def lookups(self, request, model_admin):
        state = Subscription.State
        return [
            (state.RUNNING, _("In service")),
            (state.ENDING, ENDING_NAME % {"days": Organisation.objects.current().ending_soon_days}),
            (state.UPCOMING, state.UPCOMING.label),
            (state.ENDED, state.ENDED.label),
            (state.CANCELLED, state.CANCELLED.label),
            (state.ARCHIVED, state.ARCHIVED.label),
        ]

    def queryset(self, request, queryset: SubscriptionQuerySet) -> SubscriptionQuerySet:
        today = timezone.localdate()
        match self.value():
            case Subscription.State.RUNNING:
                return queryset.running_on(today)
            case Subscription.State.ENDING:
                return queryset.ending_within(today, Organisation.objects.current().ending_soon_days)
            case Subscription.State.UPCOMING:
                return queryset.upcoming_on(today)
            case Subscription.State.ENDED:
                return queryset.ended_on(today).exclude(cancelled_on__lt=today)
            case Subscription.State.CANCELLED:
                return queryset.cancelled_before(today)
            case Subscription.State.ARCHIVED:
                return queryset.put_away()
        return queryset.current()


class SaleFilter(admin.SimpleListFilter):
    title = _("sale")
    parameter_name = "sale"

    def lookups(self, request, model_admin):
        return [("new", _("New")), ("renewal", _("Renewal"))]

    def queryset(self, request, queryset):
        if self.value() not in {"new", "renewal"}:
            return queryset
        return queryset.filter(renews__isnull=self.value() == "new")


class DayRangeFilter(admin.ListFilter):
    """Two days, both included, either of them left empty. Parameters: `<parameter_name>_from` and `_to`."""

    template = "admin/products/day_range.html"
    parameter_name = ""
    field = ""

    def __init__(self, request, params, model, model_admin) -> None:
        super().__init__(request, params, model, model_admin)
        for name in self.expected_parameters():
            if text := (params.pop(name, [""])[-1]).strip():
                self._keep(request, name, text)

    def _keep(self, request, name: str, text: str) -> None:
        try:
            day = parse_date(text)
        except ValueError:
            day = None
        if day:
            self.used_parameters[name] = day.isoformat()
        else:
            messages.warning(
                request, _("%(title)s: “%(text)s” is not a day.") % {"title": self.title, "text": text[:20]}
            )

    def expected_parameters(self) -> list[str]:
        return [f"{self.parameter_name}_from", f"{self.parameter_name}_to"]

    def has_output(self) -> bool:
        return True

    def choices(self, changelist):
        others = [
            (name, value)
            for name, values in changelist.filter_params.items()
            if name not in self.expected_parameters()
            for value in values
        ]
        return [{"others": others, "days": self.bounds()}]

    def bounds(self) -> dict[str, str]:
        """Name of each parameter and the day asked for, as an input takes it."""
        return {name: self.used_parameters.get(name, "") for name in self.expected_parameters()}

    def queryset(self, request, queryset):
        lowest, highest = (date.fromisoformat(day) if day else None for day in self.bounds().values())
        if lowest:
            queryset = queryset.filter(**{f"{self.field}__gte": lowest})
        if highest:
            queryset = queryset.filter(**{f"{self.field}__lte": highest})
        return queryset


class EndsBetween(DayRangeFilter):
    title = _("ends between")
    parameter_name = "ends"
    field = "ends_on"


class SubscribedBetween(DayRangeFilter):
    title = _("subscribed between")
    parameter_name = "subscribed"
    field = "subscribed_on"
