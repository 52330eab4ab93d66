from datetime import UTC, datetime

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from crm.timeline.models import Entry
from crm.timeline.services import record
from tests import factories

AT = datetime(2026, 11, 22, 9, 30, tzinfo=UTC)
LIST = "/admin/timeline/entry/"


@pytest.fixture
def manager(db):
    return factories.staff("gestion@example.org", "Manager")


@pytest.fixture
def entries(manager):
    mine, theirs = factories.individual(manager=manager), factories.professional()
    return [record(client, Entry.Kind.CHANGED, f"Note {client.code}", at=AT) for client in (mine, theirs)]


def listed(http) -> list[Entry]:
    return list(http.get(LIST).context["cl"].result_list)


def test_a_manager_reads_the_timeline_of_their_own_clients_only(client, manager, entries):
    client.force_login(manager)
    assert listed(client) == [entries[0]]


def test_a_manager_does_not_open_the_entry_of_another_s_client(client, manager, entries):
    client.force_login(manager)
    addresses = [reverse("admin:timeline_entry_change", args=[entry.pk]) for entry in entries]
    assert [client.get(address).status_code for address in addresses] == [200, 302]


def test_the_administrator_reads_everything(staff_client, entries):
    assert set(listed(staff_client)) == set(entries)


def test_nobody_writes_the_timeline_by_hand(staff_client, entries):
    change = reverse("admin:timeline_entry_change", args=[entries[0].pk])
    delete = reverse("admin:timeline_entry_delete", args=[entries[0].pk])
    posts = [(reverse("admin:timeline_entry_add"), {}), (change, {"summary": "x"}), (delete, {"post": "yes"})]
    assert [staff_client.post(url, fields).status_code for url, fields in posts] == [403, 403, 403]
    assert Entry.objects.count() == 2


def count_queries(http) -> int:
    http.get(LIST)  # the Settings row is then in the cache
    with CaptureQueriesContext(connection) as captured:
        assert http.get(LIST).status_code == 200
    return len(captured)


def test_the_list_costs_as_many_queries_for_two_entries_as_for_thirty(staff_client, entries):
    with_two = count_queries(staff_client)
    for number in range(28):
        record(factories.individual(last_name=f"Nom {number}"), Entry.Kind.CHANGED, "Note", at=AT)
    assert count_queries(staff_client) == with_two
