from datetime import date, timedelta
from decimal import Decimal
from typing import Any, Self

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from simple_history.models import HistoricalRecords

from crm.accounts.author import author_of
from crm.accounts.models import User
from crm.clients.models import Client
from crm.france.terms import eve_of_anniversary, is_anniversary
from crm.products.models.plan import Plan, Priced

DAY = timedelta(days=1)
# Outside these a day was mistyped; far enough from year 9999 that the next terms can be reckoned.
FIRST_DAY, LAST_DAY = date(1950, 1, 1), date(2199, 12, 31)


class SubscriptionQuerySet(models.QuerySet["Subscription"]):
    def visible_to(self, user) -> Self:
        if user.has_perm("clients.see_every_client"):
            return self
        return self.filter(client__manager=user)

    def current(self) -> Self:
        """Neither archived itself nor of an archived client."""
        return self.filter(archived_on=None, client__archived_on=None)

    def running_on(self, day: date) -> Self:
        """In service that day: begun, not over, not stopped. The last day counts."""
        return (
            self.current().filter(subscribed_on__lte=day, ends_on__gte=day).filter(_not_stopped_before(day))
        )

    def upcoming_on(self, day: date) -> Self:
        return self.current().filter(subscribed_on__gt=day).filter(_not_stopped_before(day))

    def ended_on(self, day: date) -> Self:
        """Over on that day, by its term or by a cancellation."""
        return self.current().filter(Q(ends_on__lt=day) | Q(cancelled_on__lt=day))

    def cancelled_before(self, day: date) -> Self:
        return self.current().filter(cancelled_on__lt=day)

    def put_away(self) -> Self:
        """Archived itself, or of an archived client."""
        return self.exclude(archived_on=None, client__archived_on=None)

    def ending_within(self, day: date, days: int) -> Self:
        """Running, and whose last day is at most `days` away, with no next term yet."""
        limit = day + timedelta(days=days)
        return self.running_on(day).filter(
            Q(ends_on__lte=limit) | Q(cancelled_on__lte=limit), renewed_by=None
        )


# What `prepare()` fills -> the fields that it is drawn from.
DERIVED = {"price_incl_tax": {"price_excl_tax", "vat_rate"}, "end_known_on": {"ends_on"}}


def _derived_from(fields: set[str]) -> set[str]:
    return {name for name, origins in DERIVED.items() if origins & fields}


def is_plausible(day: date) -> bool:
    return FIRST_DAY <= day <= LAST_DAY


def _not_stopped_before(day: date) -> Q:
    return Q(cancelled_on=None) | Q(cancelled_on__gte=day)


