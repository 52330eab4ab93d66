from typing import Self

from django.db import models
from django.utils.translation import gettext_lazy as _

from crm.access.models.access import Access


class FailedSignInQuerySet(models.QuerySet["FailedSignIn"]):
    def visible_to(self, user) -> Self:
        """Those at the sign-ins of the clients this person may know of; the others tell of who runs the place."""
        if user.has_perm("clients.see_every_client"):
            return self
        return self.filter(email__in=Access.objects.visible_to(user).values("user__email"))


class FailedSignIn(models.Model):
    """Somebody tried to sign in and could not. Never what they typed as a secret, nor exactly where they were."""

    class Way(models.TextChoices):
        PASSWORD = "password", _("Password")
        CODE = "code", _("Code received by e-mail")
        SECOND_STEP = "second_step", _("Second step")

    email = models.EmailField(_("E-mail tried"), blank=True)
    way = models.CharField(_("By"), max_length=12, choices=Way.choices)
    network = models.CharField(
        _("Network"), max_length=50, blank=True, help_text=_("Where it came from, without its last figures.")
    )
    at = models.DateTimeField(_("At"))

    objects = FailedSignInQuerySet.as_manager()

    class Meta:
        verbose_name = _("Failed sign-in")
        verbose_name_plural = _("Failed sign-ins")
        ordering = ["-at", "-pk"]
        default_permissions = ["view"]
        indexes = [
            models.Index(fields=["at"], name="failed_sign_in_by_day"),
            models.Index(fields=["email", "at"], name="failed_sign_in_by_email"),
        ]

    def __str__(self) -> str:
        return self.email or str(_("No address"))
