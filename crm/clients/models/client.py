from collections.abc import Iterable
from datetime import datetime
from typing import Any, Self

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models, transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django_countries.fields import CountryField
from simple_history.models import HistoricalRecords

from crm.accounts.author import author_of
from crm.clients import rules, search
from crm.clients.languages import language_choices
from crm.clients.models.address import PostalAddress
from crm.clients.models.labels import Category, Establishment, Tag
from crm.clients.models.number import NumberCounter, shown
from crm.france.identifiers import format_siret
from crm.france.legal_forms import LEGAL_FORMS
from crm.france.postcodes import DEPARTMENTS, REGIONS


class ClientQuerySet(models.QuerySet["Client"]):
    def visible_to(self, user) -> Self:
        """The clients this member of staff may know of: all for a supervisor, else their own."""
        if user.has_perm("clients.see_every_client"):
            return self
        return self.filter(manager=user)

    def current(self) -> Self:
        return self.filter(archived_on=None)

    def matching(self, query: str) -> Self:
        """One search box: number, name, company, e-mail, telephone in any spelling, SIRET, without accents."""
        return self.filter(search.condition(query))

    def with_references(self, references: Iterable[str]) -> Self:
        """Those that had one of these numbers elsewhere."""
        # The second condition is the partial index's own: past 100 values PostgreSQL does not draw it from the first.
        return self.filter(external_reference__in=references).exclude(external_reference="")

    def by_number(self) -> Self:
        return self.order_by("-number")


