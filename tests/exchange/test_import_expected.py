"""The four trial files, line by line (S0-08, G5, G6): what each contains that is wrong, and how it ends."""

import pytest
import time_machine
from django.core.cache import caches
from django.db import transaction

from crm.clients.models import Client
from crm.exchange import services
from crm.exchange.models import ImportLine, ImportRun
from crm.products.models import Subscription
from tests.exchange.importing import DATA, FILES, NOW, finish, make_plans

pytestmark = pytest.mark.django_db

# line → (verdict, what is put right, headings of the reasons, line it looks like); absent: new, nothing to say.
Expected = dict[int, tuple[str, dict[str, tuple[str, str]], set[str], int | None]]


def changed(pairs: dict[str, tuple[str, str]], verdict: str = "new"):
    return (verdict, pairs, set(), None)


def refused(*headings: str):
    return ("refused", {}, set(headings), None)


def duplicate_of(line: int):
    return ("duplicate", {}, set(), line)


VAT = "N° TVA intracommunautaire"
EXPECTED: dict[str, Expected] = {
    "individual": {
        2: changed({"Mobile": ("06.39.98.00.02", "+33639980002")}),
        3: changed(
            {
                "Civilité": ("Mr", "M."),
                "Nom": ("  MARTIN ", "MARTIN"),
                "Prénom": ("jean-pierre", "Jean-Pierre"),
                "Pays": ("FRANCE", "France"),
                "E-mail": ("JP.MARTIN@Example.ORG ", "jp.martin@example.org"),
                "Mobile": ("0639980003", "+33639980003"),
                "Date de naissance": ("3/7/90", "03/07/1990"),
                "Langue": ("FR", "fr"),
                "Date de création": ("12-01-2023", "12/01/2023"),
            }
        ),
        4: changed(
            {
                "Civilité": ("Mlle", "Mme"),
                "Code postal": ("1000", "01000"),
                "Mobile": ("639980004", "+33639980004"),
            }
        ),
        5: changed(
            {
                "Civilité": ("Madame", "Mme"),
                "Code postal": ("6000", "06000"),
                "Téléphone": ("+33 (0)1 99 00 00 05", "+33199000005"),
                "Date de naissance": ("12 mars 1990", "12/03/1990"),
                "Pays de naissance": ("FR", "France"),
            }
        ),
        6: changed(
            {
                "Nom": ("LEFÈVRE", "LEFEVRE"),
                "Prénom": ("Amélie", "Amelie"),
                "Adresse": ("12 rue des Tilleuls", "12 r. des Tilleuls"),
                "Ville": ("LYON", "Lyon"),
                "Ville de naissance": ("Lyon", "LYON"),
            },
            "changed",
        ),
        7: duplicate_of(1),
        8: duplicate_of(2),
        9: refused("Code postal", "E-mail", "Date de naissance"),
        10: refused("Date de naissance"),
        14: changed({"Pays": ("Martinique", "France"), "Mobile": ("0696 01 23 45", "+596696012345")}),
        15: changed(
            {
                "Pays": ("Réunion", "France"),
                "Téléphone": ("0262 20 00 15", "+262262200015"),
                "Pays de naissance": ("La Réunion", "France"),
            }
        ),
        16: changed(
            {"Date de naissance": ("1985/06/07", "07/06/1985"), "Pays de naissance": ("España", "Espagne")}
        ),
        17: refused("E-mail", "Mobile"),
        18: refused("Date de naissance"),
        19: refused("Date de naissance"),
        20: changed({"Civilité": ("Dr", "non précisée (titre Dr gardé à part)")}),
        22: changed({"Nom": ('=HYPERLINK("http://example.invalid";"clic")',) * 2}),
        29: changed(
            {
                "Code postal": ("75 018", "75018"),
                "Pays": ("france", "France"),
                "Date de naissance": ("18/11/1981 00:00", "18/11/1981"),
                "Pays de naissance": ("france", "France"),
            }
        ),
        30: duplicate_of(29),
        32: refused("Nom", "Prénom"),
    },
    "professional": {
        2: changed(
            {"SIRET": ("298 000 126 00011", "29800012600011"), VAT: ("FR84 298 000 126", "FR84298000126")}
        ),
        3: refused("SIRET"),
        4: refused("SIRET"),
        5: refused("SIRET"),
        6: refused(VAT),
        11: refused(VAT),
        12: changed({VAT: ("GR099990016", "EL099990016")}),
        13: duplicate_of(2),
        15: refused("SIRET"),
        16: refused("SIRET", VAT),
        17: changed(
            {"SIRET": ("'29800022500011", "29800022500011"), VAT: ("fr90298000225", "FR90298000225")}
        ),
        18: changed(
            {
                "Pays": ("La Réunion", "France"),
                "Téléphone bureau": ("0262 20 01 18", "+262262200118"),
                "Mobile responsable": ("0692 00 01 18", "+262692000118"),
            }
        ),
        21: changed(
            {
                "Raison sociale": ("   Consulting   Nébuleuse  ", "Consulting Nébuleuse"),
                "Statut juridique": ("SAS ", "SAS"),
                "SIRET": ("29800026600015 ", "29800026600015"),
                "Code APE": ("70.22Z ", "70.22Z"),
                VAT: (" FR19298000266", "FR19298000266"),
                "E-mail": ("iris@nebuleuse.example ", "iris@nebuleuse.example"),
            }
        ),
        25: refused("Code APE"),
        27: refused(VAT),
    },
    "association": {
        2: changed({"N° RNA": ("w351000002", "W351000002")}),
        3: changed({"N° RNA": ("W 011 000 003", "W011000003")}),
        4: refused("N° RNA"),
        5: refused("N° RNA"),
        6: changed({"Téléphone": ("0262 20 02 06", "+262262200206")}),
        9: refused("Date de publication au JO"),
        10: duplicate_of(1),
        12: changed({"Nom de l'association": ("Jardins partagés\ndu Quai", "Jardins partagés du Quai")}),
        16: refused("SIREN"),
        17: refused("Date de déclaration en préfecture"),
        18: refused("N° RNA"),
        22: duplicate_of(21),
        23: refused("Nom de l'association"),
    },
    "subscription": {
        3: changed({"Formule": ("CONFORT", "Confort")}),
        4: changed({"Prix HT": ("1 234,50 €", "1234,50"), "Prix TTC": ("1 481,40 €", "1481,40")}),
        5: refused("N° client"),
        9: changed({"Taux TVA": ("0,2", "20"), "Facturation": ("M", "mensuelle")}),
        11: changed({"Taux TVA": ("exo", "0")}),
        13: changed({"Taux TVA": ("", "0")}),
        14: changed({"Prix TTC": ("570,00", "576,00")}),
        15: refused("N° client", "Date de fin"),
        16: refused("N° client"),
        19: ("unchanged", {}, set(), 1),
        20: refused("N° client", "Formule"),
        21: refused("N° client"),
        29: refused("N° client", "E-mail client", "Date de fin"),
        30: refused("Prix HT"),
        33: changed({"Facturation": ("An", "annuelle")}),
        34: changed(
            {"Date de souscription": ("1/1/26", "01/01/2026"), "Date de fin": ("31/1/26", "31/01/2026")}
        ),
        35: changed({"Prix HT": ("10,005", "10,01")}),
        36: refused("N° client"),
        37: refused("N° client", "Prix HT"),
        38: refused("Formule", "Facturation"),
    },
}
LENGTHS = {"individual": 32, "professional": 28, "association": 24, "subscription": 38}
CASES = [(target, line) for target, length in LENGTHS.items() for line in range(1, length + 1)]


