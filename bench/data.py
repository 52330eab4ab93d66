"""Clients and subscriptions drawn from a seed: they look French, and none of them exists.

The same seed gives the same rows. E-mails are in example domains; telephones lie in the ranges that Arcep keeps
for fiction: mobiles for the clients already there, landlines for the files that arrive.
"""

import csv
import random
import unicodedata
from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

SEED = 20
TODAY = date(2026, 11, 22)
PLANS = 12
RARE_NAME = "Quatrebarbes-Zéphirin"
RARE_EVERY = 40_000
KNOWN = 777  # the client that is looked for

FIRST_NAMES = {
    "M": [
        "Adrien",
        "Alain",
        "Antoine",
        "Benoît",
        "Bernard",
        "Cédric",
        "Christophe",
        "Clément",
        "Damien",
        "David",
        "Didier",
        "Éric",
        "Étienne",
        "Fabien",
        "Félix",
        "François",
        "Frédéric",
        "Gaël",
        "Gérard",
        "Gilles",
        "Grégoire",
        "Guillaume",
        "Hervé",
        "Hugo",
        "Jacques",
        "Jean",
        "Jérôme",
        "Joël",
        "Julien",
        "Laurent",
        "Léo",
        "Loïc",
        "Louis",
        "Luc",
        "Marc",
        "Mathieu",
        "Michel",
        "Nicolas",
        "Noël",
        "Olivier",
        "Pascal",
        "Paul",
        "Philippe",
        "Pierre",
        "Raphaël",
        "Rémi",
        "René",
        "Romain",
        "Sébastien",
        "Stéphane",
        "Théo",
        "Thierry",
        "Thomas",
        "Valentin",
        "Vincent",
        "Yann",
        "Yves",
    ],
    "MME": [
        "Adèle",
        "Agnès",
        "Alice",
        "Amélie",
        "Anaïs",
        "Anne",
        "Aurélie",
        "Béatrice",
        "Brigitte",
        "Camille",
        "Caroline",
        "Catherine",
        "Cécile",
        "Céline",
        "Chloé",
        "Claire",
        "Clémence",
        "Corinne",
        "Delphine",
        "Élise",
        "Élodie",
        "Émilie",
        "Estelle",
        "Eugénie",
        "Fanny",
        "Florence",
        "Françoise",
        "Gaëlle",
        "Geneviève",
        "Hélène",
        "Inès",
        "Isabelle",
        "Jeanne",
        "Joëlle",
        "Julie",
        "Justine",
        "Laëtitia",
        "Léa",
        "Lucie",
        "Manon",
        "Margaux",
        "Marie",
        "Marion",
        "Mathilde",
        "Maud",
        "Mélanie",
        "Nadège",
        "Nathalie",
        "Noémie",
        "Océane",
        "Odile",
        "Pauline",
        "Sabine",
        "Solène",
        "Sophie",
        "Sylvie",
        "Valérie",
        "Zoé",
    ],
}
BEGINNINGS = [
    "Al",
    "Au",
    "Bar",
    "Beau",
    "Bel",
    "Ber",
    "Bois",
    "Bon",
    "Bou",
    "Bri",
    "Cha",
    "Cham",
    "Châ",
    "Clé",
    "Cor",
    "Cou",
    "Dau",
    "De",
    "Des",
    "Du",
    "Fau",
    "Fer",
    "Fon",
    "Gau",
    "Gi",
    "Gré",
    "Gui",
]
BEGINNINGS += [
    "Ha",
    "Hu",
    "Jac",
    "La",
    "Le",
    "Lé",
    "Ma",
    "Mar",
    "Mé",
    "Mi",
    "Mon",
    "Mou",
    "Na",
    "Ou",
    "Pa",
    "Pé",
    "Pel",
    "Per",
    "Poi",
    "Pré",
    "Ra",
    "Re",
    "Ri",
    "Ro",
    "Rou",
    "Sau",
    "Sé",
    "Ta",
    "Thé",
    "Val",
    "Ver",
    "Vi",
]
MIDDLES = [
    "ba",
    "bo",
    "cha",
    "che",
    "de",
    "di",
    "fe",
    "ga",
    "gne",
    "la",
    "le",
    "li",
    "lo",
    "ma",
    "me",
    "na",
    "ni",
    "no",
    "que",
    "ra",
    "re",
    "ri",
    "ro",
    "sa",
    "se",
    "ta",
    "te",
    "ti",
    "vi",
    "vo",
]
ENDINGS = [
    "ard",
    "aud",
    "eau",
    "elle",
    "er",
    "et",
    "ette",
    "ier",
    "in",
    "on",
    "oux",
    "ot",
    "our",
    "ric",
    "rd",
    "ssac",
    "sson",
    "teau",
    "ty",
    "vain",
    "vet",
    "y",
    "é",
    "ès",
]
STREETS = ["rue", "avenue", "boulevard", "impasse", "chemin", "place", "allée", "quai"]
STREET_NAMES = [
    "des Tilleuls",
    "du Moulin",
    "de l’Église",
    "des Écoles",
    "de la Gare",
    "du Château",
    "des Acacias",
    "de la République",
    "du Lavoir",
    "des Peupliers",
    "de la Fontaine",
    "du Stade",
    "des Vergers",
    "du Général-Fictif",
    "de la Mairie",
    "des Lilas",
    "du Vieux-Pont",
]
DEPARTMENTS = [f"{code:02d}" for code in range(1, 96) if code != 20]
LEGAL_FORMS = ["SARL", "SAS", "SA", "EURL", "SCI"]
ASSOCIATIONS = [
    "Amicale",
    "Club sportif",
    "Comité des fêtes",
    "Chorale",
    "Foyer rural",
    "Les Amis du livre",
    "Harmonie",
]
NOTES = [
    "",
    "",
    "",
    "Préfère être appelée le matin.",
    "Rencontré au salon des entrepreneurs.",
    "Payeur ponctuel.",
]
LANDLINES = ["019900", "026191", "035301", "046571", "053649"]
PER_RANGE = 10_000


