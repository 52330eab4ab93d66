from datetime import datetime, timedelta
from typing import Self

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from crm.clients.models import Client


class ImpersonationQuerySet(models.QuerySet["Impersonation"]):
    def visible_to(self, user) -> Self:
        if user.has_perm("clients.see_every_client"):
            return self
        return self.filter(client__manager=user)


class Impersonation(models.Model):
    """A member of staff opened a client's space in their place. Written when it begins, closed when it ends."""

    client = models.ForeignKey(
        Client, models.SET_NULL, null=True, related_name="impersonations", verbose_name=_("Client")
    )
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+", verbose_name=_("Sign-in")
    )
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("By"))
    reason = models.CharField(
        _("Reason"), max_length=200, help_text=_("The client reads it in their own history.")
    )
    may_write = models.BooleanField(_("May write"), default=False)
    ip = models.GenericIPAddressField(_("Address on the network"), null=True)
    began_at = models.DateTimeField(_("Began at"))
    ended_at = models.DateTimeField(_("Ended at"), null=True)

    objects = ImpersonationQuerySet.as_manager()

    class Meta:
        verbose_name = _("Immediate access")
        verbose_name_plural = _("Immediate accesses")
        ordering = ["-began_at"]
        default_permissions = ["view"]

    def __str__(self) -> str:
        return _("%(by)s in place of %(client)s") % {"by": self.by, "client": self.client or "—"}

    def is_over(self, now: datetime) -> bool:
        """Ended, or open for longer than it may be."""
        longest = timedelta(seconds=settings.IMPERSONATION_SECONDS)
        return self.ended_at is not None or now >= self.began_at + longest
