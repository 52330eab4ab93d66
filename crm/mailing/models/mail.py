from collections import defaultdict
from collections.abc import Iterable
from datetime import date, datetime, timedelta
from typing import Self

from django.apps import apps
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _

from crm.clients.models import Client
from crm.mailing import rendering
from crm.mailing.kinds import Kind, kind_choices, kind_of

# How long after each failure a mail is tried again; past the last, it has failed.
DELAYS = [
    timedelta(seconds=30),
    timedelta(minutes=2),
    timedelta(minutes=10),
    timedelta(minutes=30),
    *[timedelta(hours=hours) for hours in (1, 2, 4, 8, 16)],
]


class MailQuerySet(models.QuerySet["Mail"]):
    def visible_to(self, user) -> Self:
        """Those of the clients this member of staff may know of; who sees every client sees the office's own too."""
        if user.has_perm("clients.see_every_client"):
            return self
        return self.filter(client__manager=user)

    def waiting(self) -> Self:
        return self.filter(status__in=Mail.WAITING)

    def due(self, now: datetime) -> Self:
        """Waiting, and whose time has come; the oldest first."""
        return self.waiting().filter(not_before__lte=now).order_by("not_before", "pk")

    def abandoned(self, before: datetime) -> Self:
        """Claimed so long ago that whoever claimed them is dead."""
        return self.filter(status=Mail.Status.SENDING, claimed_at__lt=before)

    def in_trouble(self) -> Self:
        return self.filter(status__in=Mail.TROUBLES)

    def unreachable(self) -> Self:
        """Put back without a try, as the server could not be reached: see `put_back`."""
        return self.filter(status=Mail.Status.RETRY, attempts=0)

    def about(self, row: models.Model) -> Self:
        return self.filter(about_type=row._meta.label_lower, about_id=str(row.pk))

    def about_all(self, model: type[models.Model], keys: Iterable[int]) -> Self:
        return self.filter(about_type=model._meta.label_lower, about_id__in=[str(key) for key in keys])


