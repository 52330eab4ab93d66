"""S0-08: the pages of an import, as a browser without script goes through them."""

import csv
import io
from datetime import UTC, datetime

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import CommandError, call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from crm.clients.models import Category, Client, Tag
from crm.exchange import report, services
from crm.exchange.models import ImportRun
from crm.products.models import Plan
from tests import factories
from tests.exchange.importing import DATA, FILES, NOW, applied, rehearsed, verdicts

pytestmark = pytest.mark.django_db
PEOPLE = "N° client;Nom;Prénom;E-mail;Code postal\r\n"


def url(name: str, run: ImportRun | None = None) -> str:
    return reverse(f"admin:exchange_importrun_{name}", args=[run.pk] if run else [])


def sent(browser, content: bytes, name: str = "clients.csv"):
    return browser.post(url("add"), {"file": SimpleUploadedFile(name, content)})


def test_a_file_goes_from_the_form_to_the_base_and_back_without_any_script(staff_client):
    response = sent(staff_client, (PEOPLE + ";Petit;Chloé;;1000\r\n;;Zoé;;\r\n").encode("cp1252"))
    run = ImportRun.objects.get()
    assert response.url == url("change", run)
    settings_page = staff_client.get(response.url).content.decode()
    assert "cp1252" in settings_page
    assert "Code postal" in settings_page

    mapping = {f"column-{place}": run.mapping[heading] for place, heading in enumerate(run.headings)}
    staff_client.post(url("rehearse", run), {"columns": "1", **mapping})
    assert "Continuer" in staff_client.get(url("change", run)).content.decode()
    staff_client.post(url("advance", run))
    rehearsal = staff_client.get(url("change", run)).content.decode()
    assert "Importer 1 ligne" in rehearsal
    assert "01000" in rehearsal

    staff_client.post(url("confirm", run))
    staff_client.post(url("advance", run))
    assert Client.objects.get().postcode == "01000"
    assert "1 fiche créée" in staff_client.get(url("change", run)).content.decode()

    assert "1 fiche qu’il a créée sera supprimée" in staff_client.get(url("undo", run)).content.decode()
    staff_client.post(url("undo", run))
    staff_client.post(url("advance", run))
    assert not Client.objects.exists()
    assert staff_client.get(url("change", run)).status_code == 200


def test_the_progress_is_told_to_the_script_of_the_page(staff_client, administrator):
    run = services.send(
        io.BytesIO((PEOPLE + ";Petit;Chloé;;\r\n").encode()), "a.csv", by=administrator, now=NOW
    )
    services.rehearse(run, now=NOW)

    answer = staff_client.post(url("advance", run), headers={"accept": "application/json"}).json()

    assert answer == {"at_work": False, "percent": 100, "text": "1 lignes sur 1"}


def test_the_reading_and_the_columns_can_be_corrected(staff_client):
    content = "nom|prénom|machin\r\nPetit|Chloé|Lyon\r\n".encode("cp850")
    sent(staff_client, content)
    run = ImportRun.objects.get()

    staff_client.post(url("settings", run), {"target": "individual", "encoding": "cp850", "separator": "|"})
    run.refresh_from_db()
    assert run.mapping == {"nom": "last_name", "prénom": "first_name", "machin": ""}
    staff_client.post(
        url("rehearse", run),
        {"columns": "1", "column-0": "last_name", "column-1": "first_name", "column-2": "city"},
    )
    staff_client.post(url("advance", run))

    run.refresh_from_db()
    assert run.lines.get().values["city"] == "Lyon"


@pytest.mark.parametrize(
    ("heading", "value", "field"),
    [
        ("Code client", "PRO-001", "Référence externe, sauf CLT-…"),
        ("Numéro", "A-01", "Référence externe, sauf CLT-…"),
        ("N° client", "CLT-001", "N° client"),
        ("N° client", "", "N° client"),
    ],
)
def test_a_column_of_numbers_that_are_not_ours_names_the_field_that_it_fills(
    staff_client, heading, value, field
):
    sent(staff_client, f"{heading};Nom;Prénom\r\n{value};Petit;Chloé\r\n".encode())

    page = staff_client.get(url("change", ImportRun.objects.get())).content.decode()

    assert f'<option value="identifier" selected>{field}</option>' in page


