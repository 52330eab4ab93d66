"""S0-08, S0-09: what a line may change, what it resembles, and what it says when it may not."""

from datetime import date
from decimal import Decimal

import pytest

from crm.clients.models import Client, NotDuplicate, NumberCounter, Tag
from crm.exchange import services
from crm.exchange.importing import headings
from crm.exchange.importing.client_columns import KIND
from crm.exchange.models import ImportRun
from crm.exchange.sources import Unreadable
from crm.products.models import Plan, Subscription
from crm.timeline.models import Entry
from tests import factories
from tests.exchange.importing import NOW, applied, finish, lines_of, make_plans, rehearsed, verdicts

pytestmark = pytest.mark.django_db

PEOPLE = "N° client;Nom;Prénom;E-mail;Code postal\r\n"


def reasons(run: ImportRun, line: int) -> list[str]:
    return [f"{heading} {message}" for heading, message in lines_of(run)[line].reasons]


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        (["N° client", "Nom", "Prénom", "E-mail"], "individual"),
        (["PRENOM", "nom", "COURRIEL"], "individual"),
        (["Raison sociale", "SIRET"], "professional"),
        (["Nom de l'association", "N° RNA"], "association"),
        (["N° client", "Formule", "Date de fin"], "subscription"),
        (["Nom", "Prix HT", "Durée (mois)"], "plan"),
        (["Type", "Nom", "Prénom"], "client"),
        (["Alpha", "Bêta"], ""),
    ],
)
def test_what_a_file_holds_is_recognised_by_its_headings(found, expected):
    assert headings.target_of(found) == expected


@pytest.mark.parametrize(
    ("software", "target", "found"),
    [
        (
            "EBP",
            "professional",
            {
                "Code (tiers)": "identifier",
                "Nom": "legal_name",
                "SIRET": "siret",
                "Numéro de TVA intracommunautaire": "vat_number",
                "Nom (contact) (facturation)": "last_name",
                "Adresse 1 (facturation)": "street",
                "Adresse 2 (facturation)": "street_2",
                "Code postal (facturation)": "postcode",
                "Code Pays (facturation)": "country",
                "Téléphone portable (facturation)": "mobile",
                "E-mail (facturation)": "email",
                "Notes en texte brut": "notes",
            },
        ),
        (
            "Galette",
            "individual",
            {
                "nom_adh": "last_name",
                "prenom_adh": "first_name",
                "ddn_adh": "birth_date",
                "adresse_adh": "street",
                "cp_adh": "postcode",
                "ville_adh": "city",
            },
        ),
        (
            "Dolibarr",
            "professional",
            {
                "Nom*": "legal_name",
                "Code client": "identifier",
                "Téléphone": "landline",
                "Email": "email",
                "SIREN": "siren",
                "NAF (Ex APE)": "activity_code",
                "Num TVA": "vat_number",
            },
        ),
        (
            "HelloAsso",
            "individual",
            {
                "Nom adhérent": "last_name",
                "Prénom adhérent": "first_name",
                "Email payeur": "email",
                "Référence commande": "",
            },
        ),
    ],
)
def test_the_headings_of_other_software_are_recognised(software, target, found):
    assert headings.recognised(list(found), target) == found, software


def test_a_field_chosen_by_a_person_is_proposed_for_the_next_file_with_that_heading():
    content = "Nom;Prénom;Machin\r\nPetit;Chloé;VIP\r\n"
    rehearsed(content, mapping={"Machin": "tags"})

    assert headings.proposed(["NOM", "prenom", "MACHIN"], "individual")["MACHIN"] == "tags"
    rehearsed(content, mapping={"Machin": ""})
    assert headings.proposed(["Machin"], "individual")["Machin"] == ""


def test_our_number_updates_when_the_name_agrees_and_a_blank_cell_erases_nothing():
    known = factories.individual(
        last_name="Petit", first_name="Chloé", email="chloe@example.org", city="Lyon"
    )

    run = applied(f"N° client;Nom;Prénom;E-mail;Ville\r\n{known.code};PETIT;Chloe;;Paris\r\n")

    known.refresh_from_db()
    assert (known.email, known.city, known.last_name) == ("chloe@example.org", "Paris", "PETIT")
    assert lines_of(run)[1].warnings[-1] == ["Ville", "Lyon", "Paris"]
    assert verdicts(run) == {1: "changed"}


