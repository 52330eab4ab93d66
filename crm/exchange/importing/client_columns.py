"""What a file may bring about a client, and under which headings: French offices', ours, and other software's."""

import re
from typing import Any

from django.core.exceptions import ValidationError
from django.utils.text import format_lazy
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django_countries import countries

from crm.clients.models import Client
from crm.clients.rules import KIND_FIELDS
from crm.exchange.cells import Parsed, Raw
from crm.exchange.importing import columns as read
from crm.exchange.importing.columns import Column, Reading, field_of, label_of
from crm.exchange.parsed import as_text, refusal
from crm.france.activity import format_activity_code
from crm.france.civility import parse_civility
from crm.france.legal_forms import LEGAL_FORMS, parse_legal_form
from crm.france.postcodes import DEPARTMENTS

CIVILITIES = {"M": "M.", "MME": "Mme"}
KINDS = {
    "individual": ("Particulier", "Particuliers", "Individuel", "Personne physique", "Individual"),
    "professional": ("Professionnel", "Professionnels", "Entreprise", "Société", "Professional"),
    "association": ("Association", "Associations"),
}
GENDERS = {
    "F": ("Femme", "Féminin", "Female", "F"),
    "M": ("Homme", "Masculin", "Male", "H"),
    "X": ("Autre", "Other", "X"),
}
_OUR_NUMBER = re.compile(r"clt[\s-]*([0-9]{1,12})", re.IGNORECASE)
_PAIRS = re.compile(r"0[0-9](?:[ \u00a0\u202f][0-9]{2}){4}")
_INTERNATIONAL = re.compile(r"\+[0-9][0-9 \u00a0\u202f]*[0-9]")
_MAX_TAGS = 30


def identifier(raw: Raw, _reading: Reading) -> Parsed:
    """Our number as an int, or the text of a reference that the client had elsewhere."""
    value = read.text(Client._meta.get_field("external_reference").max_length)(raw, _reading)
    if match := _OUR_NUMBER.fullmatch(value.value):
        return Parsed(int(match[1]))
    return Parsed(value.value)


def is_our_number(raw: Raw) -> bool:
    return bool(_OUR_NUMBER.fullmatch(as_text(raw).strip()))


def civility(raw: Raw, _reading: Reading) -> Parsed:
    source = as_text(raw)
    if not source.strip():
        return Parsed(None)
    found = parse_civility(source)
    if not any(found):
        return Parsed(None)
    return Parsed(found, source != CIVILITIES.get(found[0]) or bool(found[1]))


def show_civility(value: tuple[str, str]) -> str:
    civility, title = value
    shown = CIVILITIES.get(civility) or gettext("not specified")
    return (
        gettext("%(civility)s (title %(title)s kept apart)") % {"civility": shown, "title": title}
        if title
        else shown
    )


def legal_form(raw: Raw, _reading: Reading) -> Parsed:
    """(code, "") for a French form, ("", text) for another."""
    source = as_text(raw)
    if not source.strip():
        return Parsed(None)
    if code := parse_legal_form(source):
        return Parsed((code, ""), LEGAL_FORMS[code] != source)
    value = read.text(Client._meta.get_field("foreign_legal_form").max_length)(raw, _reading)
    return Parsed(("", value.value), value.is_rectified)


def tags(raw: Raw, _reading: Reading) -> Parsed:
    names = [" ".join(part.split()) for part in re.split("[,;\n]", read.unescape_formula(as_text(raw)))]
    names = list({name.casefold(): name for name in names if name}.values())
    if len(names) > _MAX_TAGS or any(len(name) > 80 for name in names):
        raise refusal(_("At most %(count)d tags of 80 characters."), "tags", count=_MAX_TAGS)
    return Parsed(names or None)


def website(raw: Raw, _reading: Reading) -> Parsed:
    value = as_text(raw).strip()
    if not value:
        return Parsed("")
    url = value if re.match("https?://", value, re.IGNORECASE) else f"https://{value}"
    field = Client._meta.get_field("website")
    try:
        field.run_validators(url)
    except ValidationError:
        raise refusal(_("“%(value)s” is not a web address."), "website", value) from None
    return Parsed(url, url != as_text(raw))


def department(raw: Raw, _reading: Reading) -> Parsed:
    """A code, or a name as our own list shows it."""
    source = as_text(raw).strip()
    code = source.split(" ")[0].upper().zfill(2)
    if not source:
        return Parsed("")
    if code not in DEPARTMENTS:
        raise refusal(_("“%(value)s” is not a department: write its code."), "department", source)
    return Parsed(code, code != as_text(raw))


