"""The client's sheet: which fields stand in which tab, for each kind."""

from django.utils.translation import gettext_lazy as _

from crm.clients.models import Client
from crm.clients.rules import REQUIRED

Fields = list[str | tuple[str, ...]]

PERSON: Fields = [("civility", "honorific"), ("last_name", "first_name")]
IDENTITY: dict[str, Fields] = {
    Client.Kind.INDIVIDUAL: [*PERSON, ("gender", "birth_date"), ("birth_city", "birth_country")],
    Client.Kind.PROFESSIONAL: [
        ("legal_name", "trade_name"),
        ("legal_form", "foreign_legal_form"),
        ("siret", "siren"),
        "activity_code",
        "registered_office",
    ],
    Client.Kind.ASSOCIATION: [
        "association_name",
        ("rna", "notice_number"),
        ("declared_on", "published_on"),
        ("siret", "siren"),
    ],
}
ADDRESS: Fields = [
    ("complement", "building"),
    "street",
    "locality",
    ("postcode", "city"),
    ("country", "department"),
]
ORIGIN: Fields = [
    ("source", "registered_device"),
    ("utm_source", "utm_medium"),
    ("utm_campaign", "utm_term"),
    "utm_content",
]
# Stars that stand for "one of these": a professional has a company name or a trade name.
ONE_OF = {Client.Kind.PROFESSIONAL: ("legal_name", "trade_name")}
SECTION = {"classes": ["section"]}


def starred(kind: str) -> tuple[str, ...]:
    return (*REQUIRED[kind], *ONE_OF.get(kind, ()))


def filled(sets: list[tuple], client: Client) -> list[tuple]:
    """The same tabs for someone who only reads: neither empty fields nor empty sections."""
    kept = []
    for name, options in sets:
        lines = [
            tuple(one for one in ([line] if isinstance(line, str) else line) if _has(client, one))
            for line in options["fields"]
        ]
        kept.append((name, {**options, "fields": [line for line in lines if line]}))
    return [one for place, one in enumerate(kept) if place == 0 or one[1]["fields"]]


def _has(client: Client, name: str) -> bool:
    return client.tags.exists() if name == "tags" else bool(getattr(client, name))


def fieldsets(kind: str, *, sees_every_client: bool) -> list[tuple]:
    """Tabs in order; a fieldset of class `section` continues the tab before it under a heading of its own."""
    people = (
        []
        if kind == Client.Kind.INDIVIDUAL
        else [(_("Contact person"), {"fields": [*PERSON, "gender"], **SECTION})]
    )
    telephones: Fields = [("mobile", "landline")]
    if kind == Client.Kind.PROFESSIONAL:
        telephones.append(("manager_mobile", "office_phone"))
    followed: Fields = [("category", "establishment"), "tags", "notes"]
    if sees_every_client:
        followed.insert(1, "manager")
    return [
        (_("Record"), {"fields": IDENTITY[kind]}),
        *people,
        (
            _("Contact details"),
            {"fields": ["email", *telephones, ("website", "preferred_language")], **SECTION},
        ),
        (_("Address"), {"fields": ADDRESS, **SECTION}),
        (
            _("Follow-up"),
            {"fields": [("account_name", "external_reference"), *followed, ("photo", "created_on")]},
        ),
        (_("Billing"), {"fields": ["billed_to", ("vat_number", "tax_code")]}),
        (_("Origin"), {"fields": ORIGIN}),
    ]