def test_two_columns_for_one_field_are_refused_with_its_name(staff_client):
    sent(staff_client, "Nom;Prénom\r\nPetit;Chloé\r\n".encode())
    run = ImportRun.objects.get()

    columns = {"columns": "1", "column-0": "last_name", "column-1": "last_name"}
    page = staff_client.post(url("rehearse", run), columns, follow=True).content.decode()

    assert "Deux colonnes sont données à « Nom »".replace(" ", "") in page.replace("\xa0", "").replace(
        " ", ""
    )
    run.refresh_from_db()
    assert run.state == "uploaded"


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("vide.csv", b""),
        ("photo.csv", b"\x89PNG\r\n\x1a\n" + b"\0" * 50),
        ("faux.xlsx", b"PK\3\4" + b"x" * 100),
        ("vieux.xls", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 100),
        ("titres.csv", b"Nom;Prenom\r\n"),
    ],
)
def test_a_file_that_is_not_a_table_is_refused_on_its_form(staff_client, name, content):
    response = sent(staff_client, content, name)

    assert response.status_code == 200
    assert b"errorlist" in response.content
    assert not ImportRun.objects.exists()


def test_what_the_user_called_the_file_never_reaches_the_disk(administrator):
    run = rehearsed(PEOPLE + ";Petit;Chloé;;\r\n", name="../../etc/passwd.csv", by=administrator)

    assert run.file.name.startswith("imports/")
    assert "passwd" not in run.file.name


def test_refused_lines_come_back_as_a_file_to_correct_and_send_again(staff_client, administrator):
    content = PEOPLE + "CLT-009;=1+1;Zoé;zoe@exemple;2A004\r\n;Petit;Chloé;;\r\n;;;;69003\r\n"
    run = applied(content, by=administrator)

    response = staff_client.get(url("refused", run))
    data = b"".join(response.streaming_content)

    assert response["Content-Disposition"].startswith("attachment")
    rows = list(csv.reader(io.StringIO(data.decode("utf-8-sig")), delimiter=";"))
    assert rows[0] == ["N° client", "Nom", "Prénom", "E-mail", "Code postal", "Motif du refus"]
    assert rows[1][:5] == ["CLT-009", "'=1+1", "Zoé", "zoe@exemple", "2A004"]
    assert "E-mail" in rows[1][5]
    assert "Code postal" in rows[1][5]

    corrected = data.replace(b"zoe@exemple", b"zoe@example.org").replace(b"2A004", b"20000")
    again = applied(corrected, by=administrator)
    assert verdicts(again) == {1: "new", 2: "refused"}
    assert Client.objects.get(number=9).last_name == "=1+1"
    assert "Motif du refus" not in again.lines.first().values


def test_the_report_costs_the_same_queries_for_one_line_and_for_three(staff_client, administrator):
    known = [factories.individual(last_name=f"Nom{n}", email=f"{n}@example.org") for n in range(3)]

    def cost(count: int) -> int:
        rows = "".join(f";Nom{n};Autre;{n}@example.org;\r\n" for n in range(count))
        run = rehearsed(PEOPLE + rows, by=administrator)
        assert set(verdicts(run).values()) == {"duplicate"}
        staff_client.get(url("change", run))
        with CaptureQueriesContext(
            connection,
        ) as queries:
            page = staff_client.get(url("change", run)).content.decode()
        assert known[0].code in page
        return len(queries)

    assert cost(1) == cost(3)


def test_the_report_stays_light_whatever_the_file(staff_client, administrator):
    rows = "".join(f";  nom{n} ;zoe;ZOE{n}@EXAMPLE.ORG;1000\r\n" for n in range(300))
    run = rehearsed(PEOPLE + rows, by=administrator)

    page = staff_client.get(url("change", run))

    assert page.content.count(b'id="ligne-') == report.PAGE
    assert len(page.content) < 200_000
    last = staff_client.get(url("change", run) + f"?resultat=warned&page={300 // report.PAGE}")
    assert last.content.count(b'id="ligne-') == report.PAGE