def plain(text: str) -> str:
    letters = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().lower()
    return "".join(letter if letter.isalnum() else "-" for letter in letters).strip("-")


def _luhn(digits: str) -> str:
    total = 0
    for place, digit in enumerate(reversed(digits)):
        value = int(digit) * (2 - place % 2)
        total += value - 9 if value > 9 else value
    return str(-total % 10)


def _siret(rank: int, prefix: str) -> str:
    siren = f"{prefix}{rank:06d}"
    siren += _luhn(siren)
    return siren + "0001" + _luhn(siren + "0001")


def vat_number(siret: str) -> str:
    return f"FR{(12 + 3 * (int(siret[:9]) % 97)) % 97:02d}{siret[:9]}"


def clients(count: int, *, prefix: str = "29", seed: int = SEED) -> Iterator[dict[str, Any]]:
    """The fields of each client: 60 % individuals, 30 % professionals, 10 % associations."""
    draw = random.Random(f"{seed} {prefix}")
    kinds = ["individual"] * 6 + ["professional"] * 3 + ["association"]
    for rank in range(1, count + 1):
        kind = draw.choice(kinds)
        person = _person(draw, rank)
        client = {"kind": kind, "created_on": TODAY - timedelta(days=draw.randrange(6 * 365)), **_place(draw)}
        client["notes"] = draw.choice(NOTES)
        if kind == "individual":
            client |= person
            client["birth_date"] = date(1940, 1, 1) + timedelta(days=draw.randrange(60 * 365))
        elif kind == "professional":
            client |= _company(draw, rank, prefix, person)
        else:
            client["association_name"] = (
                f"{draw.choice(ASSOCIATIONS)} {person['last_name']} de {client['city']}"
            )
            client["rna"] = f"W{draw.randrange(10, 95)}{prefix[1]}{rank % 1_000_000:06d}"
        name = f"{plain(person['first_name'])}.{plain(person['last_name'])}"
        client["email"] = f"{name}{rank}@{draw.choice(['exemple', 'courrier', 'poste'])}{prefix}.example"
        yield client


def _person(draw: random.Random, rank: int) -> dict[str, str]:
    civility = draw.choice(["M", "MME"])
    last_name = draw.choice(BEGINNINGS) + draw.choice(MIDDLES) + draw.choice(ENDINGS)
    if rank % RARE_EVERY == 3_333:
        last_name = RARE_NAME
    return {"civility": civility, "first_name": draw.choice(FIRST_NAMES[civility]), "last_name": last_name}