class Subscription(Priced):
    """One term of a formule for a client: from the day it is subscribed to its last day of service, both included."""

    class State(models.TextChoices):
        UPCOMING = "upcoming", _("Upcoming")
        RUNNING = "running", _("Running")
        ENDING = "ending", _("Ending soon")
        ENDED = "ended", _("Ended")
        CANCELLED = "cancelled", _("Cancelled")
        ARCHIVED = "archived", _("Archived")

    client = models.ForeignKey(Client, models.CASCADE, related_name="subscriptions", verbose_name=_("Client"))
    plan = models.ForeignKey(Plan, models.PROTECT, related_name="subscriptions", verbose_name=_("Formule"))
    subscribed_on = models.DateField(_("Subscribed on"))
    ends_on = models.DateField(
        _("Ends on"), blank=True, help_text=_("Last day of service, included. Empty: the usual duration.")
    )
    description = models.TextField(_("Description"), blank=True)
    origin = models.CharField(_("Origin"), max_length=80, blank=True)
    price_incl_tax = models.DecimalField(
        _("Price incl. tax"), max_digits=12, decimal_places=2, editable=False
    )
    anchor_on = models.DateField(_("Anniversaries counted from"), editable=False)
    # Since when this end date is known: what should have been said of it before that day could not be.
    end_known_on = models.DateField(_("End known since"), default=timezone.localdate, editable=False)
    renews = models.OneToOneField(
        "self",
        models.RESTRICT,
        null=True,
        blank=True,
        editable=False,
        related_name="renewed_by",
        verbose_name=_("Renews"),
    )
    not_renewed_on = models.DateField(
        _("Not renewed, said on"), null=True, blank=True, help_text=_("Runs to its end, then stops.")
    )
    cancelled_on = models.DateField(
        _("Cancelled, last day"), null=True, blank=True, help_text=_("Last day of service.")
    )
    stop_reason = models.CharField(_("Why it stops"), max_length=160, blank=True)
    archived_on = models.DateField(_("Archived on"), null=True, blank=True, editable=False)

    # Who signs the history row of the next save.
    _history_user: User | None
    _loaded_end: date | None = None

    objects = SubscriptionQuerySet.as_manager()
    history = HistoricalRecords(
        excluded_fields=["end_known_on"],
        get_user=author_of,
        verbose_name=_("Subscription history"),
        verbose_name_plural=_("Subscription histories"),
    )

    class Meta:
        verbose_name = _("Subscription")
        verbose_name_plural = _("Subscriptions")
        ordering = ["-ends_on", "-pk"]
        permissions = [
            ("import_subscription", _("Can import subscriptions")),
            ("export_subscription", _("Can export subscriptions")),
        ]
        constraints = [
            models.CheckConstraint(
                name="ends_after_it_begins",
                condition=Q(ends_on__gte=F("subscribed_on")),
                violation_error_message=_("The end comes before the subscription day."),
            ),
            models.CheckConstraint(name="price_is_not_negative", condition=Q(price_excl_tax__gte=0)),
            models.CheckConstraint(
                name="rate_is_a_percentage", condition=Q(vat_rate__gte=0, vat_rate__lte=100)
            ),
            models.CheckConstraint(
                name="cancelled_within_the_term",
                condition=Q(cancelled_on=None) | Q(cancelled_on__lte=F("ends_on")),
                violation_error_message=_("The cancellation comes after the end."),
            ),
        ]
        indexes = [
            models.Index(fields=["ends_on", "id"], name="subscription_by_end"),
            models.Index(fields=["subscribed_on"], name="subscription_by_start"),
            models.Index(fields=["client", "plan", "subscribed_on"], name="subscription_by_client"),
        ]

    def __str__(self) -> str:
        return f"{self.plan} ({self.subscribed_on:%d/%m/%Y} – {self.ends_on:%d/%m/%Y})"

    @classmethod
    def from_db(cls, db, field_names, values) -> Self:  # type: ignore[override]
        subscription = super().from_db(db, field_names, values)
        subscription._loaded_end = dict(zip(field_names, values, strict=False)).get("ends_on")
        return subscription

    def save(self, *args: Any, **kwargs: Any) -> None:
        self.prepare()
        if (fields := kwargs.get("update_fields")) is not None:
            kwargs["update_fields"] = {*fields, *_derived_from(set(fields))}
        super().save(*args, **kwargs)
        self._loaded_end = self.ends_on

    def clean(self) -> None:
        if self.plan_id:
            self.fill_from_plan()
        if self.subscribed_on and not self.ends_on and self.plan_id and is_plausible(self.subscribed_on):
            self.ends_on = self.default_end()
        if self.subscribed_on and self.ends_on and self.ends_on < self.subscribed_on:
            raise ValidationError(
                {
                    "ends_on": ValidationError(
                        _("%(end)s comes before %(start)s."),
                        params={"end": f"{self.ends_on:%d/%m/%Y}", "start": f"{self.subscribed_on:%d/%m/%Y}"},
                        code="ends_before",
                    )
                }
            )
        if self.cancelled_on and self.ends_on and self.cancelled_on > self.ends_on:
            raise ValidationError({"cancelled_on": _("The cancellation comes after the end.")})

    def clean_fields(self, exclude: Any = None) -> None:
        """Every day within reason, besides what each field checks."""
        super().clean_fields(exclude=exclude)
        errors = {
            name: _("This year is not possible here.")
            for name in ("subscribed_on", "ends_on", "not_renewed_on", "cancelled_on")
            if name not in (exclude or ()) and (day := getattr(self, name)) and not is_plausible(day)
        }
        if errors:
            raise ValidationError(errors)

    def prepare(self) -> None:
        """Fill what is derived: what its formule says of a blank, the anchor, the default end and since when it is
        known, the price with tax."""
        self.fill_from_plan()
        if self.anchor_on is None:
            self.anchor_on = self.subscribed_on
        if self.ends_on is None:
            self.ends_on = self.default_end()
        if self._loaded_end not in (None, self.ends_on):
            self.end_known_on = timezone.localdate()
        self.price_incl_tax = self.with_tax()

    def fill_from_plan(self) -> None:
        """A blank price, rate or billing is the formule's; its rate goes with its reason for no VAT."""
        if self.price_excl_tax is None:
            self.price_excl_tax = self.plan.price_excl_tax
        if self.vat_rate is None:
            self.vat_rate = self.plan.vat_rate
        if self.vat_rate == self.plan.vat_rate:
            self.vat_exemption_reason = self.vat_exemption_reason or self.plan.vat_exemption_reason
        self.billing_period = self.billing_period or self.plan.billing_period

    def default_end(self) -> date:
        """The eve of the anniversary, the plan's usual duration later."""
        return eve_of_anniversary(self.subscribed_on, self.plan.duration_months)

    @property
    def vat_amount(self) -> Decimal:
        return self.price_incl_tax - self.price_excl_tax

    @property
    def last_day(self) -> date:
        """The last day of service: the end of the term, or the cancellation."""
        return min(self.ends_on, self.cancelled_on) if self.cancelled_on else self.ends_on

    def days_left(self, day: date) -> int:
        """Days of service after `day`; 0 on the last day, negative once over."""
        return (self.last_day - day).days

    @property
    def is_renewed(self) -> bool:
        """Whether a next term exists. Lists ask for `renewed_by` with select_related."""
        return hasattr(self, "renewed_by")

    def state_on(self, day: date, *, ending_soon_days: int) -> State:
        """The one state of this term, as `SubscriptionQuerySet` sorts them. Reads the client and the next term."""
        if self.archived_on or self.client.archived_on:
            return self.State.ARCHIVED
        if self.cancelled_on and self.cancelled_on < day:
            return self.State.CANCELLED
        if self.subscribed_on > day:
            return self.State.UPCOMING
        left = self.days_left(day)
        if left < 0:
            return self.State.ENDED
        return self.State.ENDING if left <= ending_soon_days and not self.is_renewed else self.State.RUNNING

    def next_anchor(self) -> date:
        """What the next term's anniversaries are counted from: this one's anchor, unless the end was moved by hand."""
        next_start = self.ends_on + DAY
        return self.anchor_on if is_anniversary(self.anchor_on, next_start) else next_start