def test_duplicates_are_decided_from_their_tab(staff_client, administrator):
    known = factories.individual(last_name="Petit", first_name="Chloé", email="chloe@example.org")
    run = rehearsed(
        PEOPLE + ";Petit;Chloe;chloe@example.org;69003\r\n;Petite;Chloé;chloe@example.org;\r\n",
        by=administrator,
    )

    staff_client.post(url("decide", run), {"line": "1", "decision": "update", "chosen": "0"})
    staff_client.post(url("decide", run), {"decision": "skip"})

    assert dict(run.lines.values_list("line", "decision")) == {1: "update", 2: "skip"}
    staff_client.post(url("confirm", run))
    staff_client.post(url("advance", run))
    known.refresh_from_db()
    assert (known.postcode, Client.objects.count()) == ("69003", 1)


def told(response) -> dict[int, list[list[tuple]]]:
    """Line → what would change of each record that may be chosen."""
    page = response.context["page"]
    return {one.line.line: [like.changes for like in one.choices] for one in page}


def test_all_that_an_update_would_change_is_shown_on_the_line_before_one_decides(staff_client, administrator):
    """Of the trial file, only a space in the first name was told of line 7; five fields changed."""
    run = rehearsed((DATA / FILES["individual"]).read_bytes(), by=administrator)
    duplicates = url("change", run) + "?resultat=duplicate"

    (changes,) = told(staff_client.get(duplicates))[7]

    assert [tuple(one) for one in changes] == [
        ("Nom", "LEFEVRE", "Lefèvre"),
        ("Prénom", "Amelie", "Amélie"),
        ("Adresse", "12 r. des Tilleuls", "12 rue des Tilleuls"),
        ("Ville", "Lyon", "LYON 03"),
        ("E-mail", "amelie.lefevre@example.org", "a.lefevre@example.net"),
        ("Ville de naissance", "LYON", "Lyon"),
    ]
    before = staff_client.get(duplicates).content.decode()
    assert "<del>amelie.lefevre@example.org</del> → <ins>a.lefevre@example.net</ins>" in before

    staff_client.post(url("decide", run), {"line": "7", "decision": "update", "chosen": "0"})
    assert told(staff_client.get(duplicates))[7] == [changes]
    staff_client.post(url("confirm", run))
    staff_client.post(url("advance", run))
    written = Client.objects.get(email="a.lefevre@example.net").history.all()[:2]
    delta = written[0].diff_against(written[1])
    assert {change.field for change in delta.changes} - {"updated_at", *Client.DERIVED} == {
        "last_name",
        "first_name",
        "street",
        "city",
        "email",
        "birth_city",
    }


def test_a_text_that_a_spreadsheet_would_run_is_said_to_be_kept_as_it_is(staff_client, administrator):
    """Line 22 of the trial file: the same text stood before and after the arrow, without a word."""
    run = rehearsed((DATA / FILES["individual"]).read_bytes(), by=administrator)

    page = staff_client.get(url("change", run) + "?resultat=warned").content.decode()

    assert "gardé tel quel" in page
    assert "(espaces ou caractères invisibles rectifiés)" in page


def test_what_an_update_would_change_of_a_record_of_the_base_is_what_it_then_changes(
    staff_client, administrator
):
    vip = Tag.objects.create(name="VIP")
    known = factories.individual(
        last_name="Petit",
        first_name="Chloé",
        email="chloe@example.org",
        external_reference="X-1",
        city="Lyon",
    )
    known.tags.add(vip)
    category = Category.objects.create(name="Presse")
    content = (
        "Référence externe;Nom;Prénom;E-mail;Ville;Étiquettes;Catégorie;Date de création\r\n"
        "X-2;Petit;Chloé;chloe@example.org;Paris;Salon, vip;presse;01/02/2020\r\n"
    )
    run = rehearsed(content, by=administrator)

    ((changes,),) = told(staff_client.get(url("change", run))).values()

    assert [tuple(one) for one in changes] == [
        ("Ville", "Lyon", "Paris"),
        ("Étiquettes", "VIP", "VIP, Salon"),
        ("Catégorie", "", "Presse"),
    ]
    staff_client.post(url("decide", run), {"line": "1", "decision": "update", "chosen": "0"})
    staff_client.post(url("confirm", run))
    staff_client.post(url("advance", run))
    known.refresh_from_db()
    assert (known.city, known.category, known.external_reference) == ("Paris", category, "X-1")
    assert {tag.name for tag in known.tags.all()} == {"VIP", "Salon"}