def _is_usual_telephone(cell: str, value: str) -> bool:
    if _PAIRS.fullmatch(cell):
        return value.startswith("+33")
    return bool(_INTERNATIONAL.fullmatch(cell)) or cell == value


def _is_usual_activity(cell: str, value: str) -> bool:
    return cell in (value, format_activity_code(value))


def _show_identifier(value: Any) -> str:
    return Client(number=value).code if isinstance(value, int) else str(value)


def show_country(code: str) -> str:
    return str(countries.name(code)) if code else ""


def _text(
    key: str, *headings: str, label: Any = "", is_multiline: bool = False, is_name: bool = False
) -> Column:
    field = field_of(Client, key)
    reader = read.text(field.max_length, is_multiline=is_multiline, is_name=is_name)
    return Column(key, label or field.verbose_name, reader, headings)


def _mended(key: str, *headings: str, is_usual=str.__eq__, show=str) -> Column:
    return Column(
        key, label_of(Client, key), read.written, headings, show=show, is_mended=True, is_usual=is_usual
    )


def _telephone(key: str, *headings: str) -> Column:
    return _mended(key, *headings, is_usual=_is_usual_telephone)


def _street(number: int) -> Column:
    key = f"street_{number}"
    label = format_lazy("{} ({})", label_of(Client, "street"), number)
    return Column(
        key,
        label,
        read.text(250, is_multiline=True),
        (f"Adresse {number}", f"Adresse {number} (facturation)", f"Adresse ligne {number}"),
    )


