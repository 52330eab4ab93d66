from datetime import date
from typing import Self

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from crm.clients.models import Client


class StatusLockQuerySet(models.QuerySet["StatusLock"]):
    def in_force_on(self, day: date) -> Self:
        return self.filter(Q(until_on=None) | Q(until_on__gte=day))


class StatusLock(models.Model):
    """A client made active or inactive by hand: it wins over interventions and formules, until its last day."""

    client = models.OneToOneField(
        Client, models.CASCADE, primary_key=True, related_name="status_lock", verbose_name=_("Client")
    )
    status = models.CharField(_("Status"), max_length=8, choices=Client.Status.choices)
    until_on = models.DateField(_("Until"), null=True, blank=True, help_text=_("Last day. Empty: for good."))
    reason = models.CharField(_("Why"), max_length=160, blank=True)
    at = models.DateTimeField(_("At"))
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("By"),
    )

    objects = StatusLockQuerySet.as_manager()

    class Meta:
        verbose_name = _("Status decided by hand")
        verbose_name_plural = _("Statuses decided by hand")
        default_permissions = ["add", "delete", "view"]
        indexes = [models.Index(fields=["until_on"], name="lock_by_end")]

    def __str__(self) -> str:
        return str(self.get_status_display())

    def is_in_force_on(self, day: date) -> bool:
        return self.until_on is None or self.until_on >= day
