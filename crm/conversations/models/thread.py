from datetime import datetime
from typing import Self

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from crm.accounts.models import User
from crm.clients.models import Client


class ThreadQuerySet(models.QuerySet["Thread"]):
    def visible_to(self, user) -> Self:
        """Those of the clients this member of staff may know of."""
        if user.has_perm("clients.see_every_client"):
            return self
        return self.filter(client__manager=user)

    def unread_by_office(self) -> Self:
        return self.filter(unread_by_office__gt=0)

    def unread_by_client(self) -> Self:
        return self.filter(unread_by_client__gt=0)

    def waiting_for(self, side: str) -> Self:
        return self.filter(waits_for=side)

    def assigned_to(self, user) -> Self:
        return self.filter(assigned_to=user)

    def standing(self, client: int) -> tuple[int, int, int]:
        """(revision, unread by the client, unread by the office) of one thread: all that a page that waits asks."""
        names = ("revision", "unread_by_client", "unread_by_office")
        return self.filter(pk=client).order_by().values_list(*names).first() or (0, 0, 0)

    def latest_move(self) -> datetime | None:
        """When anything last changed in any thread: one look at the end of an index."""
        return self.order_by("-moved_at").values_list("moved_at", flat=True).first()


class Thread(models.Model):
    """The one conversation with a client. It never closes.

    What is written in it bears its client; here is how far it has come. Every writer locks this row first, so that
    `revision` and the keys of the messages grow in the order in which they are seen.
    """

    class Side(models.TextChoices):
        OFFICE = "office", _("Waits for us")
        CLIENT = "client", _("Waits for the client")
        NOBODY = "nobody", _("Waits for nobody")

    client = models.OneToOneField(
        Client, models.CASCADE, primary_key=True, related_name="thread", verbose_name=_("Client")
    )
    # One more at each message, correction, deletion and reading: what a page has seen is one number.
    revision = models.PositiveBigIntegerField(default=0, editable=False)
    moved_at = models.DateTimeField(_("Moved at"))
    last_message = models.ForeignKey(
        "Message", models.SET_NULL, null=True, related_name="+", verbose_name=_("Last message")
    )
    last_at = models.DateTimeField(_("Last message at"), null=True)
    waits_for = models.CharField(_("State"), max_length=6, choices=Side.choices, default=Side.NOBODY)
    waiting_since = models.DateTimeField(_("Waiting since"), null=True)
    assigned_to = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="threads",
        verbose_name=_("Assigned to"),
    )

    # For each side: the key of the last message that it has read, what is unread of the other side's messages and
    # since when, when a mail last told it so, and the day of the last digest that did.
    read_by_client = models.PositiveBigIntegerField(default=0)
    unread_by_client = models.PositiveIntegerField(_("Unread by the client"), default=0)
    unread_by_client_since = models.DateTimeField(null=True)
    client_told_at = models.DateTimeField(null=True)
    client_digest_on = models.DateField(null=True)
    read_by_office = models.PositiveBigIntegerField(default=0)
    unread_by_office = models.PositiveIntegerField(_("Unread by us"), default=0)
    unread_by_office_since = models.DateTimeField(null=True)
    office_told_at = models.DateTimeField(null=True)
    office_digest_on = models.DateField(null=True)

    objects = ThreadQuerySet.as_manager()

    class Meta:
        verbose_name = _("Conversation")
        verbose_name_plural = _("Conversations")
        ordering = ["-last_at", "client"]
        default_permissions = ["view", "change"]
        indexes = [
            models.Index(fields=["-last_at"], name="thread_by_day"),
            models.Index(fields=["moved_at"], name="thread_by_move"),
            models.Index(
                fields=["unread_by_office_since"],
                name="thread_unread_by_office",
                condition=Q(unread_by_office__gt=0),
            ),
            models.Index(
                fields=["unread_by_client_since"],
                name="thread_unread_by_client",
                condition=Q(unread_by_client__gt=0),
            ),
            models.Index(fields=["waits_for", "waiting_since"], name="thread_waiting"),
            models.Index(fields=["office_told_at"], name="thread_office_told"),
        ]

    def __str__(self) -> str:
        return str(self.client)

    def step(self, *, at: datetime) -> int:
        """Something moved: the number of that move."""
        self.revision += 1
        self.moved_at = at
        return self.revision

    def wait_for(self, side: str, *, at: datetime) -> None:
        """Whose turn it is, and since when; a second message from the same side waits since the first."""
        if self.waits_for != side:
            self.waits_for, self.waiting_since = side, None if side == self.Side.NOBODY else at


class ReadMark(models.Model):
    """How far one person has read one conversation: the key of the last message shown to them."""

    client = models.ForeignKey(Client, models.CASCADE, related_name="read_marks", verbose_name=_("Client"))
    user = models.ForeignKey(User, models.CASCADE, related_name="read_marks", verbose_name=_("Person"))
    is_office = models.BooleanField(_("On our side"))
    last_read = models.PositiveBigIntegerField(_("Last message read"), default=0)
    read_at = models.DateTimeField(_("Read at"))

    class Meta:
        verbose_name = _("Read mark")
        verbose_name_plural = _("Read marks")
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(fields=["client", "user"], name="one_read_mark_per_person"),
        ]

    def __str__(self) -> str:
        return f"{self.user} {self.last_read}"