def test_our_number_is_refused_when_neither_name_nor_e_mail_agrees():
    known = factories.individual(last_name="Petit", first_name="Chloé")

    run = rehearsed(PEOPLE + f"{known.code};Durand;Marc;marc@example.org;\r\n")

    assert verdicts(run) == {1: "refused"}
    assert "Petit Chloé" in reasons(run, 1)[0]
    assert Client.objects.count() == 1


def test_the_external_reference_updates_whatever_the_name():
    known = factories.professional(external_reference="X-9", legal_name="Ancien nom")

    run = applied("Code client;Raison sociale\r\nX-9;Nouveau nom\r\n")

    known.refresh_from_db()
    assert (verdicts(run), known.legal_name) == ({1: "changed"}, "Nouveau nom")


def test_a_record_of_another_kind_is_not_changed():
    factories.professional(external_reference="X-9")

    run = rehearsed("Code client;Nom;Prénom\r\nX-9;Petit;Chloé\r\n")

    assert verdicts(run) == {1: "refused"}


def test_a_file_imported_twice_adds_nothing_the_second_time():
    content = (
        PEOPLE + ";Petit;Chloé;chloe@example.org;69003\r\nCLT-050;Durand;Marc;marc@example.org;69003\r\n"
    )
    applied(content)

    again = rehearsed(content)

    assert verdicts(again) == {1: "duplicate", 2: "unchanged"}
    with pytest.raises(services.NotPossible):
        services.confirm(again, now=NOW)
    assert Client.objects.count() == 2


def test_a_client_written_since_the_rehearsal_stops_the_line_that_resembles_it():
    run = rehearsed(PEOPLE + ";Petit;Chloé;chloe@example.org;\r\n;Durand;Marc;marc@example.org;\r\n")
    factories.individual(last_name="Autre", first_name="Nom", email="chloe@example.org")

    services.confirm(run, now=NOW)
    finish(run)

    assert verdicts(run) == {1: "duplicate", 2: "new"}
    assert (run.count_of("created"), run.count_of("duplicate"), Client.objects.count()) == (1, 1, 2)


def test_a_number_taken_since_the_rehearsal_refuses_its_line():
    run = rehearsed(PEOPLE + "CLT-003;Petit;Chloé;;\r\n")
    factories.individual(last_name="Autre", number=3)

    services.confirm(run, now=NOW)
    finish(run)

    assert verdicts(run) == {1: "refused"}
    assert Client.objects.count() == 1


@pytest.mark.parametrize("decision", ["create", "update", "skip"])
def test_a_possible_duplicate_ends_as_the_person_decides(decision):
    known = factories.individual(last_name="Petit", first_name="Chloé", email="chloe@example.org", number=1)
    run = rehearsed(PEOPLE + ";Petit;Chloe;chloe@example.org;69003\r\n;Durand;Marc;;\r\n")
    assert verdicts(run) == {1: "duplicate", 2: "new"}

    assert services.decide(run, lines=[1], decision=decision, now=NOW) == 1
    finish(services.confirm(run, now=NOW))

    known.refresh_from_db()
    assert Client.objects.count() == (3 if decision == "create" else 2)
    assert known.postcode == ("69003" if decision == "update" else "")
    assert NotDuplicate.objects.count() == (decision == "create")


def test_duplicates_may_be_decided_after_the_others_are_written():
    run = applied(PEOPLE + ";Petit;Chloé;chloe@example.org;\r\n;Petite;Chloé;chloe@example.org;\r\n")
    assert (Client.objects.count(), run.count_of("duplicate")) == (1, 1)

    services.decide(run, lines=None, decision="create", now=NOW)
    finish(services.confirm(run, now=NOW))

    assert Client.objects.count() == 2
    assert NotDuplicate.objects.count() == 1


