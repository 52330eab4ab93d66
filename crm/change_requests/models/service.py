from collections.abc import Iterable
from datetime import date
from typing import Self

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from crm.change_requests.models.base import Request, RequestQuerySet
from crm.products.models import BillingPeriod, Plan, Subscription


class ServiceRequestQuerySet(RequestQuerySet):
    def silencing(self) -> Self:
        """Those after which the term they speak of needs no reminder: to renew or to stop, asked or accepted."""
        return self.filter(
            kind__in=[ServiceRequest.Kind.RENEW, ServiceRequest.Kind.STOP],
            status__in=[ServiceRequest.Status.OPEN, ServiceRequest.Status.ACCEPTED],
        )

    def silenced_terms(self, subscriptions: Iterable[Subscription | int]) -> set[tuple[int, date]]:
        """(subscription, last day) of the terms of these subscriptions that `silencing` requests speak of."""
        found = self.silencing().filter(subscription__in=subscriptions)
        return set(found.values_list("subscription_id", "ends_on"))

    def of_term(self, subscription: Subscription, ends_on: date) -> Self:
        return self.filter(subscription=subscription, ends_on=ends_on)


class ServiceRequest(Request):
    """Renew, stop or change a service, or be called about it. One is open at a time for a term: asking again amends it."""

    class Kind(models.TextChoices):
        RENEW = "renew", gettext_lazy("Renew")
        STOP = "stop", gettext_lazy("Stop at the end")
        CALL_BACK = "call_back", gettext_lazy("Call back")
        CHANGE = "change", gettext_lazy("Change the service")

    class Origin(models.TextChoices):
        MAIL = "mail", gettext_lazy("Button of an e-mail")
        SPACE = "space", gettext_lazy("Client space")
        STAFF = "staff", gettext_lazy("Noted by the staff")

    PREFIX = "SRV"

    subscription = models.ForeignKey(
        Subscription,
        models.CASCADE,
        related_name="service_requests",
        verbose_name=gettext_lazy("Subscription"),
    )
    ends_on = models.DateField(
        gettext_lazy("Of the term that ends on"),
        help_text=gettext_lazy("The end of the service when it was asked."),
    )
    kind = models.CharField(gettext_lazy("Request"), max_length=10, choices=Kind.choices)
    origin = models.CharField(gettext_lazy("Came by"), max_length=5, choices=Origin.choices)
    message = models.TextField(gettext_lazy("Message"), max_length=1000, blank=True)
    wanted_plan = models.ForeignKey(
        Plan,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=gettext_lazy("Formule wanted"),
    )
    wanted_billing = models.CharField(
        gettext_lazy("Billing wanted"), max_length=12, choices=BillingPeriod.choices, blank=True
    )

    objects = ServiceRequestQuerySet.as_manager()

    class Meta:
        verbose_name = gettext_lazy("Service request")
        verbose_name_plural = gettext_lazy("Service requests")
        ordering = ["created_at", "pk"]
        default_permissions = ["view", "change"]
        constraints = [
            models.UniqueConstraint(
                fields=["subscription", "ends_on"],
                condition=Q(status="open"),
                name="one_open_request_per_term",
            ),
            models.CheckConstraint(
                name="service_request_decided_or_open",
                condition=Q(status="open", decided_at=None)
                | (~Q(status="open") & Q(decided_at__isnull=False)),
            ),
        ]
        indexes = [
            models.Index(fields=["created_at"], name="open_service_requests", condition=Q(status="open"))
        ]

    def __str__(self) -> str:
        return f"{self.code} {self.wish()}"

    def wish(self) -> str:
        """What is asked, in a few words."""
        words = {
            self.Kind.RENEW: _("Renew %(plan)s"),
            self.Kind.STOP: _("Stop %(plan)s at its end"),
            self.Kind.CALL_BACK: _("Call back about %(plan)s"),
            self.Kind.CHANGE: _("Change %(plan)s"),
        }
        return words[self.Kind(self.kind)] % {"plan": self.subscription.plan}

    def details(self) -> list[str]:
        """What is wanted besides, one line each: the formule, the billing, the client's own words."""
        lines = []
        if self.wanted_plan:
            lines.append(_("Formule wanted: %(plan)s") % {"plan": self.wanted_plan})
        if self.wanted_billing:
            billing = self.get_wanted_billing_display().lower()
            lines.append(_("Billing wanted: %(billing)s") % {"billing": billing})
        return [*lines, *([self.message] if self.message else [])]

    @property
    def is_met(self) -> bool:
        """Whether what is asked has been done already, by hand: the term is renewed, or stopped."""
        if self.kind == self.Kind.RENEW:
            return self.subscription.is_renewed
        stopped_on = self.subscription.not_renewed_on or self.subscription.cancelled_on
        return self.kind == self.Kind.STOP and stopped_on is not None
