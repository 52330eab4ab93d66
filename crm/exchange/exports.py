"""What leaves in a file: the columns of each export, and its rows, read in lots so that memory never grows with them."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import islice
from typing import Any

from django.conf import settings
from django.db.models import Model, QuerySet
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _
from django.utils.translation import override
from django_countries import countries
from import_export.fields import Field
from import_export.resources import Resource

from crm.clients.models import Client
from crm.clients.models.number import shown
from crm.exchange.writing import Column, Kind
from crm.france.activity import format_activity_code
from crm.france.legal_forms import LEGAL_FORMS
from crm.products.models import BillingPeriod, Plan, Subscription

LOT = 2000
Convert = Callable[[Any], Any]


class ExportField(Field):
    """A column: the heading, how it is read from the database and how it is written.

    `lookup` is what values_list() reads; `convert` turns it into what is written, of the writer's kind.
    """

    def __init__(self, lookup: str, heading: str = "", kind: Kind = "text", convert: Convert | None = None):
        super().__init__(attribute=lookup)
        self.lookup, self.heading, self.kind, self.convert = lookup, heading, kind, convert


class ExportResource(Resource):
    """An export of one model. The headings are the model's own names of its fields, in the organisation's language."""

    model: type[Model]

    @classmethod
    def get_display_name(cls) -> str:
        return str(cls._meta.name)

    def heading(self, key: str) -> str:
        """The name of the column at the top of the file; the import recognises it."""
        field = self.fields[key]
        with override(settings.LANGUAGE_CODE):
            return str(field.heading or capfirst(self.model._meta.get_field(key).verbose_name))

    def columns(self, keys: Sequence[str]) -> list[Column]:
        return [Column(key, self.heading(key), self.fields[key].kind) for key in keys]

    def rows(self, queryset: QuerySet, keys: Sequence[str]) -> Iterator[tuple]:
        """The rows of the queryset, one tuple each in the order of `keys`. The language is the organisation's."""
        with override(settings.LANGUAGE_CODE):
            fields = [self.fields[key] for key in keys]
            read = queryset.values_list("pk", *[field.lookup for field in fields]).iterator(chunk_size=LOT)
            converters = [(place, field.convert) for place, field in enumerate(fields, 1) if field.convert]
            for lot in iter(lambda: list(islice(read, LOT)), []):
                yield from self._converted(lot, converters, keys)

    def _converted(
        self, lot: list[tuple], converters: list[tuple[int, Convert]], keys: Sequence[str]
    ) -> Iterable[tuple]:
        for read in lot:
            row = list(read)
            for place, convert in converters:
                row[place] = convert(row[place])
            yield tuple(row[1:])


def _label(choices: Iterable[tuple[str, Any]]) -> Convert:
    labels = {value: str(label) for value, label in choices}
    return lambda value: labels.get(value, value)


def _labels(source: Callable[[], Iterable[tuple[str, Any]]]) -> Convert:
    """Labels read at the first use: the language of the file is known only then."""
    found: dict[str, str] = {}

    def convert(value: str) -> str:
        if value not in found:
            found.update({key: str(label) for key, label in source()})
        return found.get(value, value)

    return convert


def _activity(code: str) -> str:
    return format_activity_code(code) if code else ""


_country = _labels(lambda: [("", ""), *countries])
_kind = _labels(lambda: Client.Kind.choices)
_civility = _labels(lambda: [("", ""), *Client.Civility.choices])
_gender = _labels(lambda: [("", ""), *Client.Gender.choices])
_legal_form = _label([("", ""), *LEGAL_FORMS.items()])


def _identifier(lookup: str) -> ExportField:
    return ExportField(lookup, kind="identifier")


def _day(lookup: str) -> ExportField:
    return ExportField(lookup, kind="date")


