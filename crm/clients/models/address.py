from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext_lazy as _
from django_countries.fields import CountryField

from crm.france.postal import postal_lines
from crm.france.postcodes import clean_postcode


class PostalAddress(models.Model):
    """The parts of an address, in the order of the French postal norm NF Z10-011."""

    complement = models.CharField(
        _("Complement"),
        max_length=120,
        blank=True,
        help_text=_("Flat, floor, staircase, department, care of."),
    )
    building = models.CharField(
        _("Building"), max_length=120, blank=True, help_text=_("Building, residence, estate.")
    )
    street = models.TextField(_("Street"), max_length=250, blank=True, help_text=_("Number and street."))
    locality = models.CharField(
        _("Locality"), max_length=120, blank=True, help_text=_("Hamlet or post-office box.")
    )
    postcode = models.CharField(_("Postcode"), max_length=16, blank=True)
    city = models.CharField(_("City"), max_length=80, blank=True)
    country = CountryField(_("Country"), default="FR", blank=True)

    class Meta:
        abstract = True

    def clean(self) -> None:
        super().clean()
        if self.postcode:
            try:
                self.postcode = clean_postcode(self.postcode, str(self.country) or "FR")
            except ValidationError as error:
                raise ValidationError({"postcode": error}) from error

    def lines_for(self, name: str) -> list[str]:
        """The address as it is printed: at most six lines, and the country when abroad."""
        return postal_lines(
            name=name,
            complement=self.complement,
            building=self.building,
            street=self.street,
            locality=self.locality,
            postcode=self.postcode,
            city=self.city,
            country=str(self.country) or "FR",
        )


class Address(PostalAddress):
    """A further address of a client."""

    class Purpose(models.TextChoices):
        BILLING = "billing", _("Billing")
        DELIVERY = "delivery", _("Delivery")
        OTHER = "other", _("Other")

    client = models.ForeignKey(
        "clients.Client", models.CASCADE, related_name="addresses", verbose_name=_("Client")
    )
    purpose = models.CharField(_("Purpose"), max_length=10, choices=Purpose.choices, default=Purpose.BILLING)
    recipient = models.CharField(
        _("Recipient"), max_length=120, blank=True, help_text=_("Empty: the name of the client.")
    )

    class Meta:
        verbose_name = _("Further address")
        verbose_name_plural = _("Further addresses")
        ordering = ["purpose", "pk"]

    def __str__(self) -> str:
        return f"{self.get_purpose_display()} – {self.city}"
