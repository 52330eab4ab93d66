"""The timeline of a client: as a panel, as a page, as a file."""

import re
from datetime import UTC, datetime, timedelta
from io import BytesIO

import pytest
from django.core.files.base import ContentFile
from django.db import connection
from django.test.utils import CaptureQueriesContext
from pypdf import PdfReader

from crm.timeline.models import Entry
from crm.timeline.services import entry, note_action, record, record_all
from tests.backoffice.conftest import LIST
from tests.factories import action, action_kind, individual, staff
from tests.timeline.hostile import PDF, TEXTS

AT = datetime(2026, 11, 22, 9, 30, tzinfo=UTC)
FETCH = {"X-Requested-With": "fetch"}


@pytest.fixture(autouse=True)
def _own_files(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path


def address(client, name="panel/timeline/") -> str:
    return f"{LIST}{client.pk}/{name}"


def status(answer) -> int:
    if answer.streaming:
        body(answer)
    return answer.status_code


def body(answer) -> bytes:
    return b"".join(answer.streaming_content)


def test_the_panel_shows_notes_files_and_links_to_what_happened(staff_client, administrator):
    client = individual()
    noted = note_action(
        action(client, note="<p><strong>vu</strong></p>"),
        uploads=[ContentFile(PDF, "devis.pdf")],
        at=AT,
        by=administrator,
    )
    html = staff_client.get(address(client), headers=FETCH).content.decode()
    assert "<strong>vu</strong>" in html
    assert f'href="/admin/timeline/action/{noted.pk}/change/?client={client.pk}"' in html
    assert f'href="/fichiers/{noted.files.get().file.name}"' in html
    assert (
        re.findall(r"add/\?client=\d+&amp;kind=(\d+)", html) == [str(action_kind().pk)]
        or "add/?client=" in html
    )


def test_the_panel_is_narrowed_by_dates_and_types(staff_client):
    client = individual()
    for number, kind in enumerate([Entry.Kind.CREATED, Entry.Kind.RENEWED, Entry.Kind.CHANGED]):
        record(client, kind, f"ligne-{kind}", at=AT - timedelta(days=number))

    def shown(query):
        return re.findall(r"ligne-(\w+)", staff_client.get(f"{address(client)}?{query}").content.decode())

    assert shown("") == ["created", "renewed", "changed"]
    assert shown("type=created&type=changed") == ["created", "changed"]
    assert shown("since=2026-11-21&until=2026-11-21") == ["renewed"]
    assert shown("since=hier") == ["created", "renewed", "changed"]


@pytest.mark.parametrize(
    "query",
    [
        "before=x",
        "type=%F0%9F%98%80",
        "since=9999-99-99",
        "until=0001-01-01",
        "since=9999-12-31&until=9999-12-31",
    ],
)
def test_the_panel_answers_whatever_is_asked(staff_client, query):
    client = individual()
    assert staff_client.get(f"{address(client)}?{query}").status_code == 200


def test_the_panel_costs_the_same_for_10_and_1000_entries(staff_client):
    few, many = individual(), individual()
    for client, count in ((few, 10), (many, 1000)):
        record_all(entry(client, Entry.Kind.CHANGED, "n", at=AT) for _number in range(count))
        note_action(action(client, at=AT), at=AT)
    staff_client.get(address(few))
    costs = []
    for client in (few, many):
        with CaptureQueriesContext(connection) as queries:
            assert staff_client.get(address(client), headers=FETCH).status_code == 200
        costs.append(len(queries))
    assert costs[0] == costs[1]


def test_older_entries_follow(staff_client):
    client = individual()
    record_all(entry(client, Entry.Kind.CHANGED, f"n{number:03}", at=AT) for number in range(120))
    seen, url = [], address(client)
    while url:
        html = staff_client.get(url, headers=FETCH).content.decode()
        seen += re.findall(r"n(\d{3})", html)
        found = re.search(r'data-older href="([^"]+)"', html)
        url = found and found[1].replace("&amp;", "&")
    assert seen == [f"{number:03}" for number in reversed(range(120))]


def test_hostile_texts_are_only_words_on_the_panel(staff_client):
    client = individual()
    for text in TEXTS:
        note_action(action(client, title=text.replace("\0", "")[:160], note=text), at=AT)
    html = staff_client.get(address(client), headers=FETCH).content.decode()
    notes = re.findall(r'<div class="note">(.*?)</div>', html, re.DOTALL)
    assert len(notes) > 20
    assert re.findall(r"<(script|img|svg|iframe|object|form|style|meta)\b", html) == []
    assert re.findall(r'href="(?!https?:|/|mailto:|tel:)[^"]*', html) == []


# As a file


@pytest.fixture
def told(administrator):
    client = individual(last_name="Żółć", first_name="Chloé")
    note = "<p>Prix : <strong>30 €</strong></p><ul><li><p>un</p></li><li><p>deux</p></li></ul>"
    note_action(
        action(client, title="=1+1", note=note),
        uploads=[ContentFile(PDF, "devis.pdf")],
        at=AT,
        by=administrator,
    )
    record(client, Entry.Kind.RENEWED, "Renouvelé", at=AT - timedelta(days=400), is_visible_to_client=True)
    return client


def test_a_timeline_leaves_as_csv_that_a_french_excel_opens(staff_client, told):
    answer = staff_client.get(address(told, "timeline.csv"))
    text = body(answer)
    assert text.startswith("\ufeff".encode())
    lines = text.decode("utf-8-sig").split("\r\n")
    assert lines[0] == "Date;Type;Résumé;Note;Pièces jointes;Par;Visible par le client"
    assert "'=1+1" in lines[1]
    assert "30 €" in text.decode()
    assert lines[-2].endswith(";Renouvelé;;;;oui")
    assert re.search(r'filename="chronologie-CLT-\d+-\d{4}-\d\d-\d\d\.csv"', answer["Content-Disposition"])


def test_a_timeline_leaves_as_pdf_with_its_notes(staff_client, told):
    pages = PdfReader(BytesIO(body(staff_client.get(address(told, "timeline.pdf"))))).pages
    text = "\n".join(page.extract_text() for page in pages)
    for words in ("Zólc Chloé", "Visite", "=1+1", "30 €", "- un", "devis.pdf", "Renouvelé", "Ada Admin"):
        assert words in text, words


def test_a_file_holds_what_the_panel_was_narrowed_to(staff_client, told):
    text = body(staff_client.get(f"{address(told, 'timeline.csv')}?type=renewed")).decode()
    assert ("Renouvelé" in text, "=1+1" in text) == (True, False)
    pdf = PdfReader(BytesIO(body(staff_client.get(f"{address(told, 'timeline.pdf')}?since=2026-01-01"))))
    assert "1 janvier 2026" in pdf.pages[0].extract_text()


def test_an_empty_period_says_so(staff_client, told):
    pdf = PdfReader(BytesIO(body(staff_client.get(f"{address(told, 'timeline.pdf')}?until=2000-01-01"))))
    assert "Il ne s’est rien passé" in pdf.pages[0].extract_text()


def test_a_long_timeline_turns_its_pages(staff_client):
    client = individual()
    record_all(
        entry(client, Entry.Kind.CHANGED, f"n{number:04}" + " mot" * 60, at=AT) for number in range(300)
    )
    pdf = PdfReader(BytesIO(body(staff_client.get(address(client, "timeline.pdf")))))
    text = "".join(page.extract_text() for page in pdf.pages)
    assert len(re.findall(r"n\d{4}", text)) == 300
    assert f"Page {len(pdf.pages)}" in pdf.pages[-1].extract_text()


def test_a_timeline_is_for_who_may_see_and_export_the_client(client, told, manager, other_manager):
    told.manager = manager
    told.save()
    answers = {}
    for user in (manager, other_manager, staff("lire@example.org", "Read-only"), staff("rien@example.org")):
        client.force_login(user)
        answers[user.email.split("@")[0]] = [
            status(client.get(address(told, name)))
            for name in ("panel/timeline/", "timeline.csv", "timeline.pdf")
        ]
    client.logout()
    answers["no one"] = [client.get(address(told, "timeline.csv")).status_code]
    assert answers == {
        "paul": [200, 200, 200],
        "olga": [404, 404, 404],
        "lire": [200, 403, 403],
        "rien": [404, 404, 404],
        "no one": [302],
    }


def test_an_unknown_form_is_not_found(staff_client, told):
    assert staff_client.get(address(told, "timeline.exe")).status_code == 404


# Everyone's


def test_the_timeline_of_everyone_is_narrowed_by_several_types(staff_client):
    for kind in (Entry.Kind.CREATED, Entry.Kind.RENEWED, Entry.Kind.CHANGED):
        record(individual(), kind, f"ligne-{kind}", at=AT)
    html = staff_client.get(
        "/admin/timeline/entry/?type=created&type=renewed&at_from=2026-11-22&at_to=2026-11-22"
    ).content.decode()
    assert re.findall(r"ligne-(\w+)", html) == ["renewed", "created"]
    assert "Renouvellement" in html