def test_two_lines_of_one_client_are_its_creation_then_its_change():
    run = applied(
        "Code client;Nom;Prénom;Ville;Étiquettes\r\nX-1;Petit;Chloé;Lyon;A\r\nX-1;Petit;Chloé;Paris;B\r\n"
    )

    client = Client.objects.get()
    assert (verdicts(run), client.city) == ({1: "new", 2: "changed"}, "Paris")
    assert sorted(client.tags.values_list("name", flat=True)) == ["A", "B"]
    assert [row.history_type for row in client.history.order_by("history_id")] == ["+", "~"]


def test_each_record_has_a_signed_history_row_and_a_timeline_entry(administrator):
    run = applied(PEOPLE + ";Petit;Chloé;;\r\n", by=administrator)

    client = Client.objects.get()
    row = client.history.get()
    assert (row.history_user, row.history_change_reason) == (administrator, f"Import n°\xa0{run.pk}, ligne 1")
    assert (row.last_name, row.history_type) == ("Petit", "+")
    assert Entry.objects.get().by == administrator


def test_tags_of_the_file_are_created_once_whatever_their_case():
    Tag.objects.create(name="VIP")

    run = applied("Nom;Prénom;Étiquettes\r\nPetit;Chloé;vip, Salon\r\nDurand;Marc;SALON\r\n")

    assert sorted(Tag.objects.values_list("name", flat=True)) == ["Salon", "VIP"]
    assert run.new_tags == ["Salon"]


def test_a_typing_slip_in_a_refused_number_does_not_use_up_the_counter():
    applied(PEOPLE + "CLT-99999998;;Chloé;;\r\nCLT-5;Durand;Marc;;\r\n;Noir;Zoé;;\r\n")

    assert NumberCounter.objects.get().last == 6
    assert sorted(Client.objects.values_list("number", flat=True)) == [5, 6]


def test_a_column_of_a_line_with_too_many_cells_is_never_shifted_in_silence():
    run = rehearsed("Nom;Prénom\r\nPetit;Chloé;69003\r\n")

    assert verdicts(run) == {1: "refused"}


def test_a_file_of_several_kinds_says_the_kind_of_each_line():
    run = applied(
        "Type;Nom;Prénom;Raison sociale\r\nParticulier;Petit;Chloé;\r\nProfessionnel;;;Le Pain\r\n;X;Y;\r\n"
    )

    assert verdicts(run) == {1: "new", 2: "new", 3: "refused"}
    assert sorted(Client.objects.values_list("kind", flat=True)) == ["individual", "professional"]
    assert KIND.key in run.mapping.values()


def test_a_file_past_the_limit_of_rows_is_refused_before_anything_is_kept():
    organisation = services.Organisation.objects.current()
    organisation.import_max_rows = 2
    organisation.save()

    with pytest.raises(Unreadable, match="2"):
        rehearsed(PEOPLE + ";Petit;Chloé;;\r\n" * 3)
    assert not ImportRun.objects.exists()


def test_a_long_file_past_the_limit_is_refused_by_the_rehearsal():
    organisation = services.Organisation.objects.current()
    organisation.import_max_rows = 20
    organisation.save()

    run = rehearsed(PEOPLE + ";Petit;Chloé;;\r\n" * 30)

    assert (run.state, run.lines.count()) == ("failed", 0)
    assert "20" in run.failure


# Formules and subscriptions

TERMS = "N° client;Formule;Date de souscription;Date de fin;Prix HT;Taux TVA\r\n"


def term(client: Client, start: str, end: str, *, plan: str = "Confort") -> str:
    return f"{client.code};{plan};{start};{end};19,99;20\r\n"


def test_consecutive_terms_renew_each_other_whatever_their_order_in_the_file():
    make_plans()
    client = factories.individual()
    content = TERMS + (
        term(client, "28/02/2026", "30/03/2026")
        + term(client, "31/01/2026", "27/02/2026")
        + term(client, "31/03/2026", "29/04/2026")
        + term(client, "01/06/2026", "30/06/2026")
    )

    applied(content)

    first, second, third, apart = Subscription.objects.order_by("subscribed_on")
    assert (second.renews, third.renews, apart.renews) == (first, second, None)
    assert {first.anchor_on, second.anchor_on, third.anchor_on} == {date(2026, 1, 31)}
    assert apart.anchor_on == date(2026, 6, 1)


