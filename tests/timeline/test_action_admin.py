"""Who writes down, corrects and takes away manual actions."""

from datetime import UTC, datetime

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from crm.timeline.models import Action, ActionFile, ActionKind, Entry
from crm.timeline.services import note_action
from tests.factories import action, action_kind, individual, staff
from tests.timeline.hostile import PDF

LIST = "/admin/timeline/action/"
ADD = f"{LIST}add/"
AT = datetime(2026, 11, 22, 9, 30, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _own_files(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path


@pytest.fixture
def manager(db):
    return staff("paul@example.org", "Manager")


@pytest.fixture
def colleague(db):
    return staff("olga@example.org", "Manager")


def typed(client, **fields) -> dict:
    return {
        "client": client.pk, "kind": action_kind().pk, "title": "Appel", "note": "<p>Rappeler <strong>jeudi</strong></p>",
        "at": "2026-11-20T14:30", "_save": "1", **fields,
    }  # fmt: skip


def test_an_action_is_noted_from_the_sheet_with_its_note_and_files(client, manager):
    """S1-18: one click to the form, one to save."""
    client.force_login(manager)
    own = individual(manager=manager)
    form = client.get(ADD, {"client": own.pk, "kind": action_kind().pk}).context["adminform"].form
    assert (form.initial["client"], form.initial["at"].tzinfo is not None) == (str(own.pk), True)
    uploads = [SimpleUploadedFile("a.pdf", PDF), SimpleUploadedFile("b.txt", b"vu")]
    answer = client.post(f"{ADD}?client={own.pk}", typed(own, uploads=uploads))
    assert answer.url == f"/admin/clients/client/{own.pk}/change/#panel-timeline"
    noted = Action.objects.get()
    assert (noted.by, noted.note, [row.name for row in noted.files.all()]) == (
        manager, "<p>Rappeler <strong>jeudi</strong></p>", ["a.pdf", "b.txt"],
    )  # fmt: skip


@pytest.mark.parametrize(
    ("fields", "wrong"),
    [
        ({"title": ""}, {"title"}),
        ({"kind": "999"}, {"kind"}),
        ({"at": "2026-02-31T10:00"}, {"at"}),
        ({"note": "x" * 50_001}, {"note"}),
        ({"uploads": [SimpleUploadedFile("a.pdf", b"<html>")]}, {"uploads"}),
        ({"uploads": [SimpleUploadedFile(f"{n}.pdf", PDF) for n in range(11)]}, {"uploads"}),
    ],
)
def test_a_bad_value_is_said_beside_its_field_and_nothing_is_written(staff_client, fields, wrong):
    answer = staff_client.post(ADD, typed(individual(), **fields))
    assert set(answer.context["adminform"].form.errors) == wrong
    assert (Action.objects.count(), Entry.objects.count(), ActionFile.objects.count()) == (0, 0, 0)


def rights(http, noted) -> tuple:
    """(may correct, may delete)."""
    page = http.get(f"{LIST}{noted.pk}/change/")
    return (
        b'name="title"' in page.content,
        http.get(f"{LIST}{noted.pk}/delete/").status_code == 200,
    )


def test_only_its_author_and_who_answers_for_everyone_correct_an_action(client, manager, colleague):
    shared = individual(manager=colleague)
    noted = note_action(action(shared), at=AT, by=manager)
    seen = {}
    for user in (
        manager,
        colleague,
        staff("boss@example.org", "Administrator"),
        staff("lire@example.org", "Read-only"),
    ):
        client.force_login(user)
        seen[user.email.split("@")[0]] = rights(client, noted)
    assert seen == {
        "paul": (False, False),  # its author, but the client is no longer theirs
        "olga": (False, False),
        "boss": (True, True),
        "lire": (False, False),
    }
    shared.manager = manager
    shared.save()
    client.force_login(manager)
    assert rights(client, noted) == (True, True)


def test_its_author_takes_an_action_away_with_its_line_of_the_timeline(client, manager):
    noted = note_action(action(individual(manager=manager)), at=AT, by=manager)
    client.force_login(manager)
    assert client.post(f"{LIST}{noted.pk}/delete/", {"post": "yes"}).status_code == 302
    assert (Action.objects.count(), [entry.kind for entry in Entry.objects.all()]) == (0, ["action_deleted"])


def test_a_post_that_skips_the_page_is_refused_too(client, manager, colleague):
    noted = note_action(action(individual(manager=colleague)), at=AT, by=manager)
    client.force_login(colleague)
    posts = [
        client.post(f"{LIST}{noted.pk}/{page}/", {"post": "yes", **typed(noted.client)})
        for page in ("change", "delete")
    ]
    assert [answer.status_code for answer in posts] == [403, 403]
    gone = client.post(LIST, {"action": "delete_selected", "_selected_action": [noted.pk], "post": "yes"})
    assert (gone.status_code in (200, 302), Action.objects.get().title) == (True, "Passage au magasin")


def test_a_colleague_reads_the_note_and_the_files(client, manager, colleague):
    own = individual(manager=colleague)
    noted = note_action(
        action(own, note="<p><em>lu</em></p>"), uploads=[SimpleUploadedFile("a.pdf", PDF)], at=AT, by=manager
    )
    client.force_login(colleague)
    html = client.get(f"{LIST}{noted.pk}/change/").content.decode()
    assert ("<em>lu</em>" in html, "a.pdf" in html, "-DELETE" in html) == (True, True, False)


def test_the_actions_of_another_s_clients_do_not_exist(client, manager):
    theirs = note_action(action(individual(), title="Secret"), at=AT)
    client.force_login(manager)
    assert "Secret" not in client.get(LIST).content.decode()
    assert [
        client.get(f"{LIST}{theirs.pk}/{page}/").status_code for page in ("change", "delete", "history")
    ] == [302, 302, 404]
    assert client.post(ADD, typed(theirs.client)).status_code == 200
    assert Action.objects.count() == 1


def test_the_history_of_a_note_is_told(staff_client, administrator):
    noted = note_action(action(individual(), note="<p>avant</p>"), at=AT, by=administrator)
    staff_client.post(
        f"{LIST}{noted.pk}/change/",
        typed(noted.client, note="<p>après</p>") | {"files-TOTAL_FORMS": "0", "files-INITIAL_FORMS": "0"},
    )
    html = staff_client.get(f"{LIST}{noted.pk}/history/").content.decode()
    assert ("avant" in html, "après" in html, "&lt;p&gt;" in html) == (True, True, False)


def test_an_administrator_adds_a_type_with_its_icon_and_colour(staff_client):
    staff_client.post(
        "/admin/timeline/actionkind/add/", {"name": "Salon", "icon": "gift", "color": "#ffffff"}
    )
    assert ActionKind.objects.get(name="Salon").text_color == "#000000"
    refused = staff_client.post(
        "/admin/timeline/actionkind/add/", {"name": "salon", "icon": "gift", "color": "red"}
    )
    assert "color" in refused.context["adminform"].form.errors


def test_managers_choose_types_and_do_not_make_them(client, manager):
    client.force_login(manager)
    assert client.get("/admin/timeline/actionkind/add/").status_code == 403
