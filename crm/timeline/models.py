from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from crm.clients.models import Client


class EntryQuerySet(models.QuerySet["Entry"]):
    def visible_to(self, user) -> "EntryQuerySet":
        return self.filter(client__in=Client.objects.visible_to(user))


class Entry(models.Model):
    """One thing that happened to a client. Written once, by `record()`, never edited."""

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
        MAILED = "mailed", _("E-mail sent")
        MAIL_TROUBLE = "mail_trouble", _("E-mail not delivered")
        MAILED_OUT = "mailed_out", _("Paper mailing")
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
    is_visible_to_client = models.BooleanField(_("Visible to the client"), default=False)

    objects = EntryQuerySet.as_manager()

    class Meta:
        verbose_name = _("Timeline entry")
        verbose_name_plural = _("Timeline")
        ordering = ["-at", "-pk"]
        indexes = [models.Index(fields=["client", "-at", "-id"], name="timeline_by_client")]
        default_permissions = ["view"]

    def __str__(self) -> str:
        return self.summary
