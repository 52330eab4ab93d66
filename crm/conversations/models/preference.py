from django.db import models
from django.utils.translation import gettext_lazy as _

from crm.accounts.models import User


class Preference(models.Model):
    """How one person wants to hear by mail of messages that they have not read. Without a row: the first choice."""

    class Mails(models.TextChoices):
        SOON = "soon", _("One e-mail when a message stays unread, then one a day")
        DAILY = "daily", _("At most one e-mail a day")
        NONE = "none", _("No e-mail")

    user = models.OneToOneField(
        User, models.CASCADE, related_name="message_preference", verbose_name=_("Person")
    )
    mails = models.CharField(
        _("E-mails about unread messages"), max_length=5, choices=Mails.choices, default=Mails.SOON
    )

    class Meta:
        verbose_name = _("Preference about messages")
        verbose_name_plural = _("Preferences about messages")
        default_permissions = ()

    def __str__(self) -> str:
        return f"{self.user}: {self.get_mails_display()}"
