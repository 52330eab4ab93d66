from datetime import timedelta

import pytest
from django.db import OperationalError, connection
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder
from django.utils import timezone
from django.utils.translation import override
from django_apscheduler.models import DjangoJob

from crm.core import health, services
from crm.core.models import Lease

NOTHING_WRONG = {
    "database": True,
    "migrations": True,
    "scheduler": True,
    "clock": True,
    "late_jobs": True,
    "reminders": True,
}
YEAR = timedelta(days=365)


@pytest.fixture
def beating(db):
    now = timezone.now()
    return Lease.objects.create(
        name="scheduler", owner="one", expires_at=now + timedelta(minutes=1), beat_at=now
    )


def said(now) -> list[str]:
    return [complaint.sentence.replace("\xa0", " ") for complaint in health.complaints(now)]


def test_health_is_good_when_nothing_is_wrong(client, beating):
    response = client.get("/sante/")
    assert (response.status_code, response.json()) == (200, NOTHING_WRONG)


def test_a_scheduler_that_never_worked_is_told(client, db):
    response = client.get("/sante/")
    assert (response.status_code, response.json()) == (503, NOTHING_WRONG | {"scheduler": False})


@pytest.mark.parametrize(("minutes", "status"), [(29, 200), (31, 503)])
def test_half_an_hour_of_silence_is_too_much(client, beating, minutes, status):
    beating.beat_at -= timedelta(minutes=minutes)
    beating.save()
    assert client.get("/sante/").status_code == status


def test_a_migration_that_was_not_run_is_told(client, beating):
    newest = max(MigrationLoader(connection).graph.leaf_nodes("core"))
    MigrationRecorder(connection).record_unapplied(*newest)
    response = client.get("/sante/")
    assert (response.status_code, response.json()) == (503, NOTHING_WRONG | {"migrations": False})


def test_a_database_that_does_not_answer_is_told_without_an_error_page(client, monkeypatch):
    def down(connection):
        raise OperationalError("gone")

    monkeypatch.setattr("crm.core.views.MigrationExecutor", down)
    response = client.get("/sante/")
    assert (response.status_code, response.json()) == (503, dict.fromkeys(NOTHING_WRONG, False))


def test_health_names_no_client_and_asks_for_no_password(client, beating):
    assert {type(value) for value in client.get("/sante/").json().values()} == {bool}


def test_a_doubted_clock_is_told(client, beating):
    now = timezone.now()
    services.hold(expected_at=now, read_at=now + YEAR)
    response = client.get("/sante/")
    assert (response.status_code, response.json()) == (503, NOTHING_WRONG | {"clock": False})


def test_a_clock_doubted_before_the_scheduler_ever_beat_is_the_only_complaint(client, db):
    now = timezone.now()
    services.hold(expected_at=now, read_at=now + YEAR)
    assert client.get("/sante/").json() == NOTHING_WRONG | {"clock": False}


def reminders(now) -> list[str]:
    return ["Les relances ne sont pas parties.", "Un client attend."]


def test_a_room_above_adds_its_complaints_by_a_setting(client, beating, settings):
    settings.HEALTH_COMPLAINTS = [*settings.HEALTH_COMPLAINTS, f"{__name__}.reminders"]
    response = client.get("/sante/")
    assert (response.status_code, response.json()) == (503, NOTHING_WRONG | {"reminders": False})
    assert said(timezone.now()) == reminders(None)


def test_every_check_of_the_settings_has_a_name_of_its_own(settings):
    assert len(health.checks()) == len(settings.HEALTH_COMPLAINTS)


# Sentences


def test_silence_says_since_when_and_what_to_do(db):
    now = timezone.now()
    start = "Pour le lancer : « make run » sur un ordinateur de bureau, « manage.py runscheduler » sur un serveur."
    assert said(now) == [
        f"L’automate n’a jamais tourné : les relances, les e-mails et les imports l’attendent. {start}"
    ]
    Lease.objects.create(name="scheduler", owner="x", expires_at=now, beat_at=now - timedelta(hours=2))
    assert said(now) == [
        "L’automate est silencieux depuis 2 heures : les relances, les e-mails et les imports l’attendent. "
        + start
    ]


def test_a_doubted_clock_says_both_times_and_only_that(beating, settings):
    settings.HEALTH_COMPLAINTS = [path for path in settings.HEALTH_COMPLAINTS if path.startswith("crm.core.")]
    now = timezone.datetime.fromisoformat("2026-11-22T09:00+01:00")
    services.hold(expected_at=now, read_at=now.replace(year=2027))
    assert said(now + YEAR) == [
        (
            "L’horloge de l’ordinateur a sauté : elle disait « 22 novembre 2027 09:00 » au lieu de « 22 novembre 2026 "
            "09:00 ». Plus rien ne part tout seul tant qu’un administrateur n’a pas regardé. Elle dit maintenant "
            "« 22 novembre 2027 09:00 » : si c’est juste, confirmez-le ; sinon, mettez d’abord l’horloge à l’heure."
        )
    ]


def test_a_scheduler_that_beats_and_starts_nothing_is_told(beating):
    now = timezone.now()
    job = DjangoJob.objects.create(
        id="crm.core.jobs.purge_executions", job_state=b"", next_run_time=now - timedelta(minutes=29)
    )
    assert said(now) == []
    job.next_run_time -= timedelta(minutes=2)
    job.save()
    assert said(now) == [
        (
            "« Oublier les anciennes exécutions de l’automate » aurait dû démarrer il y a 31 minutes, alors que "
            "l’automate est au travail : redémarrez-le."
        )
    ]


def test_a_computer_that_was_off_for_days_is_not_late(db):
    """It is only silent; what is late starts with the scheduler."""
    now = timezone.now()
    Lease.objects.create(name="scheduler", owner="x", expires_at=now - YEAR, beat_at=now)
    DjangoJob.objects.create(id="a", job_state=b"", next_run_time=now - timedelta(days=4))
    assert said(now) == []


def test_pages_ask_the_database_once_in_a_while_and_in_the_language_of_the_reader(
    db, django_assert_num_queries
):
    first = health.recent_complaints()
    with django_assert_num_queries(0):
        assert health.recent_complaints() == first
    with override("en"):
        assert health.recent_complaints()[0].sentence.startswith("The scheduler has never run")
    health.forget_recent()
    now = timezone.now()
    Lease.objects.create(name="scheduler", owner="x", expires_at=now, beat_at=now)
    assert health.recent_complaints() == []