COMMON = [
    Column(
        "identifier",
        _("Client number"),
        identifier,
        ("N° client", "Code client", "Numéro", "N° adhérent", "Code (tiers)", "ID de l'adhérent", "Identifiant",
         "Code tiers", "Référence client", "Id client", "Numéro d'adhérent"),
        show=_show_identifier,
    ),
    _text("external_reference", "Référence externe", "Ancien numéro"),
    _text("account_name", "Nom du compte", "Compte"),
    Column("created_on", label_of(Client, "created_on"), read.day(), ("Date de création", "Créé le", "Date d'inscription",
           "Date de création de la fiche", "Client depuis"), show=read.show_day),
    Column("civility", label_of(Client, "civility"), civility, ("Civilité", "Titre", "Civilité (contact) (facturation)", "Civ",
           "Civilité contact"), show=show_civility),
    _text("honorific", "Titre de civilité"),
    _text("last_name", "Nom contact", "Nom de famille", "Nom du contact", "Nom adhérent", "nom_adh",
          "Nom (contact) (facturation)", "Contact", is_name=True),
    _text("first_name", "Prénom", "Prénom contact", "Prénom du contact", "Prénom adhérent", "prenom_adh", "Prénoms",
          "Prénom (facturation)", "Prénom (contact) (facturation)", is_name=True),
    Column("gender", label_of(Client, "gender"), read.choice(GENDERS, ours=Client.Gender), ("Sexe", "Genre"),
           show=lambda value: GENDERS[value][0]),
    Column("email", label_of(Client, "email"), read.email, ("E-mail", "Adresse e-mail", "Adresse mail", "Email payeur",
           "E-mail (facturation)", "email_adh", "E-mail contact", "Email adhérent", "E-mail client")),
    _telephone("landline", "Téléphone", "Tél", "Tel", "Téléphone fixe", "Fixe", "Téléphone fixe (facturation)", "tel_adh",
               "Tél. fixe"),
    _telephone("mobile", "Mobile", "Portable", "Téléphone mobile", "Téléphone portable", "Tél. mobile", "Tél. portable", "GSM",
               "Téléphone portable (facturation)", "gsm_adh"),
    Column("website", label_of(Client, "website"), website, ("Site web", "Site", "Site internet", "URL")),
    Column("preferred_language", label_of(Client, "preferred_language"), read.language, ("Langue", "Langue préférée")),
    _text("complement", "Complément", "Complément d'adresse"),
    _text("building", "Bâtiment", "Résidence"),
    Column("street", label_of(Client, "street"), read.text(250, is_multiline=True),
           ("Adresse", "Adresse 1", "Adresse postale", "Adresse 1 (facturation)", "adresse_adh", "Rue",
            "Adresse ligne 1", "Adresse principale")),
    _street(2),
    _street(3),
    _text("locality", "Localité postale", "Lieu-dit", "BP"),
    _mended("postcode", "Code postal", "CP", "Code postal (facturation)", "cp_adh"),
    _text("city", "Ville", "Ville (facturation)", "ville_adh", "Commune", "Localité"),
    Column("country", label_of(Client, "country"), read.country, ("Pays", "Code Pays (facturation)", "pays_adh",
           "Code pays"), show=show_country),
    Column("department", label_of(Client, "department"), department, ("Département",)),
    _text("billed_to", "Facturé à", "Facturer à"),
    _mended("vat_number", "N° TVA", "TVA intracommunautaire", "Num TVA", "Numéro de TVA intracommunautaire",
            "N° TVA intra", "N° de TVA", "N° TVA intracommunautaire", "TVA intra"),
    _text("tax_code", "Code fiscal"),
    Column("category", label_of(Client, "category"), read.reference_to("category"), ("Catégorie",), attribute="category_id"),
    Column("establishment", label_of(Client, "establishment"), read.reference_to("establishment"),
           ("Établissement",), attribute="establishment_id"),
    Column("manager", label_of(Client, "manager"), read.reference_to("manager"), ("Gestionnaire",),
           attribute="manager_id"),
    Column("tags", label_of(Client, "tags"), tags, ("Étiquettes", "Étiquette", "Mots-clés", "Tags"), show=", ".join),
    _text("source", "Origine", "Provenance", "Origine du client"),
    _text("utm_source", "utm_source"), _text("utm_medium", "utm_medium"), _text("utm_campaign", "utm_campaign"),
    _text("utm_term", "utm_term"), _text("utm_content", "utm_content"),
    _text("registered_device", "Appareil à l'inscription"),
    _text("notes", "Notes", "Observations", "Observation", "Commentaires", "Commentaire", "Note", "Notes en texte brut", "Remarques",
          is_multiline=True),
]  # fmt: skip
OF_KIND = [
    Column("birth_date", label_of(Client, "birth_date"), read.day(), ("Date de naissance", "Date naissance", "Né le", "Née le", "ddn_adh",
           "Né(e) le"), show=read.show_day),
    _text("birth_city", "Ville de naissance", "Commune de naissance", "Lieu de naissance"),
    Column("birth_country", label_of(Client, "birth_country"), read.country, ("Pays de naissance",), show=show_country),
    _text("legal_name", "Raison sociale", "Société", "Entreprise", "Dénomination", "Nom de la société", "Personne morale",
          "Dénomination sociale"),
    _text("trade_name", "Nom commercial", "Enseigne"),
    Column("legal_form", label_of(Client, "legal_form"), legal_form, ("Statut juridique", "Forme juridique"),
           show=lambda value: LEGAL_FORMS.get(value[0]) or value[1]),
    _text("foreign_legal_form", "Autre forme juridique"),
    _mended("siret", "SIRET", "N° SIRET", "Numéro SIRET"),
    _mended("siren", "SIREN", "N° SIREN", "Numéro SIREN"),
    _mended("activity_code", "Code APE", "APE", "NAF", "Code NAF", "NAF (Ex APE)", "Code APE/NAF",
            is_usual=_is_usual_activity, show=format_activity_code),
    _text("registered_office", "Siège social", is_multiline=True),
    _telephone("office_phone", "Téléphone bureau", "Téléphone du bureau"),
    _telephone("manager_mobile", "Mobile responsable", "Mobile du responsable"),
    _text("association_name", "Nom de l'association", "Nom association", "Association", "Dénomination de l'association"),
    _mended("rna", "RNA", "N° RNA", "Numéro RNA"),
    Column("declared_on", label_of(Client, "declared_on"), read.day(), ("Date de déclaration en préfecture",
           "Date de déclaration"), show=read.show_day),
    Column("published_on", label_of(Client, "published_on"), read.day(), ("Date de publication au JO",
           "Date de parution au JO", "Date de publication", "Publication au JO"), show=read.show_day),
    _text("notice_number", "N° d'annonce", "Numéro d'annonce", "N° annonce"),
]  # fmt: skip
KIND = Column(
    "kind",
    label_of(Client, "kind"),
    read.choice(KINDS, ours=Client.Kind),
    ("Type", "Nature", "Type de client"),
    show=lambda k: KINDS[k][0],
)
# What "Nom" alone means depends on the kind, and on what else the file has.
NAME_OF = {
    "individual": "last_name",
    "professional": "legal_name",
    "association": "association_name",
    "client": "last_name",
}
# Written by another rule than setattr: see `client_rehearsal`.
COMPOSED = ("identifier", "kind", "tags", "street_2", "street_3")


def columns_of(kind: str) -> list[Column]:
    """The columns of one kind of client, or of all kinds for "client"."""
    if kind == "client":
        return [KIND, *COMMON, *OF_KIND]
    return [*COMMON, *[column for column in OF_KIND if column.key in KIND_FIELDS[kind]]]