def test_a_page_of_duplicates_costs_the_same_and_stays_light_whatever_would_change(
    staff_client, administrator
):
    """Lines of the base, of the file, with tags and categories; each resembles several."""
    Category.objects.create(name="Presse")
    heading = "Nom;Prénom;E-mail;Ville;Adresse;Téléphone;Étiquettes;Catégorie;Code postal;Langue\r\n"

    def cost(count: int) -> tuple[int, int]:
        rows = []
        for n in range(count):
            for _ in range(4):
                factories.individual(last_name=f"Nom{n}", email=f"{n}-{count}@example.org", city="Lyon")
            rows += [
                f"Autre{n};Zoé;x{n}-{count}@example.org;Nice;9 rue;;VIP;Presse;06000;fr\r\n",
                f"Tiers{n};Léa;x{n}-{count}@example.org;Paris;1 rue;01 99 00 00 {n:02};Salon;;75001;de\r\n",
                f"Encore{n};Max;{n}-{count}@example.org;Paris;1 rue;;Salon;Presse;75001;de\r\n",
            ]
        run = rehearsed(heading + "".join(rows), by=administrator)
        staff_client.get(url("change", run))
        with CaptureQueriesContext(connection) as queries:
            page = staff_client.get(url("change", run) + "?resultat=duplicate")
        assert all(changes for each in told(page).values() for changes in each)
        return len(queries), len(page.content)

    (one, _weight), (many, weight) = cost(1), cost(40)

    assert many == one
    assert weight < 200_000


@pytest.mark.parametrize(
    ("content", "name", "gone", "encoding"),
    [
        (
            "Formule;Prix HT\r\nNeuve été;12,00\r\n".encode("cp1252"),
            "1 formule créée",
            "1 formule qu’il a créée sera supprimée",
            "Windows (cp1252)",
        ),
        (
            "N° client;Formule;Date de souscription;Date de fin;Prix HT\r\n"
            "CLT-001;Confort;01/02/2026;28/02/2026;12,00\r\n".encode("utf-8-sig"),
            "1 abonnement créé",
            "1 abonnement qu’il a créé sera supprimé",
            " · UTF-8 · ",
        ),
    ],
)
def test_what_an_import_made_and_how_it_was_read_have_the_names_of_the_office(
    staff_client, administrator, content, name, gone, encoding
):
    factories.individual(number=1)
    factories.plan(name="Confort")
    run = applied(content, by=administrator)

    page = staff_client.get(url("change", run)).content.decode()

    assert name in page
    assert encoding in page
    assert gone in staff_client.get(url("undo", run)).content.decode()


def test_an_unknown_formule_is_created_by_one_button(staff_client, administrator):
    client = factories.individual()
    content = f"N° client;Formule;Date de souscription;Date de fin;Prix HT\r\n{client.code};Neuve;01/02/2026;28/02/2026;19,99\r\n"
    run = rehearsed(content, by=administrator)
    assert "Neuve" in staff_client.get(url("change", run)).content.decode()

    staff_client.post(url("plan", run), {"name": "Neuve"})

    assert Plan.objects.get().name == "Neuve"


HOLDINGS = "N° client;Formule;Date de souscription;Date de fin;Prix HT\r\n"


def test_a_formule_is_offered_at_its_price_in_french_beside_the_one_it_resembles(staff_client, administrator):
    client = factories.individual()
    factories.plan(name="Essentielle")
    run = rehearsed(f"{HOLDINGS}{client.code};Essentiele;01/02/2026;28/02/2026;1234,50\r\n", by=administrator)

    page = staff_client.get(url("change", run)).content.decode()

    text = " ".join(page.replace("\u202f", " ").replace("\xa0", " ").split())
    assert "La créer à 1 234,50 € HT" in text
    assert "(proche : Essentielle)</span>" in text