class Client(PostalAddress):
    """A client of one of three kinds. Which fields belong to a kind is said in `crm.clients.rules`."""

    class Kind(models.TextChoices):
        INDIVIDUAL = "individual", _("Individual")
        PROFESSIONAL = "professional", _("Professional")
        ASSOCIATION = "association", _("Association")

    class Status(models.TextChoices):
        ACTIVE = "active", _("Active")
        INACTIVE = "inactive", _("Inactive")

    class Civility(models.TextChoices):
        M = "M", _("Mr")
        MME = "MME", _("Ms")

    class Gender(models.TextChoices):
        FEMALE = "F", _("Female")
        MALE = "M", _("Male")
        OTHER = "X", _("Other")

    kind = models.CharField(_("Kind"), max_length=12, choices=Kind.choices, editable=False)
    number = models.PositiveIntegerField(_("Number"), unique=True, editable=False)
    external_reference = models.CharField(
        _("External reference"),
        max_length=40,
        blank=True,
        help_text=_("Number the client had in another software."),
    )
    account_name = models.CharField(
        _("Account name"),
        max_length=120,
        blank=True,
        help_text=_("How you call this account. Empty: the client's name."),
    )
    created_on = models.DateField(_("Created on"), default=timezone.localdate)
    status = models.CharField(
        _("Status"),
        max_length=8,
        choices=Status.choices,
        default=Status.INACTIVE,
        editable=False,
    )
    archived_on = models.DateField(_("Archived on"), null=True, blank=True, editable=False)

    civility = models.CharField(_("Civility"), max_length=3, choices=Civility.choices, blank=True)
    honorific = models.CharField(_("Title"), max_length=20, blank=True, help_text=_("Dr, Pr, Me…"))
    last_name = models.CharField(_("Last name"), max_length=80, blank=True)
    first_name = models.CharField(_("First name"), max_length=80, blank=True)
    gender = models.CharField(_("Gender"), max_length=1, choices=Gender.choices, blank=True)
    photo = models.ImageField(_("Photo"), upload_to="photos/", blank=True)

    email = models.EmailField(_("E-mail"), blank=True)
    landline = models.CharField(_("Landline"), max_length=32, blank=True)
    mobile = models.CharField(_("Mobile"), max_length=32, blank=True)
    website = models.URLField(_("Website"), max_length=200, blank=True)
    preferred_language = models.CharField(
        _("Preferred language"), max_length=2, choices=language_choices, default="fr"
    )

    department = models.CharField(
        _("Department"),
        max_length=3,
        blank=True,
        choices=[(code, f"{code} – {name}") for code, name in DEPARTMENTS.items()],
        help_text=_("Found from the postcode; correct it when the town is on the other side of the border."),
    )
    region = models.CharField(
        _("Region"), max_length=3, blank=True, choices=list(REGIONS.items()), editable=False
    )

    birth_date = models.DateField(_("Date of birth"), null=True, blank=True)
    birth_city = models.CharField(_("City of birth"), max_length=80, blank=True)
    birth_country = CountryField(_("Country of birth"), blank=True)

    legal_name = models.CharField(
        _("Company name"), max_length=160, blank=True, help_text=_("Either of the two is enough.")
    )
    trade_name = models.CharField(
        _("Trade name"), max_length=160, blank=True, help_text=_("Either of the two is enough.")
    )
    legal_form = models.CharField(
        _("Legal form"), max_length=4, blank=True, choices=list(LEGAL_FORMS.items())
    )
    foreign_legal_form = models.CharField(
        _("Other legal form"), max_length=40, blank=True, help_text=_("GmbH, Ltd, SRL…")
    )
    siren = models.CharField("SIREN", max_length=9, blank=True)
    siret = models.CharField("SIRET", max_length=14, blank=True)
    activity_code = models.CharField(_("APE code"), max_length=5, blank=True)
    activity_version = models.CharField(_("APE nomenclature"), max_length=8, blank=True, editable=False)
    registered_office = models.TextField(_("Registered office"), max_length=250, blank=True)
    manager_mobile = models.CharField(_("Manager’s mobile"), max_length=32, blank=True)
    office_phone = models.CharField(_("Office telephone"), max_length=32, blank=True)

    association_name = models.CharField(_("Name of the association"), max_length=160, blank=True)
    rna = models.CharField(_("RNA number"), max_length=10, blank=True)
    declared_on = models.DateField(_("Declared at the prefecture on"), null=True, blank=True)
    published_on = models.DateField(_("Published in the JO on"), null=True, blank=True)
    notice_number = models.CharField(_("Notice number"), max_length=60, blank=True)

    billed_to = models.CharField(
        _("Billed to"), max_length=160, blank=True, help_text=_("Empty: the client's name.")
    )
    vat_number = models.CharField(_("EU VAT number"), max_length=16, blank=True)
    tax_code = models.CharField(_("Tax code"), max_length=40, blank=True)

    category = models.ForeignKey(Category, models.PROTECT, null=True, blank=True, verbose_name=_("Category"))
    establishment = models.ForeignKey(
        Establishment, models.PROTECT, null=True, blank=True, verbose_name=_("Establishment")
    )
    manager = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        limit_choices_to={"is_staff": True},
        related_name="clients",
        verbose_name=_("Client manager"),
    )
    tags = models.ManyToManyField(Tag, blank=True, related_name="clients", verbose_name=_("Tags"))
    notes = models.TextField(
        _("Notes"), blank=True, help_text=_("Facts only: the client may ask to read them.")
    )

    source = models.CharField(
        _("Origin"), max_length=80, blank=True, help_text=_("Campaign, fair, recommendation…")
    )
    utm_source = models.CharField(_("Campaign: source"), max_length=120, blank=True)
    utm_medium = models.CharField(_("Campaign: medium"), max_length=120, blank=True)
    utm_campaign = models.CharField(_("Campaign: name"), max_length=120, blank=True)
    utm_term = models.CharField(_("Campaign: term"), max_length=120, blank=True)
    utm_content = models.CharField(_("Campaign: content"), max_length=120, blank=True)
    registered_device = models.CharField(_("Device at registration"), max_length=200, blank=True)

    # Derived by `prepare()`, for search, sort and look-alikes.
    sort_name = models.CharField(_("Sort name"), max_length=170, blank=True, editable=False)
    search_text = models.TextField(_("Search text"), blank=True, editable=False)
    birth_key = models.CharField(_("Name and birth date"), max_length=180, blank=True, editable=False)
    postcode_key = models.CharField(_("Name and postcode"), max_length=190, blank=True, editable=False)

    _loaded: dict[str, Any]
    _history_user: Any
    _history_date: datetime
    _change_reason: str

    DERIVED = ["sort_name", "search_text", "birth_key", "postcode_key"]
    # Decided by a room above, which tells each change on the timeline: no version of the record of its own.
    DECIDED = ["status"]

    objects = ClientQuerySet.as_manager()
    history = HistoricalRecords(
        excluded_fields=[*DERIVED, *DECIDED],
        get_user=author_of,
        verbose_name=_("Client history"),
        verbose_name_plural=_("Client histories"),
    )

    class Meta:
        verbose_name = _("Client")
        verbose_name_plural = _("Clients")
        ordering = ["-number"]
        permissions = [
            ("see_every_client", _("Can see every client, not only their own")),
            ("import_client", _("Can import clients")),
            ("export_client", _("Can export clients")),
        ]
        constraints = [
            models.CheckConstraint(
                name="kind_is_known", condition=Q(kind__in=["individual", "professional", "association"])
            ),
            models.CheckConstraint(
                name="individual_has_names",
                condition=~Q(kind="individual") | (~Q(last_name="") & ~Q(first_name="")),
                violation_error_message=_("An individual needs a last name and a first name."),
            ),
            models.CheckConstraint(
                name="professional_has_name",
                condition=~Q(kind="professional") | ~Q(legal_name="") | ~Q(trade_name=""),
                violation_error_message=_("A professional needs a company name or a trade name."),
            ),
            models.CheckConstraint(
                name="association_has_name",
                condition=~Q(kind="association") | ~Q(association_name=""),
                violation_error_message=_("An association needs its name."),
            ),
            models.UniqueConstraint(
                fields=["external_reference"],
                name="one_client_per_external_reference",
                condition=~Q(external_reference=""),
                violation_error_message=_("Another client already has this external reference."),
            ),
            models.CheckConstraint(
                name="published_after_declared",
                condition=Q(declared_on=None)
                | Q(published_on=None)
                | Q(published_on__gte=models.F("declared_on")),
                violation_error_message=_("The publication cannot come before the declaration."),
            ),
        ]
        indexes = [
            # The list, active clients first: of everyone, then of one manager.
            models.Index(fields=["status", "-number"], name="client_by_status"),
            models.Index(fields=["manager", "status", "-number"], name="client_by_manager"),
            # Read alone to count: the charts of the list never touch the records.
            models.Index(fields=["status", "kind"], name="client_census", condition=Q(archived_on=None)),
            models.Index(fields=["sort_name"], name="client_by_name"),
            *[
                models.Index(fields=[field], name=f"client_by_{field}", condition=~Q(**{field: ""}))
                for field in rules.INDEXED
            ],
            # Not partial: PostgreSQL does not use what it knows of a partial index to reckon how many rows will come.
            *[
                models.Index(search.LastNine(field), name=f"client_end_of_{field}")
                for field in rules.TELEPHONES
            ],
        ]

    def __str__(self) -> str:
        return f"{self.code} {self.display_name}"

    @classmethod
    def from_db(cls, db, field_names, values) -> Self:  # type: ignore[override]
        client = super().from_db(db, field_names, values)
        client._loaded = {
            name: value for name, value in zip(field_names, values, strict=False) if name in rules.PLACE
        }
        return client

    def save(self, *args: Any, **kwargs: Any) -> None:
        self.prepare()
        with transaction.atomic():
            if self.number is None:
                self.number = NumberCounter.objects.allocate()[0]
            elif self._state.adding:
                NumberCounter.objects.raise_to(self.number)
            super().save(*args, **kwargs)

    def clean(self) -> None:
        """Put every value right or say, field by field, what is wrong: the same rules for a form, a file, a request."""
        errors = rules.mend(self)
        if errors:
            raise ValidationError(errors)

    def prepare(self) -> None:
        """Fill what is derived. Called by `save()`; whoever writes in bulk calls it."""
        rules.derive(self, getattr(self, "_loaded", {}))
        self.search_text = search.text_of(self)

    @classmethod
    def columns_of(cls, names: Iterable[str]) -> set[str]:
        """The columns to write when these fields were edited: theirs, and all that `prepare()` fills."""
        own = {field.name for field in cls._meta.concrete_fields}
        return {*own.intersection(names), *cls.DERIVED, *rules.FOLLOWING}

    @property
    def code(self) -> str:
        """The number as it is shown: CLT-001."""
        return shown(self.number) if self.number is not None else "CLT-"

    @property
    def official_name(self) -> str:
        """The name of the person, company or association, as on an envelope."""
        if self.kind == self.Kind.INDIVIDUAL:
            return f"{self.last_name} {self.first_name}".strip()
        return (
            (self.legal_name or self.trade_name)
            if self.kind == self.Kind.PROFESSIONAL
            else self.association_name
        )

    # All that `code`, `official_name` and `display_name` read: a page that only names clients loads no more.
    NAMED_BY = (
        *("number", "kind", "account_name", "last_name", "first_name"),
        *("legal_name", "trade_name", "association_name"),
    )

    @property
    def display_name(self) -> str:
        return self.account_name or self.official_name

    @property
    def is_archived(self) -> bool:
        return self.archived_on is not None

    @property
    def siret_formatted(self) -> str:
        return format_siret(self.siret) if self.siret else ""

    @property
    def telephones(self) -> list[str]:
        return [phone for phone in (getattr(self, field) for field in rules.TELEPHONES) if phone]

    @property
    def postal_name(self) -> str:
        """First line of the address: civility, title and name of a person; the name of an organisation."""
        if self.kind != self.Kind.INDIVIDUAL:
            return self.official_name
        opening = self.honorific or (self.get_civility_display() if self.civility else "")
        return " ".join(part for part in (opening, self.first_name, self.last_name) if part)

    def postal_lines(self) -> list[str]:
        return self.lines_for(self.postal_name)
