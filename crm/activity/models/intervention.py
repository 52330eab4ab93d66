from datetime import date, datetime
from typing import Self

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import F, Q
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy
from simple_history.models import HistoricalRecords

from crm.accounts.models import User
from crm.clients.models import Client
from crm.timeline.models import Attachment
from crm.timeline.models.entry import midnight
from crm.timeline.notes import NoteField, shown


class InterventionQuerySet(models.QuerySet["Intervention"]):
    def visible_to(self, user) -> Self:
        if user.has_perm("clients.see_every_client"):
            return self
        return self.filter(client__manager=user)

    def engaging_on(self, day: date, *, active_days: int) -> Self:
        """Those that make their client active that day: in progress, planned, or of the last `active_days` days."""
        oldest = midnight(day, days=-active_days)
        state = Intervention.Status
        return self.filter(
            Q(status=state.IN_PROGRESS)
            | Q(status=state.PLANNED, planned_for__gte=oldest)
            | Q(status=state.DONE, ended_at__gte=oldest)
        )

    def in_week(self, monday: date) -> Self:
        """Planned in the seven days from `monday`; those that nobody planned, begun then."""
        first, after = midnight(monday), midnight(monday, days=7)
        return self.filter(
            Q(planned_for__gte=first, planned_for__lt=after)
            | Q(planned_for=None, started_at__gte=first, started_at__lt=after)
        )


class Intervention(models.Model):
    """Work done for a client, from the day it is planned to its end."""

    class Status(models.TextChoices):
        PLANNED = "planned", _("Planned")
        IN_PROGRESS = "in_progress", _("In progress")
        DONE = "done", _("Done")
        CANCELLED = "cancelled", pgettext_lazy("intervention", "Cancelled")

    client = models.ForeignKey(Client, models.CASCADE, related_name="interventions", verbose_name=_("Client"))
    title = models.CharField(_("Title"), max_length=160)
    status = models.CharField(_("State"), max_length=12, choices=Status.choices, default=Status.PLANNED)
    planned_for = models.DateTimeField(_("Planned for"), null=True, blank=True)
    started_at = models.DateTimeField(
        _("Started at"), null=True, blank=True, help_text=_("In progress and empty: now.")
    )
    ended_at = models.DateTimeField(_("Ended at"), null=True, blank=True, help_text=_("Done and empty: now."))
    in_charge = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        limit_choices_to={"is_staff": True},
        related_name="interventions",
        verbose_name=_("In charge"),
    )
    notes = NoteField(
        _("Notes"), blank=True, max_length=50_000, help_text=_("Facts only: the client may ask to read them.")
    )

    # Who signs the history row of the next save.
    _history_user: User | None

    objects = InterventionQuerySet.as_manager()
    history = HistoricalRecords(
        verbose_name=_("Intervention history"), verbose_name_plural=_("Intervention histories")
    )

    class Meta:
        verbose_name = _("Intervention")
        verbose_name_plural = _("Interventions")
        ordering = ["-planned_for", "-pk"]
        indexes = [
            models.Index(fields=["client", "status"], name="intervention_by_client"),
            models.Index(fields=["planned_for", "id"], name="intervention_by_day"),
        ]
        constraints = [
            models.CheckConstraint(
                name="planned_has_its_day",
                condition=~Q(status="planned") | Q(planned_for__isnull=False),
                violation_error_message=_("Say for when it is planned."),
            ),
            models.CheckConstraint(
                name="begun_has_its_start",
                condition=~Q(status="in_progress") | Q(started_at__isnull=False),
                violation_error_message=_("Say when it started."),
            ),
            models.CheckConstraint(
                name="done_has_its_end",
                condition=~Q(status="done") | Q(ended_at__isnull=False),
                violation_error_message=_("Say when it ended."),
            ),
            models.CheckConstraint(
                name="ends_after_its_start",
                condition=Q(started_at=None) | Q(ended_at=None) | Q(ended_at__gte=F("started_at")),
                violation_error_message=_("The end comes before the start."),
            ),
        ]

    def __str__(self) -> str:
        return self.title

    def fill_from_status(self, at: datetime) -> None:
        """What its state implies and nobody typed: begun or ended now."""
        if self.status == self.Status.IN_PROGRESS:
            self.started_at = self.started_at or at
        elif self.status == self.Status.DONE:
            self.ended_at = self.ended_at or max(at, self.started_at or at)

    def clean(self) -> None:
        if self.status == self.Status.PLANNED and not self.planned_for:
            raise ValidationError({"planned_for": _("Say for when it is planned.")})
        if self.started_at and self.ended_at and self.ended_at < self.started_at:
            raise ValidationError({"ended_at": _("The end comes before the start.")})

    @property
    def notes_html(self) -> SafeString:
        return shown(self.notes)

    @property
    def moment(self) -> datetime | None:
        """When it is, or was: its end once done, its start while it lasts, else the day it is planned for."""
        if self.status == self.Status.DONE:
            return self.ended_at
        return self.started_at if self.status == self.Status.IN_PROGRESS else self.planned_for


class InterventionFile(Attachment):
    OWNER, FOLDER = "intervention", "interventions"

    intervention = models.ForeignKey(
        Intervention, models.CASCADE, related_name="files", verbose_name=_("Intervention")
    )

    class Meta(Attachment.Meta):
        pass