@pytest.fixture(scope="module")
def imported(django_db_setup, django_db_blocker):
    """The four files, in their order, in an empty base with its formules; rolled back at the end."""
    # What the story before remembered of the settings: it is forgotten for each story, and this is before any.
    caches["memory"].clear()
    with django_db_blocker.unblock(), time_machine.travel(NOW, tick=False), transaction.atomic():
        make_plans()
        found = {}
        for target, name in FILES.items():
            with (DATA / name).open("rb") as file:
                run = services.send(file, name, by=None, now=NOW)
            assert run.target == target
            finish(services.rehearse(run, now=NOW))
            finish(services.confirm(run, now=NOW))
            lines = {line.line: line for line in ImportLine.objects.filter(run=run)}
            found[target] = (ImportRun.objects.get(pk=run.pk), lines)
        found["clients"] = {client.code: client for client in Client.objects.all()}
        found["references"] = {
            c.external_reference: c for c in found["clients"].values() if c.external_reference
        }
        found["tags"] = {
            client.code: sorted(client.tags.values_list("name", flat=True))
            for client in found["clients"].values()
        }
        found["terms"] = {
            line.line: Subscription.objects.get(pk=line.effect.object_id)
            for line in ImportLine.objects.filter(run=found["subscription"][0]).exclude(effect=None)
        }
        transaction.set_rollback(True)
    return found