def test_a_term_renews_the_one_that_is_on_file():
    make_plans()
    client = factories.individual()
    before = factories.subscription(
        client, Plan.objects.get(name="Confort"), subscribed_on=date(2026, 1, 1), ends_on=date(2026, 1, 31)
    )

    applied(TERMS + term(client, "01/02/2026", "28/02/2026"))

    assert Subscription.objects.latest("pk").renews == before


def test_a_subscription_already_on_file_is_unchanged_and_another_on_that_day_waits():
    make_plans()
    client = factories.individual()
    applied(TERMS + term(client, "01/02/2026", "28/02/2026"))

    run = rehearsed(
        TERMS + term(client, "01/02/2026", "28/02/2026") + term(client, "01/02/2026", "31/03/2026")
    )

    assert verdicts(run) == {1: "unchanged", 2: "duplicate"}


def test_an_email_that_several_clients_share_finds_nobody():
    make_plans()
    for first in ("Chloé", "Marc"):
        factories.individual(first_name=first, email="famille@example.org")

    run = rehearsed(
        "E-mail client;Formule;Date de souscription;Date de fin;Prix HT\r\nfamille@example.org;Confort;01/02/2026;28/02/2026;19,99\r\n"
    )

    assert verdicts(run) == {1: "refused"}
    assert "2" in reasons(run, 1)[0]


def test_a_subscription_finds_its_client_by_siret():
    make_plans()
    client = factories.professional(siret="29800011800018")

    applied(
        "SIRET client;Formule;Date de souscription;Date de fin;Prix HT\r\n298 000 118 00018;Pro;01/02/2026;31/01/2027;480\r\n"
    )

    assert Subscription.objects.get().client == client


def test_a_rate_of_zero_comma_two_that_nothing_confirms_is_refused():
    make_plans()
    client = factories.individual()

    run = rehearsed(TERMS + f"{client.code};Confort;01/02/2026;28/02/2026;19,99;0,2\r\n")

    assert verdicts(run) == {1: "refused"}


def test_an_unknown_formule_is_created_from_the_rehearsal_when_the_user_says_so(administrator):
    client = factories.individual()
    run = rehearsed(TERMS + term(client, "01/02/2026", "28/02/2026", plan="Découverte"), by=administrator)
    assert (verdicts(run), list(run.unknown_plans)) == ({1: "refused"}, ["Découverte"])

    services.create_plan(run, name="Découverte", by=administrator, now=NOW)
    finish(run)

    assert verdicts(run) == {1: "new"}
    plan = Plan.objects.get()
    assert (plan.name, plan.price_excl_tax, plan.vat_rate) == ("Découverte", Decimal("19.99"), Decimal("20"))


def test_formules_are_known_by_their_name():
    make_plans()
    content = "Nom;Prix HT;Taux TVA;Facturation;Durée (mois)\r\nCONFORT;25;20;mensuelle;12\r\nNeuve;5;20;annuelle;12\r\nPro;480;20;annuelle;12\r\n;3;20;M;1\r\n"

    run = applied(content)

    assert verdicts(run) == {1: "changed", 2: "new", 3: "unchanged", 4: "refused"}
    assert Plan.objects.get(name="Confort").price_excl_tax == 25
    assert (
        Plan.objects.get(name="Neuve").history.get().history_change_reason
        == f"Import n°\xa0{run.pk}, ligne 2"
    )


def test_a_billing_period_that_nobody_knows_is_never_said_to_be_near_another():
    """Every two months is not every three, however alike the words are."""
    client, plan = factories.individual(), factories.plan()
    heading = "N° client;Formule;Date de souscription;Date de fin;Prix HT;Facturation\r\n"
    run = rehearsed(f"{heading}{client.code};{plan.name};01/02/2026;31/03/2026;10;bimestrielle\r\n")

    assert lines_of(run)[1].reasons == [
        [
            "Facturation",
            "Valeur inconnue : « bimestrielle ». Écrivez mensuelle, trimestrielle, semestrielle ou annuelle.",
        ]
    ]
