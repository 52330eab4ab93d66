from datetime import UTC, datetime

import pytest

from crm.timeline.models import Entry
from crm.timeline.services import entry, record, record_all
from tests import factories

AT = datetime(2026, 11, 22, 9, 30, tzinfo=UTC)
pytestmark = pytest.mark.django_db


@pytest.fixture
def client_record():
    return factories.individual()


def test_what_happened_is_kept_with_its_day_its_author_and_its_target(client_record, administrator):
    plan = factories.plan()
    record(
        client_record,
        Entry.Kind.SUBSCRIBED,
        "Confort",
        at=AT,
        by=administrator,
        target=plan,
        details={"n": 1},
    )
    written = Entry.objects.get()
    assert (written.client, written.kind, written.summary, written.at, written.by) == (
        client_record,
        Entry.Kind.SUBSCRIBED,
        "Confort",
        AT,
        administrator,
    )
    assert (written.target_type, written.target_id, written.details) == (
        "products.plan",
        str(plan.pk),
        {"n": 1},
    )


def test_an_entry_is_hidden_from_the_client_unless_said_otherwise(client_record):
    hidden = record(client_record, Entry.Kind.CHANGED, "Note", at=AT)
    shown = record(client_record, Entry.Kind.RENEWED, "Confort", at=AT, is_visible_to_client=True)
    assert (hidden.is_visible_to_client, shown.is_visible_to_client) == (False, True)


def test_a_very_long_summary_is_cut_and_never_refused(client_record):
    written = record(client_record, Entry.Kind.CHANGED, "é" * 400, at=AT)
    written.refresh_from_db()
    assert written.summary == "é" * 300


def test_many_entries_are_written_in_few_statements(client_record, django_assert_num_queries):
    entries = [entry(client_record, Entry.Kind.IMPORTED, f"ligne {n}", at=AT) for n in range(50)]
    with django_assert_num_queries(1):
        assert record_all(entries) == 50
    assert Entry.objects.count() == 50


def test_no_entries_cost_nothing(django_assert_num_queries):
    with django_assert_num_queries(0):
        assert record_all([]) == 0


def test_the_latest_entry_comes_first(client_record):
    for hour in (9, 11, 10):
        record(client_record, Entry.Kind.CHANGED, str(hour), at=AT.replace(hour=hour))
    assert [written.summary for written in Entry.objects.all()] == ["11", "10", "9"]


def test_entries_of_one_instant_keep_the_order_they_were_written_in(client_record):
    for name in ("première", "seconde"):
        record(client_record, Entry.Kind.CHANGED, name, at=AT)
    assert [written.summary for written in Entry.objects.all()] == ["seconde", "première"]


def test_an_entry_goes_with_its_client(client_record):
    record(client_record, Entry.Kind.CHANGED, "Note", at=AT)
    client_record.delete()
    assert not Entry.objects.exists()


def test_an_entry_stays_when_its_author_leaves(client_record):
    author = factories.staff("parti@example.org", "Manager")
    record(client_record, Entry.Kind.CHANGED, "Note", at=AT, by=author)
    author.delete()
    assert Entry.objects.get().by is None
