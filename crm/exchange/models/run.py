"""One file brought in: what it is, how it was read, how far the work has come."""

from datetime import datetime, timedelta
from pathlib import PurePath
from typing import Self
from uuid import uuid4

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _


def private_path(run: "ImportRun", filename: str) -> str:
    """A name of our own: what the user called the file never reaches the disk."""
    suffix = PurePath(filename).suffix.lower()
    return f"imports/{uuid4().hex}{suffix if suffix in ('.csv', '.txt', '.xlsx') else ''}"


class ImportRunQuerySet(models.QuerySet["ImportRun"]):
    def visible_to(self, user) -> Self:
        """Their own imports; those of everyone for who sees every client."""
        if user.has_perm("clients.see_every_client"):
            return self
        return self.filter(by=user)

    def idle_since(self, instant: datetime) -> Self:
        """At work, but nobody has moved them on since then."""
        return self.filter(state__in=ImportRun.AT_WORK, moved_at__lt=instant).order_by("moved_at")

    def expired(self, instant: datetime) -> Self:
        """Whose file and lines are still kept although nothing has moved since then."""
        is_kept = Q(erased_at=None) | ~Q(file="")
        return self.exclude(state__in=ImportRun.AT_WORK).filter(is_kept, moved_at__lt=instant)


class ImportRun(models.Model):
    """An import, kept as a record. Its file and lines go away after the delay of the settings."""

    class Target(models.TextChoices):
        INDIVIDUAL = "individual", _("Individuals")
        PROFESSIONAL = "professional", _("Professionals")
        ASSOCIATION = "association", _("Associations")
        CLIENT = "client", _("Clients of several kinds")
        PLAN = "plan", _("Formules")
        SUBSCRIPTION = "subscription", _("Subscriptions")

    class State(models.TextChoices):
        UPLOADED = "uploaded", _("To be checked")
        REHEARSING = "rehearsing", _("Rehearsal under way")
        REHEARSED = "rehearsed", _("To be confirmed")
        APPLYING = "applying", _("Import under way")
        APPLIED = "applied", _("Imported")
        UNDOING = "undoing", _("Being undone")
        UNDONE = "undone", _("Undone")
        FAILED = "failed", _("Unreadable")

    AT_WORK = (State.REHEARSING, State.APPLYING, State.UNDOING)

    file = models.FileField(_("File"), upload_to=private_path, blank=True, editable=False)
    original_name = models.CharField(_("File name"), max_length=200)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+", verbose_name=_("By")
    )
    undone_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        related_name="+",
        editable=False,
        verbose_name=_("Undone by"),
    )
    is_by_command = models.BooleanField(_("Sent by a command"), default=False, editable=False)
    at = models.DateTimeField(_("Sent at"))
    moved_at = models.DateTimeField(_("Last moved at"))
    applied_at = models.DateTimeField(_("Imported at"), null=True)
    erased_at = models.DateTimeField(_("File erased at"), null=True)
    state = models.CharField(_("State"), max_length=10, choices=State.choices, default=State.UPLOADED)
    target = models.CharField(_("What the file holds"), max_length=12, choices=Target.choices, blank=True)
    kind = models.CharField(_("Type of file"), max_length=4, blank=True)
    encoding = models.CharField(_("Encoding"), max_length=12, blank=True)
    separator = models.CharField(_("Separator"), max_length=1, blank=True)
    sheet = models.CharField(_("Sheet"), max_length=120, blank=True)
    headings = models.JSONField(_("Headings"), default=list)
    mapping = models.JSONField(_("Fields of the headings"), default=dict)
    total = models.PositiveIntegerField(_("Lines"), default=0)
    cursor = models.PositiveIntegerField(_("Last line done"), default=0)
    done = models.PositiveIntegerField(_("Lines done"), default=0)
    counts = models.JSONField(_("Counts"), default=dict)
    new_tags = models.JSONField(_("New tags"), default=list)
    unknown_plans = models.JSONField(_("Unknown formules"), default=dict)
    plan_names = models.JSONField(_("Formules taken for others"), default=dict)
    failure = models.TextField(_("Why it stopped"), blank=True)

    objects = ImportRunQuerySet.as_manager()

    class Meta:
        verbose_name = _("Import")
        verbose_name_plural = _("Imports")
        ordering = ["-pk"]
        default_permissions = ["view"]
        indexes = [
            models.Index(
                fields=["moved_at"],
                name="import_run_at_work",
                condition=Q(state__in=["rehearsing", "applying", "undoing"]),
            )
        ]

    def __str__(self) -> str:
        return _("Import no. %(number)s – %(name)s") % {"number": self.pk, "name": self.original_name}

    @property
    def is_of_clients(self) -> bool:
        return self.target not in (self.Target.PLAN, self.Target.SUBSCRIPTION)

    @property
    def is_orphan(self) -> bool:
        """The account of who sent it is gone: nobody can say any more which clients it may touch."""
        return self.by_id is None and not self.is_by_command

    @property
    def is_unrestricted(self) -> bool:
        """Bound to no portfolio: sent by a command on the server, or by who sees every client."""
        return self.is_by_command if self.by is None else self.by.has_perm("clients.see_every_client")

    @property
    def is_at_work(self) -> bool:
        return self.state in self.AT_WORK

    @property
    def percent(self) -> int:
        return min(100, round(100 * self.done / self.total)) if self.total else 0

    @property
    def line_count(self) -> int:
        """Lines judged so far, whatever was found of them."""
        return sum(
            self.counts.get(name, 0) for name in ("new", "changed", "unchanged", "duplicate", "refused")
        )

    def count_of(self, name: str) -> int:
        return self.counts.get(name, 0)

    def undo_ends_at(self, days: int) -> datetime | None:
        return self.applied_at and self.applied_at + timedelta(days=days)
