from django.db import models
from django.utils.translation import gettext_lazy as _


class DemonstrationRow(models.Model):
    """A row that the demonstration made. Its removal deletes what is noted here, whatever it looks like by then."""

    model = models.CharField(_("Model"), max_length=60, help_text=_("app.model of the row concerned"))
    row_id = models.BigIntegerField(_("Row"))

    class Meta:
        verbose_name = _("Demonstration row")
        verbose_name_plural = _("Demonstration rows")
        default_permissions = ()
        constraints = [models.UniqueConstraint(fields=["model", "row_id"], name="one_note_per_row")]

    def __str__(self) -> str:
        return f"{self.model} {self.row_id}"
