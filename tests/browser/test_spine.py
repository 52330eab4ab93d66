"""The spine, as an administrator lives it: files in, a client found, a formule given, files out (S0-01 to S0-10, S0-21).

With SCREENSHOTS=folder, each screen is also kept there at 1280 and 390 pixels wide.
"""

import os
import re
from pathlib import Path

import pytest
from pypdf import PdfReader

from crm.clients.models import Client
from crm.exchange.models import ImportRun
from crm.products.models import Subscription
from tests import factories
from tests.browser.conftest import DESK, TELEPHONE
from tests.exchange.importing import DATA, FILES, make_plans

# What each file gives: lines that are written, wait for a person, say nothing new, are refused.
EXPECTED = {
    "individual": {"written": 23, "duplicate": 3, "unchanged": 0, "refused": 6},
    "professional": {"written": 18, "duplicate": 1, "unchanged": 0, "refused": 9},
    "association": {"written": 15, "duplicate": 2, "unchanged": 0, "refused": 7},
    "subscription": {"written": 27, "duplicate": 0, "unchanged": 1, "refused": 10},
}


@pytest.fixture
def picture():
    folder = os.environ.get("SCREENSHOTS")

    def take(page, name: str) -> None:
        if not folder:
            return
        for size in (TELEPHONE, DESK):
            page.set_viewport_size(size)
            page.screenshot(path=Path(folder) / f"{name}-{size['width']}.png")

    return take


def import_file(page, kind: str, picture) -> None:
    page.goto("/admin/exchange/importrun/add/")
    page.set_input_files("input[type=file]", DATA / FILES[kind])
    page.get_by_role("button", name="Envoyer le fichier").click()
    picture(page, f"import-settings-{kind}")
    page.get_by_role("button", name="Lancer la simulation").click()
    page.get_by_role("button", name=re.compile("^Importer")).wait_for(timeout=60_000)
    picture(page, f"import-report-{kind}")
    page.get_by_role("button", name=re.compile("^Importer")).click()
    page.locator(".alert-success").wait_for(timeout=60_000)
    picture(page, f"import-done-{kind}")


def found(page, query: str) -> list[str]:
    page.goto("/admin/clients/client/")
    page.fill("#searchbar", query)
    page.press("#searchbar", "Enter")
    page.wait_for_load_state()
    return [code for code in page.locator("#result_list tbody th > a").all_inner_texts() if code.strip()]


def test_an_office_brings_its_files_and_works(staff_page, picture, overflow):
    page = staff_page
    make_plans()
    for kind, expected in EXPECTED.items():
        import_file(page, kind, picture)
        run = ImportRun.objects.latest("pk")
        verdicts = list(run.lines.values_list("verdict", flat=True))
        assert {
            "written": verdicts.count("new") + verdicts.count("changed"),
            **{name: verdicts.count(name) for name in ("duplicate", "unchanged", "refused")},
        } == expected
    assert (Client.objects.count(), Subscription.objects.count()) == (55, 27)

    assert found(page, "06 39 98 00 01") == ["CLT-001"]
    assert found(page, "clt-2") == ["CLT-002"]
    assert found(page, "lefevre amelie") == ["CLT-001"]
    assert len(found(page, "studio chimere")) == 2
    picture(page, "clients")
    assert overflow(page) == 0
    page.set_viewport_size(DESK)


def test_a_formule_at_100_euros_and_20_percent_is_given_for_a_year(staff_page, picture):
    page = staff_page
    client = factories.individual()
    factories.plan(name="Confort")

    page.goto(f"/admin/products/subscription/add/?client={client.pk}")
    page.select_option("#id_plan", label="Confort")
    page.fill("#id_subscribed_on", "01/12/2026")
    page.press("#id_subscribed_on", "Tab")
    picture(page, "subscription-new")
    page.get_by_role("button", name="Enregistrer", exact=True).click()
    page.wait_for_url("**/admin/products/subscription/")
    picture(page, "subscriptions")

    term = Subscription.objects.get()
    assert (f"{term.subscribed_on}", f"{term.ends_on}") == ("2026-12-01", "2027-11-30")
    assert (f"{term.price_excl_tax}", f"{term.vat_rate}", f"{term.price_incl_tax}") == (
        "100.00",
        "20.00",
        "120.00",
    )
    row = page.locator("#result_list tbody tr").inner_text().replace("\xa0", " ").replace("\u202f", " ")
    assert re.search(r"100,00 €.*20 %.*120,00 €", row, re.DOTALL)


