from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _


class NotDuplicateManager(models.Manager["NotDuplicate"]):
    def remember(self, one, other, *, by=None) -> None:
        """Two records that a person said are different people: they are not proposed again."""
        first, second = sorted([one.pk, other.pk])
        self.get_or_create(first_id=first, second_id=second, defaults={"by": by})


class NotDuplicate(models.Model):
    first = models.ForeignKey(
        "clients.Client", models.CASCADE, related_name="+", verbose_name=_("First record")
    )
    second = models.ForeignKey(
        "clients.Client", models.CASCADE, related_name="+", verbose_name=_("Second record")
    )
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("By"),
    )
    at = models.DateTimeField(_("At"), auto_now_add=True)

    objects = NotDuplicateManager()

    class Meta:
        verbose_name = _("Pair that is not a duplicate")
        verbose_name_plural = _("Pairs that are not duplicates")
        default_permissions = ["view", "delete"]
        constraints = [
            models.UniqueConstraint(fields=["first", "second"], name="one_not_duplicate_per_pair"),
            models.CheckConstraint(name="pair_is_sorted", condition=Q(first__lt=F("second"))),
        ]

    def __str__(self) -> str:
        return f"{self.first} / {self.second}"