class ClientResource(ExportResource):
    """Every field of a record that a file may bring back."""

    number = ExportField("number", _("Client number"), kind="identifier", convert=shown)
    external_reference = _identifier("external_reference")
    kind = ExportField("kind", convert=_kind)
    account_name = ExportField("account_name")
    created_on = _day("created_on")
    civility = ExportField("civility", convert=_civility)
    honorific = ExportField("honorific", _("Courtesy title"))
    last_name = ExportField("last_name")
    first_name = ExportField("first_name")
    gender = ExportField("gender", convert=_gender)
    birth_date = _day("birth_date")
    birth_city = ExportField("birth_city")
    birth_country = ExportField("birth_country", convert=_country)
    legal_name = ExportField("legal_name")
    trade_name = ExportField("trade_name")
    legal_form = ExportField("legal_form", convert=_legal_form)
    foreign_legal_form = ExportField("foreign_legal_form")
    siret = _identifier("siret")
    siren = _identifier("siren")
    activity_code = ExportField("activity_code", kind="identifier", convert=_activity)
    registered_office = ExportField("registered_office")
    association_name = ExportField("association_name")
    rna = _identifier("rna")
    declared_on = _day("declared_on")
    published_on = _day("published_on")
    notice_number = _identifier("notice_number")
    complement = ExportField("complement")
    building = ExportField("building")
    street = ExportField("street")
    locality = ExportField("locality")
    postcode = _identifier("postcode")
    city = ExportField("city")
    country = ExportField("country", convert=_country)
    department = _identifier("department")
    email = ExportField("email")
    landline = _identifier("landline")
    mobile = _identifier("mobile")
    office_phone = _identifier("office_phone")
    manager_mobile = _identifier("manager_mobile")
    website = ExportField("website")
    preferred_language = ExportField("preferred_language")
    billed_to = ExportField("billed_to")
    vat_number = _identifier("vat_number")
    tax_code = _identifier("tax_code")
    category = ExportField("category__name")
    establishment = ExportField("establishment__name")
    manager = ExportField("manager__email")
    tags = ExportField("pk")
    source = ExportField("source")
    utm_source = ExportField("utm_source")
    utm_medium = ExportField("utm_medium")
    utm_campaign = ExportField("utm_campaign")
    utm_term = ExportField("utm_term")
    utm_content = ExportField("utm_content")
    registered_device = ExportField("registered_device")
    notes = ExportField("notes")

    model = Client

    class Meta:
        name = _("Whole records")

    def _converted(self, lot, converters, keys):
        """The tags of a whole lot are read at once."""
        if "tags" not in keys:
            return super()._converted(lot, converters, keys)
        names: dict[int, list[str]] = {}
        through = Client.tags.through.objects.filter(client_id__in=[row[0] for row in lot])
        for client_id, name in through.order_by("tag__name").values_list("client_id", "tag__name"):
            names.setdefault(client_id, []).append(name)
        place = keys.index("tags") + 1
        return super()._converted(lot, [*converters, (place, lambda pk: ", ".join(names.get(pk, [])))], keys)


class MailingResource(ExportResource):
    """Names and addresses, and nothing else: what a printer or a mail merge needs."""

    number = ExportField("number", _("Client number"), kind="identifier", convert=shown)
    civility = ExportField("civility", convert=_civility)
    last_name = ExportField("last_name")
    first_name = ExportField("first_name")
    legal_name = ExportField("legal_name")
    trade_name = ExportField("trade_name")
    association_name = ExportField("association_name")
    complement = ExportField("complement")
    building = ExportField("building")
    street = ExportField("street")
    locality = ExportField("locality")
    postcode = _identifier("postcode")
    city = ExportField("city")
    country = ExportField("country", convert=_country)
    email = ExportField("email")

    model = Client

    class Meta:
        name = _("Names and addresses")


class PlanResource(ExportResource):
    name = ExportField("name")
    description = ExportField("description")
    price_excl_tax = ExportField("price_excl_tax", kind="amount")
    vat_rate = ExportField("vat_rate", kind="rate")
    vat_exemption_reason = ExportField("vat_exemption_reason")
    billing_period = ExportField("billing_period", convert=_labels(lambda: BillingPeriod.choices))
    duration_months = ExportField("duration_months", kind="integer")
    renewal = ExportField("renewal", convert=_labels(lambda: Plan.Renewal.choices))
    notice_months = ExportField("notice_months", kind="integer")
    is_on_sale = ExportField("is_on_sale", kind="boolean")

    model = Plan

    class Meta:
        name = _("Formules")


class SubscriptionResource(ExportResource):
    client = ExportField("client__number", _("Client number"), kind="identifier", convert=shown)
    plan = ExportField("plan__name")
    subscribed_on = _day("subscribed_on")
    ends_on = _day("ends_on")
    description = ExportField("description")
    origin = ExportField("origin")
    price_excl_tax = ExportField("price_excl_tax", kind="amount")
    vat_rate = ExportField("vat_rate", kind="rate")
    vat_exemption_reason = ExportField("vat_exemption_reason")
    price_incl_tax = ExportField("price_incl_tax", kind="amount")
    billing_period = ExportField("billing_period", convert=_labels(lambda: BillingPeriod.choices))
    not_renewed_on = _day("not_renewed_on")
    cancelled_on = _day("cancelled_on")
    stop_reason = ExportField("stop_reason")

    model = Subscription

    class Meta:
        name = _("Subscriptions")