class Mail(models.Model):
    """One message to one recipient: at first what waits to be sent, then the proof of what became of it."""

    class Status(models.TextChoices):
        QUEUED = "queued", _("Waiting")
        SENDING = "sending", _("Leaving")
        SENT = "sent", _("Sent")
        RETRY = "retry", _("To be tried again")
        FAILED = "failed", _("Failed")
        UNCERTAIN = "uncertain", _("Uncertain")
        CANCELLED = "cancelled", _("Not sent")
        BOUNCED = "bounced", _("Returned")

    WAITING = (Status.QUEUED, Status.RETRY)
    TROUBLES = (Status.FAILED, Status.UNCERTAIN, Status.BOUNCED)
    LEFT = (Status.SENT, Status.BOUNCED, Status.UNCERTAIN)

    kind = models.CharField(_("Kind"), max_length=40, choices=kind_choices)
    client = models.ForeignKey(
        Client, models.CASCADE, null=True, related_name="mails", verbose_name=_("Client")
    )
    recipient = models.EmailField(_("Recipient"))
    language = models.CharField(_("Language"), max_length=2, default="fr")
    subject = models.CharField(_("Subject"), max_length=300)
    html = models.TextField(_("Content"))
    text = models.TextField(_("Text"))
    reason = models.CharField(_("Why"), max_length=200, blank=True)
    # What it belongs to: a reminder, a request… "app.model" and key, as on the timeline.
    about_type = models.CharField(max_length=60, blank=True)
    about_id = models.CharField(max_length=40, blank=True)
    message_id = models.CharField(_("Message-ID"), max_length=150, unique=True)
    # Holds a secret that a library wrote into it: shown to nobody, and erased once it has left.
    is_private = models.BooleanField(_("Private"), default=False)

    status = models.CharField(_("Status"), max_length=10, choices=Status.choices, default=Status.QUEUED)
    created_at = models.DateTimeField(_("Written at"))
    not_before = models.DateTimeField(_("Next try"))
    attempts = models.PositiveSmallIntegerField(_("Tries"), default=0)
    is_doubtful = models.BooleanField(_("One try may have arrived"), default=False)
    claim = models.CharField(max_length=64, blank=True)
    claimed_at = models.DateTimeField(null=True)
    # Set before the mail leaves, for kinds that are never repeated: known to have been on its way.
    began_at = models.DateTimeField(null=True)
    sent_at = models.DateTimeField(_("Sent at"), null=True)
    trouble = models.CharField(_("What happened"), max_length=300, blank=True)
    server_reply = models.TextField(_("The server’s words"), blank=True)
    provider_id = models.CharField(max_length=200, blank=True)
    is_on_timeline = models.BooleanField(default=False)

    objects = MailQuerySet.as_manager()

    class Meta:
        verbose_name = _("Mail")
        verbose_name_plural = _("Mails")
        ordering = ["-pk"]
        default_permissions = ["view", "change"]
        indexes = [
            models.Index(
                fields=["not_before", "id"], name="mail_to_send", condition=Q(status__in=["queued", "retry"])
            ),
            models.Index(fields=["claimed_at"], name="mail_leaving", condition=Q(status="sending")),
            models.Index(fields=["client", "-id"], name="mail_by_client"),
            models.Index(fields=["about_type", "about_id"], name="mail_by_subject"),
            models.Index(fields=["provider_id"], name="mail_by_provider", condition=~Q(provider_id="")),
            models.Index(
                fields=["created_at"],
                name="mail_in_trouble",
                condition=Q(status__in=["failed", "uncertain", "bounced"]),
            ),
            models.Index(
                fields=["id"],
                name="mail_off_timeline",
                condition=Q(is_on_timeline=False, status__in=["sent", "failed", "uncertain", "bounced"]),
            ),
        ]

    def __str__(self) -> str:
        return self.subject

    @cached_property
    def about(self) -> models.Model | None:
        """The row it belongs to, if it still exists; `read_about` reads those of many mails together."""
        found = (
            apps.get_model(self.about_type)._base_manager.filter(pk=self.about_id) if self.about_id else None
        )
        return found.first() if found is not None else None

    @staticmethod
    def read_about(mails: Iterable["Mail"]) -> None:
        """Read the `about` of all these mails at once, a statement for each kind of row."""
        mails_of = defaultdict(list)
        for mail in mails:
            if mail.about_id:
                mails_of[mail.about_type].append(mail)
        for label, some in mails_of.items():
            rows = apps.get_model(label)._base_manager.in_bulk([mail.about_id for mail in some])
            by_key = {str(key): row for key, row in rows.items()}
            for mail in some:
                mail.about = by_key.get(mail.about_id)

    @property
    def declared(self) -> Kind | None:
        return kind_of(self.kind)

    @property
    def is_repeatable(self) -> bool:
        return self.declared is None or self.declared.is_repeatable

    @property
    def sent_on(self) -> date | None:
        return timezone.localdate(self.sent_at) if self.sent_at else None

    @property
    def is_waiting(self) -> bool:
        return self.status in self.WAITING

    @property
    def is_erased(self) -> bool:
        """Private, and gone: nobody can send it again."""
        return not self.html and not self.text

    @property
    def can_be_sent_again(self) -> bool:
        return (
            self.status in (self.Status.FAILED, self.Status.UNCERTAIN, *self.WAITING) and not self.is_erased
        )

    def html_to_read(self) -> str:
        """The content as staff may read it: without its personal links."""
        return "" if self.is_private else rendering.masked(self.html)

    def text_to_read(self) -> str:
        return "" if self.is_private else rendering.masked(self.text)

    def to_leave(self) -> tuple[str, str]:
        """HTML and text as they leave, with the links made at this moment for this mail."""
        makers = self.declared.links if self.declared else {}
        used = rendering.marks_in(self.html) | rendering.marks_in(self.text)
        links = {name: makers[name](self) for name in used}
        return (
            rendering.complete(self.html, links, is_html=True),
            rendering.complete(self.text, links, is_html=False),
        )

    # What becomes of it. Each tells the fields it changed.

    def leave(self, *, at: datetime, provider_id: str, reply: str) -> list[str]:
        self.status, self.sent_at, self.provider_id = self.Status.SENT, at, provider_id[:200]
        self.trouble, self.server_reply = "", reply
        fields = ["status", "sent_at", "provider_id", "trouble", "server_reply"]
        if self.is_private:
            self.html, self.text = "", ""
            fields += ["html", "text"]
        return fields

    def try_again(self, *, at: datetime, trouble: str, reply: str) -> list[str]:
        """Later, or never when it was tried often enough."""
        if self.attempts > len(DELAYS):
            return self.fail(trouble=trouble, reply=reply)
        self.status, self.not_before = self.Status.RETRY, at + DELAYS[self.attempts - 1]
        return [*self._say(trouble, reply), "not_before"]

    def put_back(self, *, at: datetime, trouble: str, reply: str) -> list[str]:
        """The server could not be reached: no fault of this mail, which keeps its tries."""
        self.attempts -= 1
        self.status, self.not_before = self.Status.RETRY, at + timedelta(minutes=1)
        return [*self._say(trouble, reply), "not_before"]

    def fail(self, *, trouble: str, reply: str) -> list[str]:
        self.status = self.Status.FAILED
        return self._say(trouble, reply)

    def doubt(self, *, at: datetime, trouble: str, reply: str) -> list[str]:
        """Nobody knows whether it arrived: once more under the same Message-ID, or a person decides."""
        if not self.is_repeatable or self.is_doubtful:
            self.status = self.Status.UNCERTAIN
            return self._say(trouble, reply)
        self.is_doubtful = True
        return [*self.try_again(at=at, trouble=trouble, reply=reply), "is_doubtful"]

    def tell_again(self) -> list[str]:
        """Its fate changed after it was told."""
        self.is_on_timeline = False
        return ["is_on_timeline"]

    def cancel(self, why: str) -> list[str]:
        self.status = self.Status.CANCELLED
        return self._say(why, "")

    def _say(self, trouble: str, reply: str) -> list[str]:
        self.trouble, self.server_reply = trouble[:300], reply
        return ["status", "attempts", "trouble", "server_reply"]