def test_the_formule_that_a_misspelt_one_resembles_is_taken_for_it_by_one_button(staff_client, administrator):
    """The only button created the misspelt one."""
    client, plan = factories.individual(), factories.plan(name="Essentielle")
    content = (
        f"{HOLDINGS}{client.code};Essentiele;01/02/2026;28/02/2026;12,50\r\n"
        f"{client.code};ESSENTIELE;01/03/2026;31/03/2026;12,50\r\n"
    )
    run = rehearsed(content, by=administrator)
    assert "Utiliser « Essentielle » pour ce fichier" in staff_client.get(url("change", run)).content.decode()

    staff_client.post(url("plan", run), {"name": "Essentiele", "use": "Essentielle"})
    staff_client.post(url("advance", run))

    assert verdicts(run) == {1: "new", 2: "new"}
    assert ["Formule", "Essentiele", "Essentielle"] in run.lines.get(line=1).warnings
    staff_client.post(url("confirm", run))
    staff_client.post(url("advance", run))
    assert [term.plan for term in client.subscriptions.all()] == [plan, plan]
    assert Plan.objects.count() == 1
    # The next file is asked about again.
    assert set(verdicts(rehearsed(content, by=administrator)).values()) == {"refused"}


@pytest.mark.parametrize(("name", "ours"), [("Essentiele", "Inconnue"), ("Autre", "Essentielle")])
def test_a_forged_choice_of_a_formule_changes_nothing(staff_client, administrator, name, ours):
    factories.plan(name="Essentielle")
    run = rehearsed(f"{HOLDINGS}CLT-1;Essentiele;01/02/2026;28/02/2026;1\r\n", by=administrator)

    assert staff_client.post(url("plan", run), {"name": name, "use": ours}).status_code == 302

    run.refresh_from_db()
    assert (run.state, run.plan_names) == ("rehearsed", {})


def test_a_name_that_a_spreadsheet_would_run_makes_no_formule(staff_client, administrator):
    client = factories.individual()
    run = rehearsed(f"{HOLDINGS}{client.code};=1+1;01/02/2026;28/02/2026;19,99\r\n", by=administrator)
    assert "La créer" not in staff_client.get(url("change", run)).content.decode()

    page = staff_client.post(url("plan", run), {"name": "=1+1"}, follow=True).content.decode()

    assert "=1+1" in page
    assert not Plan.objects.exists()


def test_the_column_of_our_reasons_is_neither_offered_nor_given_twice(staff_client, administrator):
    sent(staff_client, (PEOPLE[:-2] + ";Motif du refus\r\n;;Zoé;;;Nom : manque\r\n").encode())
    run = ImportRun.objects.get()

    page = staff_client.get(url("change", run))

    assert [one["name"] for one in page.context["headings"]] == PEOPLE.strip().split(";")
    assert page.context["unknown"] == []
    columns = {f"column-{place}": run.mapping.get(heading, "") for place, heading in enumerate(run.headings)}
    staff_client.post(url("rehearse", run), {"columns": "1", **columns})
    staff_client.post(url("advance", run))
    assert staff_client.get(url("change", run)).context["ignored"] == []
    again = b"".join(staff_client.get(url("refused", run)).streaming_content).decode("utf-8-sig")
    rows = list(csv.reader(io.StringIO(again), delimiter=";"))
    assert rows[0] == [*PEOPLE.strip().split(";"), "Motif du refus"]
    assert [len(row) for row in rows] == [6, 6]
    assert rows[1][5] != "Nom : manque"


