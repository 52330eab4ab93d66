from typing import Self

from django.db import models
from django.db.models import Q
from django.utils.text import get_text_list
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from crm.change_requests import fields
from crm.change_requests.models.base import Request, RequestQuerySet


class ChangeRequest(Request):
    """What a client would like changed on their record. One is open at a time for a client: sending again amends it."""

    PREFIX = "MOD"

    objects = RequestQuerySet.as_manager()

    class Meta:
        verbose_name = gettext_lazy("Change of a record")
        verbose_name_plural = gettext_lazy("Changes of records")
        ordering = ["created_at", "pk"]
        default_permissions = ["view", "change"]
        constraints = [
            models.UniqueConstraint(
                fields=["client"], condition=Q(status="open"), name="one_open_change_request_per_client"
            ),
            models.CheckConstraint(
                name="change_request_decided_or_open",
                condition=Q(status="open", decided_at=None)
                | (~Q(status="open") & Q(decided_at__isnull=False)),
            ),
        ]
        indexes = [
            models.Index(fields=["created_at"], name="open_change_requests", condition=Q(status="open"))
        ]

    def __str__(self) -> str:
        return f"{self.code} {self.wish()}"

    def wish(self) -> str:
        """What is asked, in a few words. Reads the fields: lists prefetch them."""
        names = [field.label for field in self.fields.all()]
        return _("Change %(fields)s") % {"fields": get_text_list(names, _("and"))}


class ChangedFieldQuerySet(models.QuerySet["ChangedField"]):
    def open(self) -> Self:
        return self.filter(status=ChangedField.Status.OPEN)


class ChangedField(models.Model):
    """One field of a request: the value that the client saw, the one they ask for, and what was decided of it."""

    class Status(models.TextChoices):
        OPEN = "open", gettext_lazy("To decide")
        ACCEPTED = "accepted", pgettext_lazy("field", "Accepted")
        REFUSED = "refused", pgettext_lazy("field", "Refused")

    request = models.ForeignKey(
        ChangeRequest, models.CASCADE, related_name="fields", verbose_name=gettext_lazy("Request")
    )
    name = models.CharField(gettext_lazy("Field"), max_length=40)
    # As `fields.text_of` keeps them.
    old = models.TextField(gettext_lazy("Value it replaces"), blank=True)
    new = models.TextField(gettext_lazy("Value asked for"), blank=True)
    status = models.CharField(
        gettext_lazy("Status"), max_length=10, choices=Status.choices, default=Status.OPEN
    )
    reason = models.CharField(gettext_lazy("Reason"), max_length=300, blank=True)

    objects = ChangedFieldQuerySet.as_manager()

    class Meta:
        verbose_name = gettext_lazy("Field to change")
        verbose_name_plural = gettext_lazy("Fields to change")
        ordering = ["pk"]
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(fields=["request", "name"], name="one_row_per_changed_field"),
            models.CheckConstraint(
                name="refused_field_has_a_reason", condition=~Q(status="refused") | ~Q(reason="")
            ),
        ]

    def __str__(self) -> str:
        return self.label

    @property
    def label(self) -> str:
        return fields.label(self.name)

    @property
    def is_open(self) -> bool:
        return self.status == self.Status.OPEN

    @property
    def is_sensitive(self) -> bool:
        return self.name in fields.SENSITIVE

    @property
    def old_shown(self) -> str:
        return fields.shown(self.name, self.old)

    @property
    def new_shown(self) -> str:
        return fields.shown(self.name, self.new)
