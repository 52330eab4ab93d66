"""A record as its owner reads it: what their kind of client has, and nothing that is the office's own."""

from collections.abc import Iterable
from dataclasses import dataclass

from django.utils.translation import gettext as _

from crm.change_requests import fields
from crm.clients.models import Client
from crm.clients.rules import foreign_fields

ORGANISATION = (
    "legal_name", "trade_name", "association_name", "legal_form", "foreign_legal_form", "siret", "siren",
    "activity_code", "registered_office", "rna", "declared_on", "published_on", "notice_number",
)  # fmt: skip
PERSON = (
    "civility", "honorific", "last_name", "first_name", "gender", "birth_date", "birth_city", "birth_country",
)  # fmt: skip
CONTACT = (
    "email", "mobile", "landline", "manager_mobile", "office_phone", "website", "preferred_language",
)  # fmt: skip
BILLING = ("billed_to", "vat_number", "tax_code")


@dataclass(frozen=True)
class Line:
    label: str
    value: str


def groups(kind: str) -> list[tuple[str, list[str]]]:
    """The fields of this kind of client, in the order they are read and filled in, under their headings."""
    is_person = kind == Client.Kind.INDIVIDUAL
    foreign = foreign_fields(kind)
    named: list[tuple[str, Iterable[str]]] = [
        (_("Your association") if kind == Client.Kind.ASSOCIATION else _("Your company"), ORGANISATION),
        (_("Your identity") if is_person else _("Contact person"), PERSON),
        (_("Contact details"), CONTACT),
        (_("Address"), fields.ADDRESS),
        (_("Billing"), BILLING),
    ]
    kept = [(title, [name for name in names if name not in foreign]) for title, names in named]
    return [(title, names) for title, names in kept if names]


def sections(client: Client) -> list[tuple[str, list[Line]]]:
    """What the record says, under its headings; what is empty is left out."""
    read = [(title, list(_lines(client, names))) for title, names in groups(client.kind)]
    return [(title, lines) for title, lines in read if lines]


def _lines(client: Client, names: list[str]) -> Iterable[Line]:
    if names == list(fields.ADDRESS):
        if address := _address(client):
            yield Line(_("Postal address"), address)
        return
    for name in names:
        if text := fields.text_of(client, name):
            yield Line(fields.label(name), fields.shown(name, text))


def _address(client: Client) -> str:
    """As it was typed: capitals are for envelopes."""
    place = f"{client.postcode} {client.city}".strip()
    lines = [client.complement, client.building, client.street, client.locality, place]
    if str(client.country) not in ("", "FR"):
        lines.append(fields.shown("country", str(client.country)))
    return "\n".join(filter(None, lines))
