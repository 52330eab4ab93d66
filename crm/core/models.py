from datetime import datetime, timedelta
from typing import Self

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _


class LeaseQuerySet(models.QuerySet["Lease"]):
    def take(self, name: str, *, owner: str, now: datetime, duration: timedelta) -> bool:
        """Take or prolong the lease: True when `owner` holds it until `now + duration`.

        One conditional UPDATE decides, so two processes asking together cannot both be told yes.
        """
        self.get_or_create(name=name, defaults={"owner": "", "expires_at": now, "beat_at": None})
        free = Q(owner=owner) | Q(expires_at__lte=now)
        return self.filter(free, name=name).update(owner=owner, expires_at=now + duration, beat_at=now) == 1

    def release(self, name: str, *, owner: str, now: datetime) -> Self:
        self.filter(name=name, owner=owner).update(expires_at=now)
        return self


class Lease(models.Model):
    """Who may act alone, until when. `beat_at` is the heartbeat that the health page reads."""

    name = models.CharField(_("Name"), max_length=40, unique=True)
    owner = models.CharField(_("Owner"), max_length=200)
    expires_at = models.DateTimeField(_("Expires at"))
    beat_at = models.DateTimeField(_("Last heartbeat"), null=True)

    objects = LeaseQuerySet.as_manager()

    class Meta:
        verbose_name = _("Lease")
        verbose_name_plural = _("Leases")

    def __str__(self) -> str:
        return self.name
