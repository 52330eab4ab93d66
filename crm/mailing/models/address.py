from collections.abc import Iterable
from datetime import datetime
from typing import Self

from django.db import models
from django.db.models.functions import Lower
from django.utils.translation import gettext_lazy as _

from crm.clients.models import Client

MOST_SOFT_BOUNCES = 3


class MailAddressQuerySet(models.QuerySet["MailAddress"]):
    def visible_to(self, user) -> Self:
        """Those of the clients this member of staff may know of."""
        if user.has_perm("clients.see_every_client"):
            return self
        own = Client.objects.visible_to(user).exclude(email="").annotate(address=Lower("email"))
        return self.filter(email__in=own.values("address"))

    def about(self, emails: Iterable[str]) -> Self:
        return self.filter(email__in={email.strip().lower() for email in emails})

    def refusing(self) -> Self:
        """Those that the outside world said no for: they do not exist, or are full time after time."""
        return self.filter(models.Q(refused_at__isnull=False) | models.Q(soft_bounces__gte=MOST_SOFT_BOUNCES))

    def refused_among(self, emails: Iterable[str]) -> set[str]:
        return set(self.about(emails).refusing().values_list("email", flat=True))

    def opposed_among(self, emails: Iterable[str]) -> set[str]:
        return set(self.about(emails).filter(opposed_at__isnull=False).values_list("email", flat=True))


class MailAddress(models.Model):
    """What is known of an address, whoever uses it: the bounces it gave, and whether its owner wants no mail."""

    email = models.EmailField(_("E-mail"))
    refused_at = models.DateTimeField(_("Refused since"), null=True, blank=True)
    soft_bounces = models.PositiveSmallIntegerField(_("Passing refusals in a row"), default=0)
    last_trouble = models.CharField(_("Last trouble"), max_length=300, blank=True)
    last_trouble_at = models.DateTimeField(_("Last trouble at"), null=True, blank=True)
    opposed_at = models.DateTimeField(
        _("Wants no mail since"),
        null=True,
        blank=True,
        help_text=_(
            "The person asked for it: reminders become letters; only what they ask for is still sent."
        ),
    )

    objects = MailAddressQuerySet.as_manager()

    class Meta:
        verbose_name = _("E-mail address")
        verbose_name_plural = _("Addresses in trouble")
        ordering = ["-last_trouble_at", "email"]
        default_permissions = ["view", "change"]
        constraints = [
            models.UniqueConstraint(fields=["email"], name="one_row_per_address"),
            models.CheckConstraint(name="address_is_lower_case", condition=models.Q(email=Lower("email"))),
        ]

    def __str__(self) -> str:
        return self.email

    @property
    def is_refused(self) -> bool:
        return self.refused_at is not None or self.soft_bounces >= MOST_SOFT_BOUNCES

    def note_trouble(self, trouble: str, *, at: datetime, is_final: bool) -> None:
        self.last_trouble, self.last_trouble_at = trouble[:300], at
        if is_final:
            self.refused_at = self.refused_at or at
        else:
            self.soft_bounces = min(self.soft_bounces + 1, 1_000)

    def trust_again(self) -> None:
        """The address was mended, or the refusal was an error: mails may go again."""
        self.refused_at, self.soft_bounces = None, 0
