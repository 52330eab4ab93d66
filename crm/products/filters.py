"""What a list of subscriptions is narrowed by."""

from datetime import date

from django.contrib import admin, messages
from django.utils import timezone
from django.utils.dateparse import parse_date
from django.utils.formats import date_format
from django.utils.translation import gettext_lazy as _

from crm.organisation.models import Organisation
from crm.products.models import Subscription
from crm.products.models.subscription import SubscriptionQuerySet

ENDING_NAME = _("Ending within %(days)d days")


class Choice(admin.SimpleListFilter):
    """A list to choose from, that can tell what was chosen."""

    def chosen(self) -> str:
        return next((str(name) for key, name in self.lookup_choices if key == self.value()), "")


class StateFilter(Choice):
    """Archived rows are shown when they are asked for, never otherwise."""

    title = _("State")
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


class SaleFilter(Choice):
    title = _("Sale")
    parameter_name = "sale"

    def lookups(self, request, model_admin):
        return [("new", _("New sale")), ("renewal", _("Renewal"))]

    def queryset(self, request, queryset):
        if self.value() not in {"new", "renewal"}:
            return queryset
        return queryset.filter(renews__isnull=self.value() == "new")


class DayRangeFilter(admin.ListFilter):
    """Two days, both included, either of them left empty. Parameters: `<parameter_name>_from` and `_to`."""

    template = "admin/filters/dates.html"
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
            self.used_parameters[name] = day
        else:
            messages.warning(
                request, _("%(title)s: “%(text)s” is not a day.") % {"title": self.title, "text": text[:20]}
            )

    @classmethod
    def expected_parameters(cls) -> list[str]:
        return [f"{cls.parameter_name}_from", f"{cls.parameter_name}_to"]

    def has_output(self) -> bool:
        return True

    def choices(self, changelist):
        labels = (_("from"), _("to"))
        for (name, day), label in zip(self.bounds().items(), labels, strict=True):
            yield {"name": name, "label": label, "day": day}

    def chosen(self) -> str:
        """The days asked for, as a person says them."""
        days = [(choice["label"], choice["day"]) for choice in self.choices(None) if choice["day"]]
        return " ".join(f"{label} {date_format(day, 'SHORT_DATE_FORMAT')}" for label, day in days)

    def bounds(self) -> dict[str, date | None]:
        """Name of each parameter and the day asked for."""
        return {name: self.used_parameters.get(name) for name in self.expected_parameters()}

    def queryset(self, request, queryset):
        lowest, highest = self.bounds().values()
        if lowest:
            queryset = queryset.filter(**{f"{self.field}__gte": lowest})
        if highest:
            queryset = queryset.filter(**{f"{self.field}__lte": highest})
        return queryset


class EndsBetween(DayRangeFilter):
    title = _("Ends between")
    parameter_name = "ends"
    field = "ends_on"


class SubscribedBetween(DayRangeFilter):
    title = _("Subscribed between")
    parameter_name = "subscribed"
    field = "subscribed_on"
