"""The fields of a record that a client may ask to change, and their values as text, to keep and to read."""

from collections.abc import Callable
from datetime import date
from typing import Any

from django.utils.formats import date_format
from django.utils.text import capfirst
from django_countries import countries

from crm.clients.models import Client
from crm.clients.rules import TELEPHONES, foreign_fields
from crm.france.activity import format_activity_code
from crm.france.identifiers import format_siren, format_siret
from crm.france.telephones import format_telephone
from crm.organisation.models import Organisation

ADDRESS = ("complement", "building", "street", "locality", "postcode", "city", "country")
# Open unless the Settings screen says otherwise: what a client knows best and that binds nobody.
SAFE = ("civility", "email", *TELEPHONES, "website", "preferred_language", *ADDRESS)
# What an administrator may open, in the order of the sheet. Never the kind, the number, the status, nor what is the
# office's own: manager, tags, notes, category, prices.
OPENABLE = (
    "civility", "honorific", "last_name", "first_name", "gender", "birth_date", "birth_city", "birth_country",
    "legal_name", "trade_name", "legal_form", "foreign_legal_form", "siret", "activity_code", "registered_office",
    "association_name", "rna", "declared_on", "published_on", "notice_number",
    "email", *TELEPHONES, "website", "preferred_language", *ADDRESS,
    "billed_to", "vat_number", "tax_code",
)  # fmt: skip
# A wrong one does harm: mails that go to somebody else, bills in the name of another.
SENSITIVE = frozenset(
    {"email", "siret", "rna", "vat_number", "tax_code", "billed_to", "legal_name", "last_name"}
)
COUNTRIES = ("country", "birth_country")
# As people read and type them.
FORMATS: dict[str, Callable[[str], str]] = {
    "siret": format_siret,
    "siren": format_siren,
    "activity_code": format_activity_code,
    **dict.fromkeys(TELEPHONES, format_telephone),
}


def open_fields(organisation: Organisation, kind: str = "") -> list[str]:
    """The fields that a client (of that kind) may ask to change, in the order of the sheet."""
    chosen = SAFE if organisation.open_fields is None else organisation.open_fields
    foreign = foreign_fields(kind) if kind else set()
    return [name for name in OPENABLE if name in chosen and name not in foreign]


def safe() -> list[str]:
    """What is open as long as nobody has chosen."""
    return list(SAFE)


def choices() -> list[tuple[str, str]]:
    """What the Settings screen offers to open."""
    return [(name, label(name)) for name in OPENABLE]


def label(name: str) -> str:
    return capfirst(str(Client._meta.get_field(name).verbose_name))


def text_of(client: Client, name: str) -> str:
    """The value as it is kept: a day is 2026-11-30, a country its code, nothing the empty text."""
    value = getattr(client, name)
    if value is None:
        return ""
    return value.isoformat() if isinstance(value, date) else str(value)


def value_of(name: str, text: str) -> Any:
    """The value that a kept text stands for."""
    field = Client._meta.get_field(name)
    return None if not text and field.null else field.to_python(text)


def shown(name: str, text: str) -> str:
    """A kept text as a person reads it; empty stays empty."""
    if not text:
        return ""
    if name in FORMATS:
        return FORMATS[name](text)
    if name in COUNTRIES:
        return countries.name(text) or text
    field: Any = Client._meta.get_field(name)
    if field.choices:
        return str(dict(field.flatchoices).get(text, text))
    value = value_of(name, text)
    return date_format(value, "DATE_FORMAT") if isinstance(value, date) else text