def test_the_report_opens_on_what_there_is_to_read(staff_client, administrator):
    known = "".join(f";Nom{n};Zoé;zoe{n}@example.org;69003\r\n" for n in range(2))
    applied(PEOPLE + known, by=administrator)
    codes = [client.code for client in Client.objects.order_by("number")]
    same = "".join(f"{code};Nom{n};Zoé;zoe{n}@example.org;69003\r\n" for n, code in enumerate(codes))
    run = rehearsed(PEOPLE + same + ";Petit;Chloé;;\r\n", by=administrator)
    assert verdicts(run) == {1: "unchanged", 2: "unchanged", 3: "new"}

    def shown(query: str = "") -> list[int]:
        return [one.line.line for one in staff_client.get(url("change", run) + query).context["page"]]

    assert shown() == [3]
    assert shown("?resultat=all") == [1, 2, 3]
    assert shown("?resultat=unchanged") == [1, 2]
    run = rehearsed(PEOPLE + same, by=administrator)
    assert shown() == [1, 2]


@pytest.mark.parametrize(
    "data",
    [
        {"decision": "boum", "line": "1"},
        {"decision": "update", "line": "1", "chosen": "-1"},
        {"decision": "update", "line": "99999999999999", "chosen": "99"},
        {"decision": ""},
        {},
    ],
)
def test_a_forged_decision_changes_nothing(staff_client, administrator, data):
    factories.individual(email="chloe@example.org")
    run = rehearsed(PEOPLE + ";Petite;Chloé;chloe@example.org;\r\n", by=administrator)

    assert staff_client.post(url("decide", run), data).status_code in (302, 403)
    assert run.lines.get().decision == ""


@pytest.mark.parametrize("query", ["?page=99999999999999999999", "?page=-3", "?page=x", "?resultat=boum"])
def test_a_forged_address_of_the_report_still_shows_it(staff_client, administrator, query):
    run = rehearsed(PEOPLE + ";Petit;Chloé;;\r\n", by=administrator)

    assert staff_client.get(url("change", run) + query).status_code == 200


def test_the_list_of_imports_costs_the_same_for_one_and_for_three(staff_client, administrator):
    def cost() -> int:
        with CaptureQueriesContext(connection) as queries:
            assert staff_client.get(url("changelist")).status_code == 200
        return len(queries)

    rehearsed(PEOPLE + ";Petit;Chloé;;\r\n", by=administrator)
    cost()
    one = cost()
    for name in ("b.csv", "c.csv"):
        rehearsed(PEOPLE + ";Petit;Chloé;;\r\n", by=administrator, name=name)
    assert cost() == one


# The command


def command(*arguments: str) -> str:
    out = io.StringIO()
    call_command("import_file", *arguments, stdout=out)
    return out.getvalue().replace("\xa0", " ")


def test_the_command_imports_and_says_how_many_lines_were_refused(administrator):
    said = command(str(DATA / FILES["association"]), "--by", "ADMIN@example.org")

    assert "Nouvelle : 15" in said
    assert "Refusée : 7" in said
    assert "15 créées" in said
    assert Client.objects.count() == 15
    assert Client.history.first().history_user == administrator


def test_the_dry_run_leaves_nothing_behind():
    said = command(str(DATA / FILES["association"]), "--dry-run")

    assert "Rien n’a été écrit" in said
    assert (Client.objects.count(), ImportRun.objects.count()) == (0, 0)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["/nulle/part.csv"], "ne peut pas être lu"),
        ([str(DATA / FILES["association"]), "--encoding", "utf-16"], "utf-16"),
        ([str(DATA / FILES["association"]), "--by", "nobody@example.org"], "nobody@example.org"),
    ],
)
def test_the_command_fails_with_a_clear_message_when_nothing_can_be_read(arguments, message):
    with pytest.raises(CommandError, match=message):
        command(*arguments)
    assert not ImportRun.objects.exists()


def test_the_job_moves_on_an_import_that_nobody_watches():
    run = services.send(io.BytesIO((PEOPLE + ";Petit;Chloé;;\r\n").encode()), "a.csv", by=None, now=NOW)
    services.rehearse(run, now=NOW)

    assert services.carry_on(now=NOW) == 0
    assert services.carry_on(now=datetime(2026, 11, 22, 10, 2, tzinfo=UTC)) == 1
    run.refresh_from_db()
    assert run.state == "rehearsed"