@pytest.mark.parametrize(("target", "line"), CASES)
def test_each_line_of_the_trial_files_ends_as_it_must(imported, target, line):
    verdict, warnings, headings, like = EXPECTED[target].get(line, ("new", {}, set(), None))
    row = imported[target][1][line]
    assert row.verdict == verdict
    assert {reason[0] for reason in row.reasons} == headings
    if verdict in ("new", "changed"):
        assert {heading: (before, after) for heading, before, after in row.warnings} == warnings
    assert [found["line"] for found in row.lookalikes] == ([like] if like else [])


def test_the_totals_of_the_four_files_are_right(imported):
    def totals(target: str) -> tuple[int, ...]:
        counts = imported[target][0].counts
        accepted = counts.get("new", 0) + counts.get("changed", 0)
        return (
            accepted - counts["warned"],
            counts["warned"],
            counts.get("duplicate", 0),
            counts.get("unchanged", 0),
            counts["refused"],
        )

    assert {target: totals(target) for target in FILES} == {
        "individual": (12, 11, 3, 0, 6),
        "professional": (13, 5, 1, 0, 9),
        "association": (11, 4, 2, 0, 7),
        "subscription": (18, 9, 0, 1, 10),
    }
    assert (len(imported["clients"]), len(imported["terms"])) == (55, 27)


def test_numbers_of_the_file_are_kept_and_the_others_are_none_of_them(imported):
    in_file = {f"CLT-{number:03d}" for number in range(1, 33)} - {"CLT-021"}
    (generated,) = [c for c in imported["clients"].values() if c.last_name == "Girard"]
    assert generated.code not in in_file
    assert imported["clients"]["CLT-002"].last_name == "Durand"
    assert {"CLT-009", "CLT-007", "CLT-032"}.isdisjoint(imported["clients"])


def test_what_the_file_says_is_what_is_stored(imported):
    clients = imported["clients"]
    first = clients["CLT-001"]
    assert (first.landline, first.mobile, first.preferred_language) == ("+33199000001", "+33639980001", "fr")
    assert clients["CLT-005"].street == "« Les Œillets »\n14 chemin des Écoliers"
    assert imported["tags"]["CLT-005"] == ["Parrain", "VIP"]
    assert imported["tags"]["CLT-029"] == ["Salon 2024", "VIP"]
    assert (clients["CLT-020"].civility, clients["CLT-020"].honorific) == ("", "Dr")
    assert clients["CLT-020"].street.count("\n") == 2
    assert (clients["CLT-026"].country, clients["CLT-026"].department) == ("MC", "")
    assert clients["CLT-027"].department == "2B"
    assert (clients["CLT-028"].country, clients["CLT-028"].mobile) == ("BL", "+590690000028")


def test_organisations_are_stored_as_they_are_written(imported):
    found = imported["references"]
    assert (found["PRO-009"].landline, found["PRO-009"].office_phone) == ("", "3631")
    assert (found["PRO-010"].postcode, found["PRO-010"].foreign_legal_form) == ("1000", "SRL")
    assert (found["PRO-014"].activity_code, found["PRO-014"].activity_version) == ("6210Y", "NAF2025")
    assert found["PRO-002"].street == "Immeuble Le Mirage\n4 rue du Code"
    assert found["PRO-002"].notes == "Client depuis 2019\nRappeler en septembre"
    assert found["PRO-024"].legal_name == 'Société "Guillemets"'
    assert (found["PRO-026"].country, found["PRO-028"].display_name) == ("NC", "Sans Nom")
    assert (found["A-02"].notice_number, found["A-15"].activity_code) == ("n° 887", "")
    assert f"{found['A-07'].declared_on} {found['A-07'].published_on}" == "2018-04-03 2018-04-24"


def test_subscriptions_keep_the_end_of_the_file_and_its_prices(imported):
    def shown(line: int) -> tuple[str, str, str, str]:
        term = imported["terms"][line]
        return str(term.ends_on), str(term.price_excl_tax), str(term.vat_rate), str(term.price_incl_tax)

    assert shown(2) == ("2026-02-28", "19.99", "20.00", "23.99")
    assert shown(8) == ("2027-01-31", "33.33", "5.50", "35.16")
    assert shown(9)[2:] == ("20.00", "23.99")
    assert shown(13)[2:] == ("0.00", "90.00")
    assert shown(14)[3] == "576.00"
    assert shown(22)[0] == "2026-12-22"
    assert shown(27)[2:] == ("21.00", "24.19")
    assert shown(35)[1:] == ("10.01", "20.00", "12.01")
    assert imported["terms"][17].client_id == imported["clients"]["CLT-001"].pk
    assert imported["terms"][4].description == "Service\n24h/24"
