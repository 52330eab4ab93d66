from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext_lazy as _

from crm.conversations.wording import LONGEST, tidy
from crm.mailing import rendering
from crm.mailing.variables import CLIENT, OFFICE, TERM

# As in mails to a client.
ALLOWED = (*CLIENT, *TERM, *OFFICE)


class CannedReply(models.Model):
    """An answer that is given often, with the same variables as the mails."""

    title = models.CharField(_("Title"), max_length=80, unique=True)
    text = models.TextField(
        _("Text"),
        max_length=LONGEST,
        help_text=_("With the same variables as the mails: {{ prenom }}, {{ formule }}, {{ date_fin }}…"),
    )

    class Meta:
        verbose_name = _("Canned reply")
        verbose_name_plural = _("Canned replies")
        ordering = ["title"]

    def __str__(self) -> str:
        return self.title

    def clean(self) -> None:
        self.text = tidy(self.text)
        try:
            rendering.check(self.text, ALLOWED, holds_links=True)
        except ValidationError as error:
            raise ValidationError({"text": error}) from error
