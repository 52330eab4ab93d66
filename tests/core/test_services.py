from datetime import UTC, datetime, timedelta

import pytest
from django_apscheduler.models import DjangoJob

from crm.core import services
from crm.core.models import Hold, Lease, RunRequest

NOW = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)
MINUTE, YEAR = timedelta(minutes=1), timedelta(days=365)


@pytest.fixture
def job(db) -> DjangoJob:
    return DjangoJob.objects.create(id="crm.core.jobs.purge_executions", job_state=b"")


def test_asking_twice_for_a_run_is_asking_once(job):
    services.ask_run(job.pk, by="Ada", at=NOW)
    services.ask_run(job.pk, by="Bob", at=NOW + MINUTE)
    assert RunRequest.objects.values_list("asked_by", "asked_at").get() == ("Ada", NOW)


def test_a_clock_that_jumps_twice_is_asked_about_once(db):
    services.hold(expected_at=NOW, read_at=NOW + YEAR)
    services.hold(expected_at=NOW + YEAR, read_at=NOW)
    assert Hold.objects.values_list("expected_at", "read_at").get() == (NOW, NOW + YEAR)


def test_who_confirmed_the_clock_is_kept(db):
    services.hold(expected_at=NOW, read_at=NOW + YEAR)
    services.confirm_clock(by="Ada", at=NOW + MINUTE)
    assert Hold.objects.values_list("confirmed_by", "confirmed_at").get() == ("Ada", NOW + MINUTE)
    assert not Hold.objects.open().exists()


def test_once_confirmed_a_lease_taken_in_the_future_locks_nobody_out(db):
    Lease.objects.create(name="scheduler", owner="one", beat_at=NOW + YEAR, expires_at=NOW + YEAR)
    services.hold(expected_at=NOW + YEAR, read_at=NOW)
    services.confirm_clock(by="Ada", at=NOW)
    assert Lease.objects.values_list("beat_at", "expires_at").get() == (NOW, NOW)
    assert Lease.objects.take("scheduler", owner="two", now=NOW, duration=MINUTE)


def test_confirming_a_clock_that_nobody_doubted_changes_nothing(db):
    Lease.objects.create(name="scheduler", owner="one", beat_at=NOW, expires_at=NOW + MINUTE)
    services.confirm_clock(by="Ada", at=NOW)
    assert Lease.objects.values_list("beat_at", "expires_at").get() == (NOW, NOW + MINUTE)
