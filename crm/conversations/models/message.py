from datetime import datetime, timedelta
from typing import Any, Self
from uuid import uuid4

from django.conf import settings
from django.db import models
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from simple_history.models import HistoricalRecords

from crm.accounts.models import User
from crm.clients.models import Client
from crm.conversations.models.request import SupportRequest
from crm.conversations.wording import LONGEST, shown
from crm.timeline.models import Attachment

# How long one may correct or take back what one wrote.
CHANGED_WITHIN = timedelta(hours=1)


class MessageQuerySet(models.QuerySet["Message"]):
    def visible_to(self, user) -> Self:
        """Those of the clients this member of staff may know of, internal notes included."""
        if user.has_perm("clients.see_every_client"):
            return self
        return self.filter(client__manager=user)

    def for_client(self, client: Client) -> Self:
        """All that a client may ever receive: every page and file of theirs starts here. No internal note."""
        return self.filter(client=client).exclude(kind=Message.Kind.NOTE)

    def said(self) -> Self:
        """What one side told the other, and did not take back."""
        return self.filter(kind__in=[Message.Kind.CLIENT, Message.Kind.OFFICE], deleted_at=None)

    def since(self, revision: int) -> Self:
        """Written, corrected or taken back since that move of the thread."""
        return self.filter(revision__gt=revision)


class Message(models.Model):
    """What one side said to the other, or an internal note of the staff. Never edited out of sight: its marks and its
    history stay."""

    class Kind(models.TextChoices):
        CLIENT = "client", _("From the client")
        OFFICE = "office", _("From us")
        NOTE = "note", _("Internal note")

    client = models.ForeignKey(Client, models.CASCADE, related_name="messages", verbose_name=_("Client"))
    request = models.ForeignKey(
        SupportRequest,
        models.CASCADE,
        null=True,
        blank=True,
        related_name="messages",
        verbose_name=_("Support request"),
    )
    kind = models.CharField(_("Kind"), max_length=6, choices=Kind.choices)
    # Who wrote it: staff may have written in the place of a client.
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("Author"),
    )
    text = models.TextField(_("Message"), max_length=LONGEST, blank=True)
    sent_at = models.DateTimeField(_("Sent at"))
    edited_at = models.DateTimeField(_("Edited at"), null=True)
    deleted_at = models.DateTimeField(_("Deleted at"), null=True)
    # Drawn by the form: a double click or a retry sends once.
    token = models.UUIDField(default=uuid4, editable=False)
    # The thread's own number when it last changed.
    revision = models.PositiveBigIntegerField(editable=False)

    # Who signs the history row of the next save.
    _history_user: User | None
    _history_date: datetime
    _change_reason: str

    objects = MessageQuerySet.as_manager()
    history = HistoricalRecords(
        excluded_fields=["revision", "token"],
        verbose_name=_("Message history"),
        verbose_name_plural=_("Message histories"),
    )

    class Meta:
        verbose_name = _("Message")
        verbose_name_plural = _("Messages")
        ordering = ["pk"]
        # Of any member of staff's; everyone may take back their own.
        default_permissions = ["delete"]
        constraints = [models.UniqueConstraint(fields=["client", "token"], name="one_message_per_sending")]
        indexes = [
            models.Index(fields=["client", "id"], name="message_by_client"),
            models.Index(fields=["client", "revision"], name="message_by_move"),
            models.Index(fields=["client", "kind", "id"], name="message_by_side"),
        ]

    def __str__(self) -> str:
        return self.text[:60] or str(self._meta.verbose_name)

    @property
    def html(self) -> SafeString:
        return shown(self.text)

    @property
    def is_from_client(self) -> bool:
        return self.kind == self.Kind.CLIENT

    @property
    def is_note(self) -> bool:
        return self.kind == self.Kind.NOTE

    @property
    def is_deleted(self) -> bool:
        return self.deleted_at is not None

    @property
    def is_in_place_of_client(self) -> bool:
        return self.is_from_client and self.author is not None and self.author.is_staff

    def is_edited_by(self, user: Any, *, at: datetime) -> bool:
        """Whether this person may correct it now: its author, shortly after."""
        is_theirs = self.author_id is not None and self.author_id == user.pk
        return is_theirs and not self.is_deleted and at < self.sent_at + CHANGED_WITHIN

    def is_deleted_by(self, user: Any, *, at: datetime) -> bool:
        """Its author, shortly after; what the office wrote, who has the right to."""
        may = (
            not self.is_deleted and not self.is_from_client and user.has_perm("conversations.delete_message")
        )
        return may or self.is_edited_by(user, at=at)


class MessageFile(Attachment):
    OWNER, FOLDER = "message", "messages"

    message = models.ForeignKey(Message, models.CASCADE, related_name="files", verbose_name=_("Message"))

    class Meta(Attachment.Meta):
        pass
