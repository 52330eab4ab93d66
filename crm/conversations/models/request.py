from datetime import datetime
from typing import Self

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from crm.accounts.models import User
from crm.clients.models import Client


class SupportRequestQuerySet(models.QuerySet["SupportRequest"]):
    def visible_to(self, user) -> Self:
        if user.has_perm("clients.see_every_client"):
            return self
        return self.filter(client__manager=user)

    def open(self) -> Self:
        return self.filter(status=SupportRequest.Status.OPEN)


class SupportRequest(models.Model):
    """A subject inside the conversation: open until we answer, open again when the client writes on."""

    class Status(models.TextChoices):
        OPEN = "open", _("Open")
        ANSWERED = "answered", _("Answered")

    client = models.ForeignKey(
        Client, models.CASCADE, related_name="support_requests", verbose_name=_("Client")
    )
    subject = models.CharField(_("Subject"), max_length=120)
    status = models.CharField(_("Status"), max_length=8, choices=Status.choices, default=Status.OPEN)
    opened_at = models.DateTimeField(_("Opened at"))
    opened_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("Opened by"),
    )
    answered_at = models.DateTimeField(_("Answered at"), null=True)
    answered_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("Answered by"),
    )

    objects = SupportRequestQuerySet.as_manager()

    class Meta:
        verbose_name = _("Support request")
        verbose_name_plural = _("Support requests")
        ordering = ["-pk"]
        default_permissions = ()
        indexes = [
            models.Index(fields=["client", "-id"], name="support_by_client"),
            models.Index(fields=["opened_at"], name="support_open", condition=Q(status="open")),
        ]
        constraints = [
            models.CheckConstraint(
                name="support_answered_or_open",
                condition=Q(status="open", answered_at=None)
                | Q(status="answered", answered_at__isnull=False),
            )
        ]

    def __str__(self) -> str:
        return self.subject

    @property
    def is_open(self) -> bool:
        return self.status == self.Status.OPEN

    def answer(self, *, by: User | None, at: datetime) -> None:
        self.status, self.answered_by, self.answered_at = self.Status.ANSWERED, by, at

    def reopen(self) -> None:
        self.status, self.answered_by, self.answered_at = self.Status.OPEN, None, None
