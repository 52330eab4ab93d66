from datetime import datetime
from typing import Any, Self

from django.conf import settings
from django.db import models
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from crm.accounts.models import User
from crm.clients.models import Client
from crm.products.renewal import Refused


class AlreadyDecided(Refused):
    """A request is decided once, or withdrawn once."""


class RequestQuerySet(models.QuerySet[Any]):
    def visible_to(self, user) -> Self:
        """Those of the clients this member of staff may know of."""
        if user.has_perm("clients.see_every_client"):
            return self
        return self.filter(client__manager=user)

    def open(self) -> Self:
        return self.filter(status=Request.Status.OPEN)

    def oldest_first(self) -> Self:
        return self.order_by("created_at", "pk")


class Request(models.Model):
    """What a client asks of the office, and what was decided. The rows are the proof: none is deleted by hand."""

    class Status(models.TextChoices):
        OPEN = "open", gettext_lazy("To decide")
        ACCEPTED = "accepted", gettext_lazy("Accepted")
        PARTLY = "partly", gettext_lazy("Partly accepted")
        REFUSED = "refused", gettext_lazy("Refused")
        WITHDRAWN = "withdrawn", gettext_lazy("Withdrawn")

    # Of the number that people read.
    PREFIX = ""

    client = models.ForeignKey(
        Client, models.CASCADE, related_name="%(class)ss", verbose_name=gettext_lazy("Client")
    )
    status = models.CharField(
        gettext_lazy("Status"), max_length=10, choices=Status.choices, default=Status.OPEN
    )
    created_at = models.DateTimeField(gettext_lazy("Asked at"))
    # Empty for a button of a mail: who clicks it has not signed in.
    asked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=gettext_lazy("Asked by"),
    )
    amended_at = models.DateTimeField(gettext_lazy("Amended at"), null=True, blank=True)
    decided_at = models.DateTimeField(gettext_lazy("Decided at"), null=True, blank=True)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=gettext_lazy("Decided by"),
    )
    decision_reason = models.CharField(gettext_lazy("Reason"), max_length=300, blank=True)

    class Meta:
        abstract = True

    @property
    def code(self) -> str:
        """The number as it is shown: SRV-012."""
        return f"{self.PREFIX}-{self.pk:03d}" if self.pk else f"{self.PREFIX}-"

    @property
    def is_open(self) -> bool:
        return self.status == self.Status.OPEN

    @property
    def last_asked_at(self) -> datetime:
        return self.amended_at or self.created_at

    @property
    def asker(self) -> str:
        """Who asked, as people are named: the person who signed in, else the client."""
        return str(self.asked_by or self.client.display_name)

    def refuse_closed(self) -> None:
        """Raise AlreadyDecided, saying by whom and when, unless it is open."""
        if self.is_open:
            return
        if self.status == self.Status.WITHDRAWN:
            raise AlreadyDecided(_("This request was withdrawn."))
        raise AlreadyDecided(
            _("This request is already decided: %(status)s by %(by)s.")
            % {"status": self.get_status_display().lower(), "by": self.decided_by or _("somebody")}
        )

    def close(self, status: str, *, by: User | None, at: datetime, reason: str = "") -> list[str]:
        """Decide or withdraw it; the caller saves the fields returned."""
        self.status, self.decided_by, self.decided_at, self.decision_reason = status, by, at, reason[:300]
        return ["status", "decided_by", "decided_at", "decision_reason"]
