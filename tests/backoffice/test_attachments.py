"""Private files: sent to who may read what they are attached to, as something to keep and never to open."""

from datetime import UTC, datetime

import pytest
from django.core.files.base import ContentFile

from crm.activity.services import add_intervention
from crm.timeline.models import ActionFile
from crm.timeline.services import note_action
from tests.backoffice.conftest import LIST
from tests.factories import action, individual, intervention, staff
from tests.timeline.hostile import PDF

AT = datetime(2026, 11, 22, 9, 30, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _own_files(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path


@pytest.fixture
def own(manager):
    return individual(manager=manager)


@pytest.fixture
def urls(own) -> list[str]:
    noted = note_action(action(own), uploads=[ContentFile(PDF, "contrat été.pdf")], at=AT)
    unsaved = intervention(own)
    unsaved.pk = None
    done = add_intervention(unsaved, uploads=[ContentFile(b"<bon>"[1:4] + b" vu", "bon.html")], at=AT)
    return [noted.files.get().file.url, done.files.get().file.url]


def statuses(http, urls) -> list[int]:
    answers = [http.get(url) for url in urls]
    for answer in answers:
        if answer.streaming:
            b"".join(answer.streaming_content)
    return [answer.status_code for answer in answers]


def test_a_file_is_sent_to_who_may_read_it_and_to_no_one_else(client, urls, manager, other_manager):
    seen = {}
    for user in (manager, other_manager, staff("lire@example.org", "Read-only"), staff("rien@example.org")):
        client.force_login(user)
        seen[user.email.split("@")[0]] = statuses(client, urls)
    client.logout()
    seen["no one"] = statuses(client, urls)
    assert seen == {
        "paul": [200, 200], "olga": [404, 404], "lire": [200, 200], "rien": [404, 404], "no one": [302, 302],
    }  # fmt: skip


def test_the_right_to_clients_alone_opens_no_file(client, urls, own):
    user = staff("accueil@example.org", "Read-only")
    group = user.groups.get()
    group.permissions.remove(*group.permissions.filter(content_type__app_label__in=["timeline", "activity"]))
    client.force_login(user)
    assert statuses(client, urls) == [404, 404]


def test_a_file_is_something_to_keep_and_never_to_open(staff_client, urls):
    answer = staff_client.get(urls[0])
    assert b"".join(answer.streaming_content) == PDF
    assert {name: answer[name] for name in ("Content-Type", "X-Content-Type-Options", "Content-Security-Policy", "Cache-Control")} == {
        "Content-Type": "application/pdf",
        "X-Content-Type-Options": "nosniff",
        "Content-Security-Policy": "default-src 'none'; sandbox",
        "Cache-Control": "no-store, private",
    }  # fmt: skip
    assert answer["Content-Disposition"].startswith("attachment; filename")
    page = staff_client.get(urls[1])
    assert (page["Content-Type"], "bon.html.txt" in page["Content-Disposition"]) == ("text/plain", True)
    b"".join(page.streaming_content)


@pytest.mark.parametrize(
    "url",
    [
        "/fichiers/actions/x.pdf",
        "/fichiers/actions/../secret",
        "/fichiers/interventions/x",
        "/fichiers/autres/x",
    ],
)
def test_a_file_that_is_nobodys_is_not_found(staff_client, url):
    assert staff_client.get(url).status_code == 404


def test_a_file_that_left_the_disk_is_not_found(staff_client, urls, tmp_path):
    for path in tmp_path.rglob("*.pdf"):
        path.unlink()
    assert staff_client.get(urls[0]).status_code == 404


@pytest.mark.parametrize("way", ["sheet", "selection"])
def test_the_files_leave_with_their_client(
    staff_client, urls, own, tmp_path, way, django_capture_on_commit_callbacks
):
    with django_capture_on_commit_callbacks(execute=True):
        if way == "sheet":
            staff_client.post(f"{LIST}{own.pk}/delete/", {"post": "yes"})
        else:
            staff_client.post(LIST, {"action": "delete_selected", "_selected_action": [own.pk], "apply": "1"})
    assert ActionFile.objects.count() == 0
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []
