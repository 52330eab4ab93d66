from datetime import date

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from crm.mailing.models import Template
from crm.products.models import Plan
from crm.reminders.timetable import Offset

SHIPPED = (30, 15, 8, 5, 3, 1)


class RuleQuerySet(models.QuerySet["Rule"]):
    def offsets(self) -> dict[int | None, list[Offset]]:
        """The offsets in force, the farthest first: those of each formule that has its own, by its key, and under
        None those of every other formule."""
        found: dict[int | None, list[Offset]] = {None: []}
        for rule in self.filter(is_active=True).order_by("-days"):
            found.setdefault(rule.plan_id, []).append(rule.offset())
        return found

    def stop(self) -> int:
        return self.filter(is_active=True).update(is_active=False)

    def resume(self, day: date) -> int:
        """Those that were stopped say nothing of the days that passed meanwhile."""
        return self.filter(is_active=False).update(is_active=True, active_from=day)


class Rule(models.Model):
    """A reminder so many days before the last day of service."""

    days = models.PositiveSmallIntegerField(
        _("Days before the end"), validators=[MinValueValidator(0), MaxValueValidator(365)]
    )
    plan = models.ForeignKey(
        Plan,
        models.CASCADE,
        null=True,
        blank=True,
        related_name="reminder_rules",
        verbose_name=_("Formule"),
        help_text=_("Empty: every formule that has no rule of its own."),
    )
    template = models.ForeignKey(
        Template,
        models.SET_NULL,
        null=True,
        blank=True,
        limit_choices_to=Q(kind__in=["reminder", "tacit_reminder", "final_reminder"]) & ~Q(name=""),
        related_name="+",
        verbose_name=_("Text"),
        help_text=_("Empty: the standard text of reminders."),
    )
    is_active = models.BooleanField(_("In force"), default=True)
    # A rule says nothing of days that had passed when it came into force.
    active_from = models.DateField(_("In force since"), default=timezone.localdate, editable=False)

    objects = RuleQuerySet.as_manager()

    class Meta:
        verbose_name = _("Reminder rule")
        verbose_name_plural = _("Reminder rules")
        ordering = ["plan__name", "-days"]
        constraints = [
            models.UniqueConstraint(
                fields=["plan", "days"],
                name="one_rule_per_plan_and_days",
                violation_error_message=_("This formule already has a reminder for this number of days."),
            ),
            models.UniqueConstraint(
                fields=["days"],
                condition=Q(plan=None),
                name="one_general_rule_per_days",
                violation_error_message=_("There is already a reminder for this number of days."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.called()} ({self.plan})" if self.plan_id else self.called()

    def called(self) -> str:
        text = ngettext("%(days)d day before the end", "%(days)d days before the end", self.days)
        return text % {"days": self.days}

    def start_anew(self, day: date) -> None:
        """In force from that day: what it says now was not said of the days before."""
        self.is_active, self.active_from = True, day

    def offset(self) -> Offset:
        return Offset(days=self.days, since=self.active_from, template=self.template_id)
