from datetime import date, timedelta

from django.db import models
from django.db.models import Avg
from django.utils.translation import gettext_lazy as _

UNUSUAL = 5
LEAST_UNUSUAL = 50


class RunQuerySet(models.QuerySet["Run"]):
    def usual(self, day: date) -> float:
        """How many reminders a day of the fortnight before brought, on average; 0 when there was none."""
        fortnight = self.filter(day__lt=day, day__gte=day - timedelta(days=14))
        return fortnight.aggregate(usual=Avg("mailed"))["usual"] or 0.0


class Run(models.Model):
    """What the search for due reminders did on one day: the proof that it ran, and its numbers."""

    day = models.DateField(_("Day"), unique=True)
    finished_at = models.DateTimeField(_("Last pass at"))
    mailed = models.PositiveIntegerField(_("By e-mail"), default=0)
    letters = models.PositiveIntegerField(_("By letter"), default=0)
    superseded = models.PositiveIntegerField(_("Replaced by a closer one"), default=0)
    skipped = models.PositiveIntegerField(_("Not sent"), default=0)
    renewed = models.PositiveIntegerField(_("Tacitly renewed"), default=0)
    is_unusual = models.BooleanField(_("Far more than usual"), default=False)

    objects = RunQuerySet.as_manager()

    class Meta:
        verbose_name = _("Pass of the reminders")
        verbose_name_plural = _("Passes of the reminders")
        ordering = ["-day"]
        default_permissions = ["view"]

    def __str__(self) -> str:
        return f"{self.day:%d/%m/%Y}"

    def judge(self, usual: float) -> None:
        """A crowd is worth a look (a file imported with wrong dates?), never a reason to keep silent."""
        self.is_unusual = self.mailed >= LEAST_UNUSUAL and self.mailed > UNUSUAL * usual