def _company(draw: random.Random, rank: int, prefix: str, person: dict[str, str]) -> dict[str, str]:
    siret = _siret(rank % 1_000_000, prefix)
    return {
        "legal_name": f"{draw.choice(BEGINNINGS)}{draw.choice(ENDINGS)} {person['last_name']} {draw.choice(LEGAL_FORMS)}",
        "trade_name": draw.choice(["", f"Au {person['last_name']}"]),
        "siret": siret,
        "vat_number": vat_number(siret),
    }


def _place(draw: random.Random) -> dict[str, str]:
    department = draw.choice(DEPARTMENTS)
    town = f"{draw.choice(BEGINNINGS)}{draw.choice(ENDINGS)}-{draw.choice(['sur', 'lès', 'en'])}-{draw.choice(BEGINNINGS)}y"
    street = f"{draw.randrange(1, 200)} {draw.choice(STREETS)} {draw.choice(STREET_NAMES)}"
    return {"street": street, "postcode": f"{department}{draw.randrange(0, 99):02d}0", "city": town}


def mobile(rank: int) -> str:
    """Six clients in ten have a mobile, many in common since the range is small; that of KNOWN is theirs alone."""
    if rank == KNOWN:
        return f"+3363998{PER_RANGE - 1}"
    return f"+3363998{rank % (PER_RANGE - 1):04d}" if rank % 10 < 6 else ""


def landline(rank: int) -> str:
    """One line of a file in two holds a landline: 50,000 different ones."""
    place = rank // 2
    return f"{LANDLINES[place % 5]}{place // 5 % PER_RANGE:04d}" if rank % 2 == 0 else ""


def subscriptions(clients_count: int) -> Iterator[dict[str, Any]]:
    """Two a client on average: one year each, some over, some to come."""
    draw = random.Random(SEED * 7)
    for _ in range(2 * clients_count):
        subscribed_on = TODAY - timedelta(days=draw.randrange(-30, 1100))
        yield {
            "client": draw.randrange(1, clients_count + 1),
            "plan": draw.randrange(1, PLANS + 1),
            "subscribed_on": subscribed_on,
            "ends_on": subscribed_on + timedelta(days=364),
            "price": Decimal(draw.randrange(900, 90000)) / 100,
        }


# Heading of a file for people -> field, in the order of the columns.
COLUMNS = {
    "Référence externe": "external_reference",
    "Type": "kind",
    "Civilité": "civility",
    "Nom": "last_name",
    "Prénom": "first_name",
    "Date de naissance": "birth_date",
    "Raison sociale": "legal_name",
    "Nom commercial": "trade_name",
    "SIRET": "siret",
    "N° TVA intracommunautaire": "vat_number",
    "Nom de l’association": "association_name",
    "N° RNA": "rna",
    "E-mail": "email",
    "Téléphone fixe": "landline",
    "Adresse": "street",
    "Code postal": "postcode",
    "Ville": "city",
    "Notes": "notes",
}
WORDS = {
    "individual": "Particulier",
    "professional": "Professionnel",
    "association": "Association",
    "M": "M.",
    "MME": "Mme",
}


def write_import_file(path: Path, count: int, *, is_for_people: bool) -> None:
    """The same lines twice: as a French office writes them, or as import-export wants them (field names, ISO dates)."""
    with path.open("w", encoding="utf-8-sig" if is_for_people else "utf-8", newline="") as file:
        lines = csv.writer(file, delimiter=";" if is_for_people else ",")
        lines.writerow(COLUMNS if is_for_people else COLUMNS.values())
        for rank, client in enumerate(clients(count, prefix="28"), 1):
            client |= {"external_reference": f"R-{rank:06d}", "landline": landline(rank)}
            lines.writerow([_cell(client.get(field, ""), is_for_people) for field in COLUMNS.values()])


def _cell(value: Any, is_for_people: bool) -> str:
    if isinstance(value, date):
        return f"{value:%d/%m/%Y}" if is_for_people else value.isoformat()
    return WORDS.get(value, value) if is_for_people else value
