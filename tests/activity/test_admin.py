"""The screens of interventions: list, calendar, form; who may do what."""

import re
from datetime import UTC, date, datetime

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext

from crm.activity.models import Intervention, InterventionFile
from crm.clients.models import Client
from tests.factories import individual, intervention, staff

LIST = "/admin/activity/intervention/"
ADD, WEEK = f"{LIST}add/", f"{LIST}week/"
AT = datetime(2026, 11, 24, 9, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _own_files(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path


@pytest.fixture
def manager(db):
    return staff("paul@example.org", "Manager")


def typed(client: Client, **fields) -> dict:
    return {
        "client": client.pk, "title": "Dépannage", "status": "planned", "notes": "<p>Sonner deux fois</p>",
        "planned_for": "2026-12-01T09:30", "started_at": "", "ended_at": "", "in_charge": "", "_save": "1", **fields,
    }  # fmt: skip


def test_an_intervention_noted_from_the_sheet_comes_back_to_it(staff_client):
    client = individual()
    data = typed(client, uploads=[SimpleUploadedFile("bon.pdf", b"%PDF-1.7 x")])
    answer = staff_client.post(f"{ADD}?client={client.pk}", data)
    client.refresh_from_db()
    assert answer.url == f"/admin/clients/client/{client.pk}/change/#panel-interventions"
    assert (client.status, InterventionFile.objects.get().name) == ("active", "bon.pdf")
    assert Intervention.objects.get().notes == "<p>Sonner deux fois</p>"


def test_the_form_from_the_sheet_has_the_client_and_from_the_calendar_the_day(staff_client):
    client = individual()
    form = staff_client.get(ADD, {"client": client.pk, "day": "2026-12-01"}).context["adminform"].form
    assert (form.initial["client"], form.initial["planned_for"].isoformat()) == (
        str(client.pk),
        "2026-12-01T09:00:00+01:00",
    )


@pytest.mark.parametrize(
    "query", ["client=abc", "client=99999999999999999999", "day=hier", "in_charge=x", "kind=1"]
)
def test_a_form_asked_with_nonsense_opens_empty(staff_client, query):
    assert staff_client.get(f"{ADD}?{query}").status_code == 200


@pytest.mark.parametrize(
    ("fields", "wrong"),
    [
        ({"planned_for": ""}, {"planned_for"}),
        ({"planned_for": "2026-02-31T10:00"}, {"planned_for"}),
        ({"title": ""}, {"title"}),
        ({"client": "999"}, {"client"}),
        (
            {"status": "done", "started_at": "2026-12-02T10:00", "ended_at": "2026-12-01T10:00"},
            {"ended_at"},
        ),
    ],
)  # fmt: skip
def test_a_bad_value_is_said_beside_its_field_and_nothing_is_written(staff_client, fields, wrong):
    answer = staff_client.post(ADD, typed(individual()) | fields)
    assert set(answer.context["adminform"].form.errors) == wrong
    assert Intervention.objects.count() == 0


def test_begun_and_ended_now_are_filled(staff_client, time_machine):
    time_machine.move_to(AT, tick=False)
    staff_client.post(ADD, typed(individual(), status="done", planned_for=""))
    assert Intervention.objects.get().ended_at == AT


def test_a_file_that_is_not_allowed_is_said_beside_its_field(staff_client):
    data = typed(individual(), uploads=[SimpleUploadedFile("bon.pdf", b"<html>")])
    answer = staff_client.post(ADD, data)
    assert list(answer.context["adminform"].form.errors) == ["uploads"]
    assert (Intervention.objects.count(), InterventionFile.objects.count()) == (0, 0)


def test_a_file_is_taken_away_from_the_form(staff_client, tmp_path, django_capture_on_commit_callbacks):
    client = individual()
    staff_client.post(ADD, typed(client, uploads=[SimpleUploadedFile("bon.pdf", b"%PDF-1.7 x")]))
    one, row = Intervention.objects.get(), InterventionFile.objects.get()
    data = typed(client) | {
        "files-TOTAL_FORMS": "1", "files-INITIAL_FORMS": "1", "files-0-id": row.pk,
        "files-0-intervention": one.pk, "files-0-DELETE": "on",
    }  # fmt: skip
    with django_capture_on_commit_callbacks(execute=True):
        assert staff_client.post(f"{LIST}{one.pk}/change/", data).status_code == 302
    assert (InterventionFile.objects.count(), list((tmp_path / "interventions").iterdir())) == (0, [])


# Whose


def test_a_manager_sees_and_changes_the_interventions_of_their_own_clients_only(client, manager):
    mine, theirs = individual(manager=manager), individual()
    ours, other = intervention(mine, title="La mienne"), intervention(theirs, title="Une autre")
    client.force_login(manager)
    html = client.get(LIST).content.decode() + client.get(WEEK, {"day": "2026-12-01"}).content.decode()
    assert ("La mienne" in html, "Une autre" in html) == (True, False)
    pages = [
        client.get(f"{LIST}{one.pk}/{page}/").status_code
        for one in (ours, other)
        for page in ("change", "history")
    ]
    assert pages == [200, 200, 302, 404]
    assert client.post(f"{LIST}{other.pk}/delete/", {"post": "yes"}).status_code == 302
    assert client.post(ADD, typed(theirs)).status_code == 200
    assert Intervention.objects.count() == 2


def test_who_only_reads_writes_nothing(client, db):
    client.force_login(staff("lire@example.org", "Read-only"))
    one = intervention(individual(), notes="<p>Lu</p>")
    page = client.get(f"{LIST}{one.pk}/change/").content.decode()
    assert ("<p>Lu</p>" in page, "ProseMirror" in page, 'type="file"' in page) == (True, False, False)
    assert [client.get(ADD).status_code, client.post(f"{LIST}{one.pk}/change/", {}).status_code] == [403, 403]


def test_without_the_right_there_is_no_calendar(client, db):
    client.force_login(staff("rien@example.org"))
    assert client.get(WEEK).status_code == 403


# The list and the calendar


def test_the_list_is_filtered(staff_client):
    client = individual(last_name="Zola")
    intervention(client, title="Ancienne", planned_for=AT, status="cancelled")
    intervention(individual(), title="Prochaine", planned_for=datetime(2026, 12, 1, 9, tzinfo=UTC))

    def titles(**asked):
        html = staff_client.get(LIST, asked).content.decode()
        return [title for title in ("Ancienne", "Prochaine") if title in html]

    assert titles(status__exact="cancelled") == ["Ancienne"]
    assert titles(planned_from="2026-12-01", planned_to="2026-12-01") == ["Prochaine"]
    assert titles(q="zola") == ["Ancienne"]
    assert titles(q="proch") == ["Prochaine"]
    assert titles(in_charge="abc") == ["Ancienne", "Prochaine"]


@pytest.mark.parametrize("page", [LIST, f"{WEEK}?day=2026-12-01"])
def test_the_pages_cost_as_many_queries_for_1_and_for_30(staff_client, page):
    intervention(individual())
    staff_client.get(page)
    costs = []
    for _turn in range(2):
        with CaptureQueriesContext(connection) as queries:
            staff_client.get(page)
        costs.append(len(queries))
        for _number in range(29):
            intervention(individual())
    assert costs[0] == costs[1]


@pytest.mark.parametrize(
    "query", ["day=hier", "day=9999-12-31", "in_charge=abc", "in_charge=99999999999999999999"]
)
def test_the_calendar_answers_whatever_is_asked(staff_client, query):
    assert staff_client.get(f"{WEEK}?{query}").status_code == 200


def test_the_calendar_shows_seven_days_and_marks_today(staff_client, time_machine):
    time_machine.move_to(AT)
    intervention(individual(last_name="Zola"), planned_for=AT)
    html = staff_client.get(WEEK).content.decode()
    days = [re.sub(r"\s+", " ", found).strip() for found in re.findall(r"<h2>(.*?)</h2>", html)]
    assert [day.split(" <")[0] for day in days] == [
        "lundi 23", "mardi 24", "mercredi 25", "jeudi 26", "vendredi 27", "samedi 28", "dimanche 29",
    ]  # fmt: skip
    assert ["today" in day or "aujourd" in day for day in days].index(True) == 1
    assert "10:00" in html
    assert date(2026, 11, 24).isoformat() in html
