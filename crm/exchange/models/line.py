"""The lines of an import, what was found of each, and what each has written."""

from typing import Self

from django.core.serializers.json import DjangoJSONEncoder
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from crm.exchange.models.run import ImportRun


class ImportLineQuerySet(models.QuerySet["ImportLine"]):
    def to_write(self) -> Self:
        """Accepted, or decided by a person, and not written yet."""
        accepted = Q(verdict__in=[ImportLine.Verdict.NEW, ImportLine.Verdict.CHANGED])
        decided = Q(verdict=ImportLine.Verdict.DUPLICATE) & Q(
            decision__in=[ImportLine.Decision.CREATE, ImportLine.Decision.UPDATE]
        )
        return self.filter(accepted | decided, effect=None)

    def undecided(self) -> Self:
        return self.filter(verdict=ImportLine.Verdict.DUPLICATE, decision="", effect=None)


class ImportLine(models.Model):
    """One record of the file. `line` counts from the headings, which are 0."""

    class Verdict(models.TextChoices):
        NEW = "new", pgettext_lazy("line of a file", "New")
        CHANGED = "changed", pgettext_lazy("line of a file", "Changed")
        UNCHANGED = "unchanged", pgettext_lazy("line of a file", "Unchanged")
        DUPLICATE = "duplicate", pgettext_lazy("line of a file", "Possible duplicate")
        REFUSED = "refused", pgettext_lazy("line of a file", "Refused")

    class Decision(models.TextChoices):
        CREATE = "create", _("Create anyway")
        UPDATE = "update", _("Update that client")
        SKIP = "skip", _("Leave out")

    run = models.ForeignKey(
        ImportRun, models.CASCADE, related_name="lines", db_index=False, verbose_name=_("Import")
    )
    line = models.PositiveIntegerField(_("Line"))
    raw = models.JSONField(_("Cells"))
    values = models.JSONField(_("Values"), default=dict, encoder=DjangoJSONEncoder)
    number = models.PositiveIntegerField(_("Client number"), null=True)
    verdict = models.CharField(_("Result"), max_length=9, choices=Verdict.choices)
    is_warned = models.BooleanField(_("With a warning"), default=False)
    warnings = models.JSONField(_("Warnings"), default=list)
    reasons = models.JSONField(_("Reasons"), default=list)
    lookalikes = models.JSONField(_("Look-alikes"), default=list)
    follows = models.PositiveIntegerField(_("Line of the same client"), null=True)
    object_id = models.BigIntegerField(_("Record to change"), null=True)
    decision = models.CharField(_("Decision"), max_length=6, choices=Decision.choices, blank=True)
    chosen = models.PositiveSmallIntegerField(_("Chosen look-alike"), default=0)

    objects = ImportLineQuerySet.as_manager()

    class Meta:
        verbose_name = _("Line of an import")
        verbose_name_plural = _("Lines of imports")
        ordering = ["line"]
        default_permissions = []
        constraints = [models.UniqueConstraint(fields=["run", "line"], name="one_line_per_number_of_run")]
        indexes = [
            models.Index(fields=["run", "verdict", "line"], name="import_line_by_verdict"),
            models.Index(
                fields=["run", "number"], name="import_line_by_number", condition=Q(number__isnull=False)
            ),
        ]

    def __str__(self) -> str:
        return _("Line %(line)s") % {"line": self.line}


class ImportKey(models.Model):
    """What an earlier line of the same file can be recognised by: 64 bits of its digest, so that a file of any
    length is compared with itself lot by lot."""

    run = models.ForeignKey(ImportRun, models.CASCADE, related_name="+", db_index=False)
    digest = models.BigIntegerField()
    line = models.PositiveIntegerField()

    class Meta:
        default_permissions = []
        # The digest first: without fresh statistics PostgreSQL would look no further than the run, and read all its keys.
        constraints = [models.UniqueConstraint(fields=["digest", "run"], name="one_line_per_key_of_run")]

    def __str__(self) -> str:
        return f"{self.digest:x}"


class ImportEffect(models.Model):
    """What a line wrote, for undoing it. Written in the transaction of the row itself: a line is done once."""

    line = models.OneToOneField(ImportLine, models.CASCADE, primary_key=True, related_name="effect")
    run = models.ForeignKey(ImportRun, models.CASCADE, related_name="effects", db_index=False)
    object_id = models.BigIntegerField(_("Record"))
    is_created = models.BooleanField(_("Created"))
    before = models.JSONField(_("Values before"), default=dict, encoder=DjangoJSONEncoder)
    history_id = models.BigIntegerField(_("History row"))

    class Meta:
        default_permissions = []
        indexes = [models.Index(fields=["run", "object_id"], name="import_effect_by_object")]

    def __str__(self) -> str:
        return f"{self.line_id} → {self.object_id}"


class HeadingChoice(models.Model):
    """The field that a person gave to a heading, proposed again for the next file. Empty: the column is ignored."""

    target = models.CharField(_("What the file holds"), max_length=12, choices=ImportRun.Target.choices)
    heading = models.CharField(_("Heading"), max_length=200)
    field = models.CharField(_("Field"), max_length=40, blank=True)

    class Meta:
        default_permissions = []
        constraints = [models.UniqueConstraint(fields=["target", "heading"], name="one_choice_per_heading")]

    def __str__(self) -> str:
        return f"{self.heading} → {self.field}"