@pytest.mark.parametrize("kind", ["individual", "professional", "association"])
def test_a_client_of_each_kind_is_created_with_the_fields_of_its_kind(staff_page, kind, picture, overflow):
    page = staff_page
    names = {
        "individual": {"last_name": "Petit", "first_name": "Chloé", "birth_city": "Marseille"},
        "professional": {"legal_name": "Boulangerie Imaginaire", "siret": "298 000 118 00018"},
        "association": {"association_name": "Les Amis du Livre", "rna": "W691000001"},
    }
    page.goto(f"/admin/clients/client/add/?kind={kind}")
    for field, value in names[kind].items():
        page.fill(f"#id_{field}", value)
    picture(page, f"new-{kind}")
    page.get_by_role("button", name="Enregistrer", exact=True).click()
    page.wait_for_url("**/admin/clients/client/**")

    client = Client.objects.get()
    assert (client.kind, client.code, client.status) == (kind, "CLT-001", "inactive")
    page.goto(f"/admin/clients/client/{client.pk}/change/")
    picture(page, f"sheet-{kind}")
    shown = {
        name for name in ("birth_date", "siret", "rna", "legal_form") if page.locator(f"#id_{name}").count()
    }
    assert (
        shown
        == {
            "individual": {"birth_date"},
            "professional": {"siret", "legal_form"},
            "association": {"rna", "siret"},
        }[kind]
    )
    assert overflow(page) == 0


def test_the_filtered_list_leaves_as_a_file_and_as_labels(staff_page, picture, tmp_path):
    page = staff_page
    home = {"street": "12 rue des Tilleuls", "postcode": "69003", "city": "Lyon"}
    factories.individual(civility="MME", **home)
    factories.professional(**home)
    factories.individual(last_name="Grand")

    page.goto("/admin/clients/client/?kind=individual")
    page.get_by_role("link", name="Exporter").click()
    page.select_option("#id_format", label="CSV, points-virgules (.csv)")
    picture(page, "export")
    with page.expect_download() as download:
        page.get_by_role("button", name="Télécharger le fichier").click()
    rows = download.value.path().read_text(encoding="utf-8-sig").splitlines()
    assert [row.split(";")[0] for row in rows] == ["N° client", "CLT-003", "CLT-001"]

    page.goto("/admin/clients/client/?kind=individual")
    page.get_by_role("link", name="Étiquettes d’adresse").click()
    page.get_by_role("button", name="Préparer les étiquettes").click()
    picture(page, "labels")
    assert "CLT-003 Grand Chloé" in page.locator("table").inner_text()
    with page.expect_download() as download:
        page.get_by_role("button", name="Imprimer 1 étiquette (PDF)").click()
    download.value.save_as(tmp_path / "labels.pdf")
    text = PdfReader(tmp_path / "labels.pdf").pages[0].extract_text()
    assert text.split("\n")[:3] == ["Mme Chloé Petit", "12 RUE DES TILLEULS", "69003 LYON"]


BEFORE = "cells => [...new Set(cells.map((cell) => getComputedStyle(cell, '::before').content === 'none'))]"
LINES = """cell => {
    const lines = new Map();
    const texts = document.createTreeWalker(cell, NodeFilter.SHOW_TEXT);
    while (texts.nextNode()) {
        for (let place = 0; place < texts.currentNode.length; place++) {
            const range = document.createRange();
            range.setStart(texts.currentNode, place);
            range.setEnd(texts.currentNode, place + 1);
            const top = range.getBoundingClientRect().top;
            lines.set(top, (lines.get(top) || "") + range);
        }
    }
    return [...lines.values()];
}"""


@pytest.mark.parametrize("name", ["subscription", "plan"])
def test_a_list_on_a_telephone_is_cards_that_name_their_values(staff_page, axe, name):
    page = staff_page
    factories.subscription(factories.individual(), factories.plan(name="Confort"))
    page.goto(f"/admin/products/{name}/")
    values = page.locator("#result_list td[data-label]")
    assert values.evaluate_all(BEFORE) == [True]
    page.set_viewport_size(TELEPHONE)
    assert values.evaluate_all(BEFORE) == [False]
    assert page.locator(".table-scroll").evaluate("box => box.scrollWidth - box.clientWidth") == 0
    assert axe(page) == []


def test_the_list_of_clients_fits_a_small_desk_and_cuts_no_word(staff_page, axe):
    page = staff_page
    factories.association(
        email="bureau@club-dechecs-du-cavalier.example", city="Saint-Denis", postcode="97400",
        street="74 impasse du Verger", landline="+33199000001",
    )  # fmt: skip
    page.goto("/admin/clients/client/")
    assert page.locator(".table-scroll").evaluate("box => box.scrollWidth - box.clientWidth") == 0
    lines = page.locator("#result_list td.field-email_address").evaluate(LINES)
    assert len(lines) > 1
    assert [line for line in lines if line[-1] not in "@-." and line != lines[-1]] == []
    assert lines[-1].endswith("example")
    assert axe(page) == []
