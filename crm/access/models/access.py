from typing import Self

from allauth.account.models import EmailAddress
from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Exists, F, OuterRef
from django.db.models.functions import Lower
from django.utils.translation import gettext_lazy as _

from crm.clients.models import Client


class AccessQuerySet(models.QuerySet["Access"]):
    def visible_to(self, user) -> Self:
        """Those to the clients this member of staff may know of."""
        if user.has_perm("clients.see_every_client"):
            return self
        return self.filter(client__manager=user)

    def open(self) -> Self:
        """Those that let in: enabled, of somebody active, to a client that is not archived."""
        return self.filter(
            is_enabled=True, client__archived_on=None, user__is_active=True, user__is_staff=False
        )

    def with_state(self) -> Self:
        """Each with `is_confirmed`: its owner has shown that they read the mail of this address."""
        own = EmailAddress.objects.filter(user=OuterRef("user"), verified=True)
        return self.annotate(is_confirmed=Exists(own.filter(email=Lower(OuterRef("user__email")))))


class Access(models.Model):
    """A person may open the space of a client. A client may have several, a person several clients."""

    class State(models.TextChoices):
        DISABLED = "disabled", _("Access disabled")
        UNCONFIRMED = "unconfirmed", _("E-mail to be confirmed")
        NEVER_USED = "never_used", _("Never signed in")
        USED = "used", _("Signs in")

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="accesses", verbose_name=_("Sign-in")
    )
    client = models.ForeignKey(Client, models.CASCADE, related_name="accesses", verbose_name=_("Client"))
    is_enabled = models.BooleanField(_("Enabled"), default=True)
    since = models.DateTimeField(_("Since"))
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+", verbose_name=_("By")
    )

    objects = AccessQuerySet.as_manager()

    # Set by `with_state`.
    is_confirmed: bool

    class Meta:
        verbose_name = _("Access to the client space")
        verbose_name_plural = _("Accesses to the client space")
        ordering = ["client", F("pk").asc()]
        default_permissions = ["view", "change"]
        permissions = [
            ("send_credentials", _("Can send links to choose a password")),
            ("set_password", _("Can type a password for a client")),
            ("impersonate", _("Can open a client's space in their place")),
            ("act_for_client", _("Can write in a client's space in their place")),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["user", "client"],
                name="one_access_per_person_and_client",
                violation_error_message=_("This person already opens this client's space."),
            )
        ]

    def __str__(self) -> str:
        return f"{self.user.email} – {self.client}"

    def clean(self) -> None:
        if self.user.is_staff:
            raise ValidationError(
                _("%(email)s signs in to the back office: a client needs an address of their own."),
                params={"email": self.user.email},
            )

    @property
    def state(self) -> "Access.State":
        """Of a row of `with_state`."""
        if not self.is_enabled:
            return self.State.DISABLED
        if not self.is_confirmed:
            return self.State.UNCONFIRMED
        return self.State.USED if self.user.last_login else self.State.NEVER_USED
