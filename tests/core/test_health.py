from datetime import timedelta

import pytest
from django.db import OperationalError, connection
from django.db.migrations.recorder import MigrationRecorder
from django.utils import timezone

from crm.core.models import Lease


@pytest.fixture
def beating(db):
    now = timezone.now()
    return Lease.objects.create(name="scheduler", owner="one", expires_at=now, beat_at=now)


def test_health_is_good_when_database_migrations_and_scheduler_are(client, beating):
    response = client.get("/sante/")
    assert (response.status_code, response.json()) == (
        200,
        {"database": True, "migrations": True, "scheduler": True},
    )


def test_a_scheduler_that_never_worked_is_told(client, db):
    response = client.get("/sante/")
    assert (response.status_code, response.json()["scheduler"]) == (503, False)


@pytest.mark.parametrize(("minutes", "status"), [(29, 200), (31, 503)])
def test_half_an_hour_of_silence_is_too_much(client, beating, minutes, status):
    beating.beat_at -= timedelta(minutes=minutes)
    beating.save()
    assert client.get("/sante/").status_code == status


def test_a_migration_that_was_not_run_is_told(client, beating):
    MigrationRecorder(connection).record_unapplied("core", "0001_initial")
    response = client.get("/sante/")
    assert (response.status_code, response.json()["migrations"]) == (503, False)


def test_a_database_that_does_not_answer_is_told_without_an_error_page(client, monkeypatch):
    def down(connection):
        raise OperationalError("gone")

    monkeypatch.setattr("crm.core.views.MigrationExecutor", down)
    response = client.get("/sante/")
    assert (response.status_code, response.json()) == (
        503,
        {"database": False, "migrations": False, "scheduler": False},
    )


def test_health_names_no_client_and_asks_for_no_password(client, beating):
    assert list(client.get("/sante/").json()) == ["database", "migrations", "scheduler"]
