from collections.abc import Iterable
from datetime import date
from typing import Self

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Exists, F, OuterRef, Q
from django.utils.translation import gettext_lazy as _

from crm.clients.models import Client
from crm.products.models import Subscription


class PauseQuerySet(models.QuerySet["Pause"]):
    def visible_to(self, user) -> Self:
        """The general ones, and those of the clients this member of staff may know of."""
        if user.has_perm("clients.see_every_client"):
            return self
        mine = Q(client__manager=user) | Q(subscription__client__manager=user)
        return self.filter(mine | Q(client=None, subscription=None))

    def on(self, day: date) -> Self:
        return self.filter(starts_on__lte=day).filter(Q(ends_on=None) | Q(ends_on__gte=day))

    def overlapping(self, first: date, last: date) -> Self:
        """In force on one of these days."""
        return self.filter(starts_on__lte=last).filter(Q(ends_on=None) | Q(ends_on__gte=first))

    def general(self) -> Self:
        """Of everybody: holidays."""
        return self.filter(client=None, subscription=None)

    def of_term(self) -> Self:
        """For a subquery of subscriptions: those that concern it, its client, or everybody."""
        return self.filter(
            Q(subscription=OuterRef("pk"))
            | Q(client=OuterRef("client_id"))
            | Q(client=None, subscription=None)
        )

    def paused_among(self, subscriptions: Iterable[Subscription]) -> set[int]:
        """The keys of those that one of these pauses concerns."""
        keys = [one.pk for one in subscriptions]
        rows = Subscription.objects.filter(pk__in=keys).filter(Exists(self.of_term()))
        return set(rows.values_list("pk", flat=True)) if keys else set()


class Pause(models.Model):
    """No reminder leaves for a client, a subscription, or anybody, from one day to another. Once it is over, only the
    most urgent of those that were due leaves."""

    client = models.ForeignKey(
        Client, models.CASCADE, null=True, blank=True, related_name="+", verbose_name=_("Client")
    )
    subscription = models.ForeignKey(
        Subscription, models.CASCADE, null=True, blank=True, related_name="+", verbose_name=_("Subscription")
    )
    starts_on = models.DateField(_("From"))
    ends_on = models.DateField(
        _("To"), null=True, blank=True, help_text=_("Included. Empty: until you say otherwise.")
    )
    reason = models.CharField(_("Why"), max_length=160, blank=True)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        editable=False,
        related_name="+",
        verbose_name=_("By"),
    )

    objects = PauseQuerySet.as_manager()

    class Meta:
        verbose_name = _("Pause of reminders")
        verbose_name_plural = _("Pauses of reminders")
        ordering = ["-starts_on", "-pk"]
        permissions = [("pause_everybody", _("Can pause everybody’s reminders"))]
        constraints = [
            models.CheckConstraint(
                name="pause_ends_after_it_begins",
                condition=Q(ends_on=None) | Q(ends_on__gte=F("starts_on")),
                violation_error_message=_("The pause ends before it begins."),
            ),
            models.CheckConstraint(
                name="pause_of_a_client_or_a_subscription",
                condition=Q(client=None) | Q(subscription=None),
                violation_error_message=_("Choose a client or one of their subscriptions, not both."),
            ),
        ]

    def __str__(self) -> str:
        whom = self.subscription or self.client or _("Everybody")
        return f"{whom} ({self.starts_on:%d/%m/%Y} – {f'{self.ends_on:%d/%m/%Y}' if self.ends_on else '…'})"

    @property
    def is_general(self) -> bool:
        return self.client_id is None and self.subscription_id is None

    def covers(self, day: date) -> bool:
        return self.starts_on <= day and (self.ends_on is None or day <= self.ends_on)

    def concerns(self, term: Subscription) -> bool:
        return self.is_general or self.subscription_id == term.pk or self.client_id == term.client_id

    def clean(self) -> None:
        if self.starts_on and self.ends_on and self.ends_on < self.starts_on:
            raise ValidationError({"ends_on": _("The pause ends before it begins.")})
