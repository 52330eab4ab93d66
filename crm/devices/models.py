import hashlib
from datetime import datetime, timedelta
from typing import Self

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from crm.devices.endpoints import LONGEST

# Whoever opens their browser the day after has the page itself to read.
KEPT = timedelta(days=1)
# How long one sender has a notification to itself.
CLAIM = timedelta(minutes=2)
MOST_ATTEMPTS = 6


class ServerKey(models.Model):
    """The key pair that browsers know us by. One row; its private half is enciphered."""

    enciphered = models.TextField(_("Private key, enciphered"))

    class Meta:
        verbose_name = _("Key of the notifications")
        verbose_name_plural = _("Keys of the notifications")
        default_permissions = ()
        constraints = [models.CheckConstraint(name="one_server_key", condition=Q(pk=1))]

    def __str__(self) -> str:
        return str(self._meta.verbose_name)


class Device(models.Model):
    """A browser that a person allowed to show notifications."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="devices", verbose_name=_("Person")
    )
    # Whoever knows it can fill somebody's screen, if they have our key as well: it is shown to nobody.
    endpoint = models.CharField(_("Address of the push service"), max_length=LONGEST, unique=True)
    p256dh = models.CharField(_("Public key"), max_length=100)
    auth = models.CharField(_("Secret"), max_length=40)
    server_key = models.CharField(_("Our public key"), max_length=100)
    name = models.CharField(_("Device"), max_length=100)
    created_at = models.DateTimeField(_("Allowed at"))
    last_used_at = models.DateTimeField(_("Last notified at"), null=True, blank=True)
    silent_until = models.DateTimeField(_("Silent until"), null=True, blank=True)

    class Meta:
        verbose_name = _("Device")
        verbose_name_plural = _("Devices")
        ordering = ["-created_at", "-pk"]
        default_permissions = ()

    def __str__(self) -> str:
        return self.name

    @property
    def mark(self) -> str:
        """By which a browser recognises itself in a list, where its address is not written."""
        return hashlib.sha256(self.endpoint.encode()).hexdigest()


class PushQuerySet(models.QuerySet["Push"]):
    def due(self, now: datetime) -> Self:
        """What may leave now, the oldest first."""
        is_loud = Q(device__silent_until=None) | Q(device__silent_until__lte=now)
        rows = self.filter(is_loud, sent_at=None, not_before__lte=now, device__user__is_active=True)
        return rows.order_by("pk")

    def outdated(self, now: datetime) -> Self:
        return self.filter(created_at__lt=now - KEPT)


class Push(models.Model):
    """A notification for one device: written with what it tells of, sent by the scheduler, forgotten after a day."""

    device = models.ForeignKey(Device, models.CASCADE, related_name="pushes", verbose_name=_("Device"))
    key = models.CharField(_("What it tells of"), max_length=100)
    title = models.CharField(_("Title"), max_length=80)
    body = models.CharField(_("Text"), max_length=160, blank=True)
    url = models.CharField(_("Page"), max_length=300)
    created_at = models.DateTimeField(_("Written at"), default=timezone.now)
    not_before = models.DateTimeField(_("Not before"), default=timezone.now)
    sent_at = models.DateTimeField(_("Sent at"), null=True, blank=True)
    attempts = models.PositiveSmallIntegerField(_("Attempts"), default=0)

    objects = PushQuerySet.as_manager()

    class Meta:
        verbose_name = _("Notification")
        verbose_name_plural = _("Notifications")
        default_permissions = ()
        constraints = [models.UniqueConstraint(fields=["device", "key"], name="one_push_per_device_and_key")]
        indexes = [
            models.Index(fields=["not_before"], name="push_waiting", condition=Q(sent_at=None)),
            models.Index(fields=["created_at"], name="push_age"),
        ]

    def __str__(self) -> str:
        return self.title

    def next_wait(self) -> timedelta:
        """How long a service in trouble is left alone: half a minute, then twice as long each time."""
        return timedelta(seconds=30 * 2**self.attempts)
