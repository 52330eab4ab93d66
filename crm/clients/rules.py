"""What belongs to which kind of client, and how each value is put right. The one place: forms and files use it alike."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date
from typing import TYPE_CHECKING, Any

from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from crm.france.activity import activity_version, clean_activity_code
from crm.france.identifiers import check_vat_agrees, clean_rna, clean_siren, clean_siret, clean_vat_number
from crm.france.names import comparable_company, comparable_person, normalise, with_capitals
from crm.france.postcodes import DEPARTMENT_REGION, clean_postcode, department_of
from crm.france.telephones import clean_telephone

if TYPE_CHECKING:
    from crm.clients.models import Client

KIND_FIELDS: dict[str, tuple[str, ...]] = {
    "individual": ("birth_date", "birth_city", "birth_country"),
    "professional": (
        "legal_name",
        "trade_name",
        "legal_form",
        "foreign_legal_form",
        "siret",
        "siren",
        "activity_code",
        "registered_office",
        "manager_mobile",
        "office_phone",
    ),
    "association": (
        "association_name",
        "rna",
        "declared_on",
        "published_on",
        "notice_number",
        "siret",
        "siren",
    ),
}
REQUIRED: dict[str, tuple[str, ...]] = {
    "individual": ("last_name", "first_name"),
    "professional": (),
    "association": ("association_name",),
}
TELEPHONES = ("landline", "mobile", "manager_mobile", "office_phone")
# One partial index each: what the look-alike rule asks for.
INDEXED = ("email", *TELEPHONES, "siret", "rna", "vat_number", "birth_key", "postcode_key")
PLACE = ("postcode", "country", "department")
# Filled by `derive()` from the others.
FOLLOWING = ("siren", "activity_version", "department", "region")
OLDEST_AGE = 120

CLEANERS: dict[str, Callable[[str], str]] = {
    "siret": clean_siret,
    "siren": clean_siren,
    "activity_code": clean_activity_code,
    "vat_number": clean_vat_number,
    "rna": clean_rna,
}


def foreign_fields(kind: str) -> set[str]:
    """The fields that belong to other kinds only, and that a client of this kind never shows."""
    return {field for fields in KIND_FIELDS.values() for field in fields} - set(KIND_FIELDS[kind])


def mend(client: "Client") -> dict[str, list[Any]]:
    """Put the values of `client` in their canonical form, in place; returns what cannot be, by field."""
    errors: dict[str, list[Any]] = {}
    country = str(client.country) or "FR"

    @contextmanager
    def told(field: str) -> Iterator[None]:
        try:
            yield
        except ValidationError as error:
            errors.setdefault(field, []).append(error)

    def telephone(value: str) -> str:
        return clean_telephone(value, country=country, postcode=client.postcode)

    client.email = client.email.strip().lower()
    client.last_name, client.first_name = with_capitals(client.last_name), with_capitals(client.first_name)
    # The postcode first: an overseas telephone is told by it.
    place = {"postcode": lambda value: clean_postcode(value, country)}
    for field, cleaner in (place | CLEANERS | dict.fromkeys(TELEPHONES, telephone)).items():
        if value := getattr(client, field):
            with told(field):
                setattr(client, field, cleaner(value))
    with told("birth_date"):
        check_birth_date(client.birth_date)
    with told("published_on"):
        _check_publication(client)
    if not {"siret", "siren"} & errors.keys():
        with told("siren"):
            _check_siren_agrees(client)
    if not {"vat_number", "siret", "siren"} & errors.keys():
        with told("vat_number"):
            check_vat_agrees(client.vat_number, siret=client.siret, siren=client.siren)
    for field, message in _missing(client):
        errors.setdefault(field, []).append(ValidationError(message, code="required"))
    return errors


def check_birth_date(birth_date: date | None) -> None:
    if birth_date is None:
        return
    today = timezone.localdate()
    if birth_date > today:
        raise ValidationError(
            _("%(date)s is in the future."), params={"date": birth_date.strftime("%d/%m/%Y")}, code="future"
        )
    if birth_date.year < today.year - OLDEST_AGE:
        raise ValidationError(
            _("%(date)s is more than %(years)s years ago."),
            params={"date": birth_date.strftime("%d/%m/%Y"), "years": OLDEST_AGE},
            code="too_old",
        )


def _check_siren_agrees(client: "Client") -> None:
    if client.siret and client.siren and client.siret[:9] != client.siren:
        raise ValidationError(
            _("The SIRET belongs to the SIREN %(siren)s."),
            params={"siren": client.siret[:9]},
            code="disagree",
        )


def _check_publication(client: "Client") -> None:
    if client.declared_on and client.published_on and client.published_on < client.declared_on:
        raise ValidationError(
            _("%(published)s comes before the declaration of %(declared)s."),
            params={
                "published": client.published_on.strftime("%d/%m/%Y"),
                "declared": client.declared_on.strftime("%d/%m/%Y"),
            },
            code="before_declaration",
        )


def _missing(client: "Client"):
    for field in REQUIRED[client.kind]:
        if not getattr(client, field).strip():
            yield field, _("This field is required.")
    if client.kind == "professional" and not (client.legal_name.strip() or client.trade_name.strip()):
        yield "legal_name", _("Give a company name or a trade name.")


def derive(client: "Client", loaded: dict[str, Any]) -> None:
    """Fill the columns that follow from others. `loaded`: the place as it was read from the database."""
    if client.siret:
        client.siren = client.siret[:9]
    client.activity_version = activity_version(client.activity_code) if client.activity_code else ""
    moved = loaded and (loaded.get("postcode"), loaded.get("country")) != (client.postcode, client.country)
    if not client.department or (moved and loaded.get("department") == client.department):
        client.department = department_of(client.postcode, str(client.country) or "FR", city=client.city)
    client.region = DEPARTMENT_REGION.get(client.department, "")
    client.sort_name = normalise(client.official_name)[:170]
    is_person = client.kind == "individual"
    name = (
        comparable_person(client.last_name, client.first_name)
        if is_person
        else comparable_company(client.official_name)
    )
    client.birth_key = (
        f"{name[:160]} {client.birth_date:%Y-%m-%d}" if is_person and name and client.birth_date else ""
    )
    client.postcode_key = f"{name[:170]} {client.postcode}" if name and client.postcode else ""
