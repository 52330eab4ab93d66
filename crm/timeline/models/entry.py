from collections.abc import Collection
from datetime import date, datetime, time
from typing import Self

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from crm.clients.models import Client
from crm.timeline.models.action import Action

# What is asked before or after is asked of these: past them there is no hour to reckon.
FIRST_DAY, LAST_DAY = date(1900, 1, 1), date(2999, 12, 31)


def midnight(day: date, *, days: int = 0) -> datetime:
    """When a day begins here; or another, so many days later."""
    ordinal = min(max(day.toordinal() + days, FIRST_DAY.toordinal()), LAST_DAY.toordinal())
    return timezone.make_aware(datetime.combine(date.fromordinal(ordinal), time.min))


class EntryQuerySet(models.QuerySet["Entry"]):
    def visible_to(self, user) -> Self:
        if user.has_perm("clients.see_every_client"):
            return self
        return self.filter(client__manager=user)

    def between(self, since: date | None, until: date | None) -> Self:
        """What happened between two days, both included; either may be left open."""
        entries = self.filter(at__gte=midnight(since)) if since else self
        return entries.filter(at__lt=midnight(until, days=1)) if until else entries

    def of_types(self, kinds: Collection[str], action_kinds: Collection[int]) -> Self:
        """Of any of these kinds, or manual actions of any of these types; all when neither is given."""
        if not kinds and not action_kinds:
            return self
        return self.filter(Q(kind__in=kinds) | Q(action__kind__in=action_kinds))

    def older_than(self, at: datetime, pk: int) -> Self:
        """What follows an entry in the order of reading: a page costs the same wherever it is."""
        return self.filter(Q(at__lt=at) | Q(pk__lt=pk), at__lte=at)


class Entry(models.Model):
    """One thing that happened to a client. Written once, by `record()`, never edited: only the entry of a manual
    action follows what is corrected in it."""

    class Kind(models.TextChoices):
        CREATED = "created", _("Record created")
        CHANGED = "changed", _("Record changed")
        ARCHIVED = "archived", _("Record archived")
        RESTORED = "restored", _("Record restored")
        IMPORTED = "imported", _("Import")
        SUBSCRIBED = "subscribed", _("Subscription")
        RENEWED = "renewed", _("Renewal")
        SUBSCRIPTION_CHANGED = "subscription_changed", _("Subscription changed")
        STOPPED = "stopped", _("Subscription stopped")
        REQUESTED = "requested", _("Request of the client")
        REQUEST_CLOSED = "request_closed", _("Request closed")
        SUPPORT = "support", _("Support request")
        MESSAGE = "message", _("Message")
        MAILED = "mailed", _("E-mail sent")
        MAIL_TROUBLE = "mail_trouble", _("E-mail not delivered")
        MAILED_OUT = "mailed_out", _("Paper mailing")
        ACTION = "action", _("Manual action")
        ACTION_DELETED = "action_deleted", _("Manual action deleted")
        INTERVENTION = "intervention", _("Intervention")
        STATUS = "status", _("Status")
        ACCESS = "access", _("Client space")
        IMPERSONATED = "impersonated", _("Immediate access")

    client = models.ForeignKey(Client, models.CASCADE, related_name="timeline", verbose_name=_("Client"))
    kind = models.CharField(_("Kind"), max_length=30, choices=Kind.choices)
    at = models.DateTimeField(_("At"))
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("By"),
    )
    summary = models.CharField(_("Summary"), max_length=300)
    details = models.JSONField(_("Details"), default=dict, blank=True)
    target_type = models.CharField(
        _("Target type"), max_length=60, blank=True, help_text=_("app.model of the row concerned")
    )
    target_id = models.CharField(_("Target id"), max_length=40, blank=True)
    action = models.OneToOneField(
        Action,
        models.CASCADE,
        null=True,
        blank=True,
        editable=False,
        related_name="entry",
        verbose_name=_("Manual action"),
    )
    is_visible_to_client = models.BooleanField(_("Visible to the client"), default=False)

    objects = EntryQuerySet.as_manager()

    class Meta:
        verbose_name = _("Timeline entry")
        verbose_name_plural = _("Timeline")
        ordering = ["-at", "-pk"]
        indexes = [
            models.Index(fields=["client", "-at", "-id"], name="timeline_by_client"),
            models.Index(fields=["-at", "-id"], name="timeline_by_time"),
        ]
        default_permissions = ["view"]

    def __str__(self) -> str:
        return self.summary
