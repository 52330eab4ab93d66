"""Manual actions: written down, corrected, taken away; their files."""

from datetime import UTC, datetime, timedelta

import pytest
from django.core.exceptions import ValidationError
from django.core.files.base import ContentFile
from django.db import IntegrityError

from crm.timeline.models import Action, ActionFile, ActionKind, Entry
from crm.timeline.services import change_action, delete_action, note_action
from tests.factories import action, action_kind, individual
from tests.timeline.hostile import PDF, picture

AT = datetime(2026, 11, 22, 9, 30, tzinfo=UTC)
pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _own_files(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path


@pytest.fixture
def client_record():
    return individual()


def files(tmp_path) -> list[str]:
    return sorted(path.suffix for path in tmp_path.rglob("*") if path.is_file())


def test_an_action_stands_on_the_timeline_on_the_day_it_happened(client_record, administrator):
    """S1-18."""
    noted = note_action(action(client_record, at=AT - timedelta(days=2)), at=AT, by=administrator)
    written = Entry.objects.get()
    assert (written.kind, written.summary, written.at, written.by, written.action) == (
        "action", "Passage au magasin", AT - timedelta(days=2), administrator, noted,
    )  # fmt: skip
    assert (noted.by, written.is_visible_to_client) == (administrator, False)


def test_its_files_get_drawn_names_and_keep_their_own(client_record, tmp_path):
    uploads = [ContentFile(PDF, "devis secret.pdf"), ContentFile(picture("PNG"), "plan.png")]
    note_action(action(client_record), uploads=uploads, at=AT)
    assert [row.name for row in ActionFile.objects.all()] == ["devis secret.pdf", "plan.png"]
    assert files(tmp_path) == [".pdf", ".png"]
    assert "secret" not in str(list(tmp_path.rglob("*")))


def test_one_refused_file_refuses_all_and_writes_nothing(client_record, tmp_path):
    with pytest.raises(ValidationError):
        note_action(
            action(client_record),
            uploads=[ContentFile(PDF, "a.pdf"), ContentFile(b"MZ\x90\0", "b.pdf")],
            at=AT,
        )
    assert (Action.objects.count(), Entry.objects.count(), files(tmp_path)) == (0, 0, [])


def test_a_correction_is_followed_by_the_timeline_and_kept_by_the_history(client_record, administrator):
    noted = note_action(action(client_record), at=AT, by=administrator)
    noted.title, noted.at = "Passage au siège", AT - timedelta(days=9)
    change_action(noted, fields=["title", "at"], at=AT, by=administrator)
    assert [(one.summary, one.at) for one in Entry.objects.all()] == [
        ("Passage au siège", AT - timedelta(days=9))
    ]
    assert [row.title for row in noted.history.all()] == ["Passage au siège", "Passage au magasin"]


def test_an_action_taken_away_leaves_its_trace_and_no_file(
    client_record, administrator, tmp_path, django_capture_on_commit_callbacks
):
    noted = note_action(action(client_record), uploads=[ContentFile(PDF, "a.pdf")], at=AT)
    with django_capture_on_commit_callbacks(execute=True):
        delete_action(noted, at=AT, by=administrator)
    assert [(one.kind, one.summary, one.by) for one in Entry.objects.all()] == [
        ("action_deleted", "Visite – Passage au magasin", administrator)
    ]
    assert (files(tmp_path), Action.history.first().history_type) == ([], "-")


def test_a_type_that_is_used_stays(client_record):
    note_action(action(client_record), at=AT)
    with pytest.raises(IntegrityError):
        action_kind().delete()


def test_three_types_are_there_to_begin_with():
    assert set(ActionKind.objects.values_list("name", flat=True)) <= {
        "Appel",
        "Rendez-vous",
        "Courrier",
        "Visite",
    }
