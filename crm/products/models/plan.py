from decimal import Decimal

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower
from django.utils.translation import gettext_lazy as _
from simple_history.models import HistoricalRecords

from crm.france.vat import including_tax


class BillingPeriod(models.TextChoices):
    MONTHLY = "monthly", _("Monthly")
    QUARTERLY = "quarterly", _("Quarterly")
    HALF_YEARLY = "half_yearly", _("Half-yearly")
    YEARLY = "yearly", _("Yearly")

    @property
    def months(self) -> int:
        return {"monthly": 1, "quarterly": 3, "half_yearly": 6, "yearly": 12}[self.value]


class PlanQuerySet(models.QuerySet["Plan"]):
    def on_sale(self) -> "PlanQuerySet":
        return self.filter(is_on_sale=True)


class Priced(models.Model):
    """A price per billing period, with its VAT."""

    price_excl_tax = models.DecimalField(
        _("Price excl. tax"),
        max_digits=10,
        decimal_places=2,
        validators=[MinValueValidator(Decimal(0))],
        help_text=_("Per billing period."),
    )
    vat_rate = models.DecimalField(
        _("VAT rate (%)"),
        max_digits=5,
        decimal_places=2,
        default=Decimal(20),
        validators=[MinValueValidator(Decimal(0)), MaxValueValidator(Decimal(100))],
    )
    vat_exemption_reason = models.CharField(
        _("Reason for no VAT"),
        max_length=160,
        blank=True,
        help_text=_("The article of law, when the rate is 0."),
    )
    billing_period = models.CharField(
        _("Billing"), max_length=12, choices=BillingPeriod.choices, default=BillingPeriod.YEARLY
    )

    class Meta:
        abstract = True

    @property
    def period_months(self) -> int:
        return BillingPeriod(self.billing_period).months

    def with_tax(self) -> Decimal:
        """The price with tax, rounded half up to the cent, for one period."""
        return including_tax(self.price_excl_tax, self.vat_rate)


class Plan(Priced):
    """A formule: what clients subscribe to. Changing it never touches the subscriptions already made."""

    class Renewal(models.TextChoices):
        NONE = "none", _("Not renewed")
        ON_REQUEST = "on_request", _("Renewed on request")
        TACIT = "tacit", _("Tacitly renewed")

    name = models.CharField(_("Name"), max_length=80)
    description = models.TextField(_("Description"), blank=True)
    duration_months = models.PositiveSmallIntegerField(
        _("Usual duration (months)"), default=12, validators=[MinValueValidator(1), MaxValueValidator(120)]
    )
    renewal = models.CharField(
        _("Renewal"), max_length=10, choices=Renewal.choices, default=Renewal.ON_REQUEST
    )
    notice_months = models.PositiveSmallIntegerField(
        _("Notice (months)"),
        default=1,
        validators=[MaxValueValidator(24)],
        help_text=_("How long before the end a client must say that they do not renew."),
    )
    is_on_sale = models.BooleanField(_("On sale"), default=True)

    objects = PlanQuerySet.as_manager()
    history = HistoricalRecords(verbose_name=_("Formule history"), verbose_name_plural=_("Formule histories"))

    class Meta:
        verbose_name = _("Formule")
        verbose_name_plural = _("Formules")
        ordering = ["name"]
        permissions = [("import_plan", _("Can import formules")), ("export_plan", _("Can export formules"))]
        constraints = [
            models.UniqueConstraint(
                Lower("name"),
                name="one_plan_per_name",
                violation_error_message=_("A formule already has this name."),
            ),
            models.CheckConstraint(name="plan_price_is_not_negative", condition=Q(price_excl_tax__gte=0)),
            models.CheckConstraint(
                name="plan_rate_is_a_percentage", condition=Q(vat_rate__gte=0, vat_rate__lte=100)
            ),
        ]

    def __str__(self) -> str:
        return self.name

    def clean(self) -> None:
        self.name = " ".join(self.name.split())
