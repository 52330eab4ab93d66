from datetime import UTC, date, datetime, timedelta

import pytest
from django.core.exceptions import ValidationError
from django.core.files.base import ContentFile
from django.db import IntegrityError, transaction

from crm.activity import jobs
from crm.activity.models import Intervention, InterventionFile, StatusLock
from crm.activity.services import (
    add_intervention,
    change_intervention,
    delete_intervention,
    lock,
    refresh,
    unlock,
)
from crm.clients.models import Client
from crm.organisation.models import Organisation
from crm.products.models import Subscription
from crm.timeline.models import Entry
from tests.factories import individual, intervention, plan, subscription

pytestmark = pytest.mark.django_db
AT = datetime(2026, 11, 22, 9, 30, tzinfo=UTC)
TODAY = date(2026, 11, 22)
State = Intervention.Status


@pytest.fixture(autouse=True)
def _own_files(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path


@pytest.fixture
def client_record():
    return individual()


def status(client: Client) -> str:
    return Client.objects.get(pk=client.pk).status


def told(client: Client, kind: str = Entry.Kind.STATUS) -> list[str]:
    entries = Entry.objects.filter(client=client, kind=kind).order_by("pk")
    return [entry.summary.replace("\N{NO-BREAK SPACE}", " ") for entry in entries]


def planned(client: Client, **fields) -> Intervention:
    return Intervention(
        client=client, **{"title": "Dépannage", "planned_for": AT + timedelta(days=3), **fields}
    )


def test_the_first_intervention_makes_a_client_active_and_the_timeline_says_why(client_record, administrator):
    add_intervention(planned(client_record), at=AT, by=administrator)
    assert status(client_record) == "active"
    assert told(client_record) == ["Actif : intervention prévue le 25 novembre 2026"]
    assert told(client_record, Entry.Kind.INTERVENTION) == ["Dépannage : prévue le 25/11/2026 10:30"]


def test_each_state_is_told_once_and_signed(client_record, administrator):
    one = add_intervention(planned(client_record), at=AT, by=administrator)
    for state in (State.IN_PROGRESS, State.DONE, State.CANCELLED):
        one.status = state
        change_intervention(one, fields=["status"], at=AT, by=administrator)
    assert [summary.split(" : ")[1].split(" ")[0] for summary in told(client_record, "intervention")] == [
        "prévue", "commencée", "terminée", "annulée",
    ]  # fmt: skip
    assert status(client_record) == "inactive"
    assert [(row.history_type, row.history_user) for row in one.history.all()] == [
        *[("~", administrator)] * 3, ("+", administrator),
    ]  # fmt: skip


def test_what_begins_or_ends_now_needs_no_date(client_record):
    begun = add_intervention(planned(client_record, status=State.IN_PROGRESS), at=AT)
    done = add_intervention(planned(client_record, status=State.DONE), at=AT)
    assert (begun.started_at, done.ended_at) == (AT, AT)


@pytest.mark.parametrize(
    "fields",
    [
        {"status": "planned", "planned_for": None},
        {"status": "in_progress", "started_at": None},
        {"status": "done", "ended_at": None},
        {"started_at": AT, "ended_at": AT - timedelta(hours=1)},
    ],
)
def test_the_database_refuses_what_makes_no_sense(client_record, fields):
    with pytest.raises(IntegrityError), transaction.atomic():
        intervention(client_record, **fields)


def test_an_intervention_that_goes_takes_its_files_and_its_effect(
    client_record, tmp_path, django_capture_on_commit_callbacks
):
    one = add_intervention(planned(client_record), uploads=[ContentFile(b"%PDF-1.7 x", "bon.pdf")], at=AT)
    assert len(list((tmp_path / "interventions").iterdir())) == 1
    with django_capture_on_commit_callbacks(execute=True):
        delete_intervention(one, at=AT)
    assert list((tmp_path / "interventions").iterdir()) == []
    assert (status(client_record), InterventionFile.objects.count()) == ("inactive", 0)
    assert told(client_record, "intervention")[-1] == "Dépannage : supprimée"


def test_a_file_that_is_refused_leaves_nothing_half_written(client_record):
    with pytest.raises(ValidationError):
        add_intervention(planned(client_record), uploads=[ContentFile(b"MZ\x90", "x.pdf")], at=AT)
    assert (Intervention.objects.count(), Entry.objects.count(), status(client_record)) == (0, 0, "inactive")


# What is decided by hand


def test_a_decision_by_hand_wins_and_ends_on_its_day(client_record, administrator):
    """S3-05."""
    intervention(client_record)
    lock(client_record, status="inactive", until=date(2026, 11, 25), reason="litige", at=AT, by=administrator)
    seen = [status(client_record)]
    for day in (25, 26):
        refresh(None, day=date(2026, 11, day), at=AT)
        seen.append(status(client_record))
    assert seen == ["inactive", "inactive", "active"]
    assert told(client_record)[0] == "Inactif à la main, jusqu’au 25/11/2026 – litige"


def test_a_second_decision_replaces_the_first(client_record):
    lock(client_record, status="active", at=AT)
    lock(client_record, status="inactive", at=AT)
    assert (StatusLock.objects.get().status, status(client_record)) == ("inactive", "inactive")


def test_without_a_decision_facts_decide_again(client_record):
    lock(client_record, status="active", at=AT)
    unlock(client_record, at=AT)
    assert (status(client_record), StatusLock.objects.count()) == ("inactive", 0)
    unlock(client_record, at=AT)
    assert told(client_record).count("De nouveau décidé par les interventions et les formules") == 1


# What time changes


def test_the_scheduler_catches_a_formule_that_begins_and_one_that_ends(time_machine):
    begins, ends = individual(), individual()
    subscription(begins, plan(), subscribed_on=date(2026, 12, 1), ends_on=date(2026, 12, 31))
    subscription(ends, plan(name="Léger"), subscribed_on=date(2026, 1, 1), ends_on=date(2026, 11, 30))
    seen = []
    for day in (date(2026, 11, 30), date(2026, 12, 1), date(2027, 1, 1)):
        time_machine.move_to(datetime(day.year, day.month, day.day, 8, tzinfo=UTC))
        jobs.refresh_statuses()
        seen.append((status(begins), status(ends)))
    assert seen == [("inactive", "active"), ("active", "inactive"), ("inactive", "inactive")]


def test_a_status_that_is_right_is_left_alone(client_record, django_assert_max_num_queries):
    intervention(client_record)
    assert refresh(None, day=TODAY, at=AT) == 1
    with django_assert_max_num_queries(8):
        assert refresh(None, day=TODAY, at=AT) == 0
    assert len(told(client_record)) == 1


def test_a_change_of_the_setting_is_followed(client_record):
    subscription(client_record, plan(), subscribed_on=date(2026, 1, 1), ends_on=date(2026, 12, 31))
    refresh(None, day=TODAY, at=AT)
    organisation = Organisation.objects.current()
    organisation.is_active_with_formule = False
    organisation.save()
    assert (refresh(None, day=TODAY, at=AT), status(client_record)) == (1, "inactive")


def test_the_status_is_no_version_of_the_record(client_record):
    """So that what a file brought can still be taken back."""
    before = client_record.history.count()
    intervention(client_record)
    refresh(None, day=TODAY, at=AT)
    assert client_record.history.count() == before


def test_many_clients_are_put_right_in_lots(monkeypatch):
    monkeypatch.setattr("crm.activity.services.LOT", 3)
    clients = [individual() for _number in range(8)]
    for one in clients:
        intervention(one)
    assert refresh(None, day=TODAY, at=AT) == 8
    assert Entry.objects.filter(kind="status").count() == 8
    assert Subscription.objects.count() == 0
