from typing import Self

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from crm.clients.models import Client


class RegistrationQuerySet(models.QuerySet["Registration"]):
    def visible_to(self, user) -> Self:
        """What waits belongs to nobody yet; what was decided is seen by who may know of the client."""
        if user.has_perm("clients.see_every_client"):
            return self
        return self.filter(Q(status="pending") | Q(client__manager=user) | Q(decided_by=user))

    def pending(self) -> Self:
        """Those that wait for a decision: only once somebody has shown that the address is theirs."""
        return self.filter(status=Registration.Status.PENDING).exclude(email_confirmed_at=None)


class Registration(models.Model):
    """Somebody asks to become a client. They are one only once a member of staff has accepted."""

    class Status(models.TextChoices):
        PENDING = "pending", _("Waiting")
        ACCEPTED = "accepted", _("Accepted")
        REFUSED = "refused", _("Refused")

    kind = models.CharField(_("Kind"), max_length=12, choices=Client.Kind.choices)
    organisation_name = models.CharField(_("Name of the company or association"), max_length=160, blank=True)
    last_name = models.CharField(_("Last name"), max_length=80)
    first_name = models.CharField(_("First name"), max_length=80)
    email = models.EmailField(_("E-mail"))
    telephone = models.CharField(_("Telephone"), max_length=32, blank=True)
    postcode = models.CharField(_("Postcode"), max_length=12, blank=True)
    city = models.CharField(_("City"), max_length=80, blank=True)
    message = models.TextField(_("Message"), max_length=1000, blank=True)
    language = models.CharField(_("Language"), max_length=2, default="fr")
    utm_source = models.CharField(_("Campaign: source"), max_length=120, blank=True)
    utm_medium = models.CharField(_("Campaign: medium"), max_length=120, blank=True)
    utm_campaign = models.CharField(_("Campaign: name"), max_length=120, blank=True)
    utm_term = models.CharField(_("Campaign: term"), max_length=120, blank=True)
    utm_content = models.CharField(_("Campaign: content"), max_length=120, blank=True)
    device = models.CharField(_("Device"), max_length=200, blank=True)
    created_at = models.DateTimeField(_("Asked at"))
    email_confirmed_at = models.DateTimeField(_("E-mail confirmed at"), null=True)
    status = models.CharField(_("Status"), max_length=8, choices=Status.choices, default=Status.PENDING)
    decided_at = models.DateTimeField(_("Decided at"), null=True)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        related_name="+",
        verbose_name=_("Decided by"),
    )
    reason = models.CharField(_("Reason"), max_length=200, blank=True)
    client = models.ForeignKey(
        Client, models.SET_NULL, null=True, related_name="registrations", verbose_name=_("Client")
    )

    UTM = ("utm_source", "utm_medium", "utm_campaign", "utm_term", "utm_content")

    objects = RegistrationQuerySet.as_manager()

    class Meta:
        verbose_name = _("Registration")
        verbose_name_plural = _("Registrations")
        ordering = ["created_at"]
        default_permissions = ["view"]
        permissions = [("decide_registration", _("Can accept or refuse registrations"))]
        indexes = [
            models.Index(fields=["created_at"], name="registration_waiting", condition=Q(status="pending"))
        ]

    def __str__(self) -> str:
        return self.organisation_name or f"{self.last_name} {self.first_name}"

    def to_client(self) -> Client:
        """The unsaved client that this would become."""
        named = {
            Client.Kind.PROFESSIONAL: {"legal_name": self.organisation_name},
            Client.Kind.ASSOCIATION: {"association_name": self.organisation_name},
        }
        is_mobile = self.telephone.replace(" ", "").startswith(("06", "07", "+336", "+337"))
        return Client(
            kind=self.kind,
            last_name=self.last_name,
            first_name=self.first_name,
            email=self.email,
            postcode=self.postcode,
            city=self.city,
            preferred_language=self.language,
            registered_device=self.device,
            **{"mobile" if is_mobile else "landline": self.telephone},
            **named.get(Client.Kind(self.kind), {}),
            **{name: getattr(self, name) for name in self.UTM},
        )
