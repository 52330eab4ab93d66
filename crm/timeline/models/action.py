from typing import Self

from django.conf import settings
from django.db import models
from django.db.models.functions import Lower
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from simple_history.models import HistoricalRecords

from crm.accounts.models import User
from crm.clients.models import Client
from crm.clients.models.labels import Colored
from crm.timeline.models.attachment import Attachment
from crm.timeline.notes import NoteField, shown


class ActionKind(Colored):
    """A type of manual action. The administrator makes them."""

    class Icon(models.TextChoices):
        PHONE = "phone", _("Telephone")
        MEETING = "handshake", _("Handshake")
        LETTER = "envelope", _("Envelope")
        MAIL = "at", _("At sign")
        MESSAGE = "comment", _("Speech bubble")
        VISIT = "location-dot", _("Place")
        CALENDAR = "calendar", _("Calendar")
        DOCUMENT = "file-lines", _("Document")
        QUOTE = "file-invoice", _("Quote")
        PAYMENT = "euro-sign", _("Euro")
        GIFT = "gift", _("Gift")
        WARNING = "triangle-exclamation", _("Warning")
        TOOL = "wrench", _("Tool")
        NOTE = "note-sticky", _("Note")

    icon = models.CharField(_("Icon"), max_length=24, choices=Icon.choices, default=Icon.NOTE)

    class Meta(Colored.Meta):
        verbose_name = _("Type of action")
        verbose_name_plural = _("Types of action")
        constraints = [
            models.UniqueConstraint(
                Lower("name"),
                name="one_action_kind_per_name",
                violation_error_message=_("This type of action already exists."),
            )
        ]


class ActionQuerySet(models.QuerySet["Action"]):
    def visible_to(self, user) -> Self:
        if user.has_perm("clients.see_every_client"):
            return self
        return self.filter(client__manager=user)


class Action(models.Model):
    """What a member of staff did with a client and wrote down: a call, a meeting, a letter…"""

    client = models.ForeignKey(Client, models.CASCADE, related_name="actions", verbose_name=_("Client"))
    kind = models.ForeignKey(
        ActionKind, models.PROTECT, related_name="actions", verbose_name=_("Type of action")
    )
    title = models.CharField(_("Title"), max_length=160)
    note = NoteField(
        _("Note"), blank=True, max_length=50_000, help_text=_("Facts only: the client may ask to read them.")
    )
    at = models.DateTimeField(_("At"))
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        blank=True,
        editable=False,
        related_name="+",
        verbose_name=_("By"),
    )

    # Who signs the history row of the next save.
    _history_user: User | None

    objects = ActionQuerySet.as_manager()
    history = HistoricalRecords(verbose_name=_("Action history"), verbose_name_plural=_("Action histories"))

    class Meta:
        verbose_name = _("Manual action")
        verbose_name_plural = _("Manual actions")
        ordering = ["-at", "-pk"]
        indexes = [models.Index(fields=["-at", "-id"], name="action_by_day")]
        permissions = [("change_actions_of_others", _("Can change and delete the actions of others"))]

    def __str__(self) -> str:
        return self.title

    @property
    def note_html(self) -> SafeString:
        return shown(self.note)

    def is_changed_by(self, user) -> bool:
        """Whether this person may change it or take it away: its author, or who answers for everyone's."""
        return (self.by_id is not None and self.by_id == user.pk) or user.has_perm(
            "timeline.change_actions_of_others"
        )


class ActionFile(Attachment):
    OWNER, FOLDER = "action", "actions"

    action = models.ForeignKey(Action, models.CASCADE, related_name="files", verbose_name=_("Manual action"))

    class Meta(Attachment.Meta):
        pass
