"""Deleting says what goes with it; what must be kept is refused and archived instead (S2-06)."""

from datetime import date

import pytest
from django.contrib.admin.models import LogEntry
from django.db import connection

from crm.clients.models import Client
from crm.timeline.models import Entry
from tests.backoffice.conftest import LIST
from tests.factories import individual, plan, subscription

OLD = {"subscribed_on": date(2025, 1, 1), "ends_on": date(2025, 12, 31)}


@pytest.fixture
def free(db) -> Client:
    client = individual()
    client.addresses.create(city="Orléans")
    client.addresses.create(city="Nantes")
    return client


@pytest.fixture
def bound(db) -> Client:
    """Billed already: part of the accounts."""
    client = individual(last_name="Grand")
    subscription(client, plan(), **OLD)
    return client


def test_the_confirmation_is_in_numbers(staff_client, free):
    answer = staff_client.get(f"{LIST}{free.pk}/delete/")
    assert dict(answer.context["model_count"]) == {"Client": 1, "Autres adresses": 2}


def test_a_client_without_proof_is_deleted_with_what_is_part_of_it(staff_client, free):
    staff_client.post(f"{LIST}{free.pk}/delete/", {"post": "yes"})
    assert Client.objects.count() == 0


@pytest.mark.parametrize(("method", "status"), [("get", 200), ("post", 409)])
def test_a_client_with_proof_is_kept_and_archiving_is_offered(staff_client, bound, method, status):
    answer = getattr(staff_client, method)(f"{LIST}{bound.pk}/delete/", {"post": "yes"})
    assert answer.status_code == status
    assert ("1 échéance est déjà due." in answer.content.decode()) is True
    assert f"{LIST}{bound.pk}/archive/" in answer.content.decode()
    assert Client.objects.count() == 1


def test_archiving_and_restoring_are_told_in_the_timeline(staff_client, bound, administrator):
    staff_client.post(f"{LIST}{bound.pk}/archive/")
    bound.refresh_from_db()
    assert bound.is_archived
    staff_client.post(f"{LIST}{bound.pk}/restore/")
    bound.refresh_from_db()
    assert not bound.is_archived
    told = Entry.objects.order_by("pk").values_list("kind", "by")
    assert list(told) == [("archived", administrator.pk), ("restored", administrator.pk)]
    assert [record.history_user for record in bound.history.all()[:2]] == [administrator, administrator]


@pytest.mark.parametrize("verb", ["archive", "restore"])
def test_archiving_needs_a_post(staff_client, bound, verb):
    assert staff_client.get(f"{LIST}{bound.pk}/{verb}/").status_code == 403


def test_a_selection_is_deleted_and_what_must_be_kept_is_archived(staff_client, free, bound):
    data = {"action": "delete_selected", "_selected_action": [free.pk, bound.pk], "index": "0"}
    asked = staff_client.post(LIST, data)
    assert ([free], [bound]) == (asked.context["gone"], [client for client, _why in asked.context["kept"]])
    assert Client.objects.count() == 2
    staff_client.post(LIST, {**data, "apply": "1"})
    left = Client.objects.get()
    assert (left, left.is_archived) == (bound, True)


def test_no_more_than_a_few_hundred_records_are_deleted_at_once(staff_client, free, bound, monkeypatch):
    monkeypatch.setattr("crm.backoffice.deletion.MOST_AT_ONCE", 1)
    data = {"action": "delete_selected", "_selected_action": [free.pk, bound.pk], "index": "0", "apply": "1"}
    staff_client.post(LIST, data)
    assert Client.objects.count() == 2


def test_who_may_not_delete_is_refused(manager_client, manager):
    own = individual(manager=manager)
    assert manager_client.post(f"{LIST}{own.pk}/delete/", {"post": "yes"}).status_code == 403
    assert Client.objects.count() == 1


def in_between(monkeypatch, place: str) -> None:
    told = iter([[], ["Une facture le cite."]])
    monkeypatch.setattr(place, lambda _row: next(told, ["Une facture le cite."]))


def test_a_client_that_has_become_proof_meanwhile_is_kept(staff_client, monkeypatch):
    kept = individual()
    in_between(monkeypatch, "crm.backoffice.deletion.obstacles_to_deletion")
    answer = staff_client.post(f"{LIST}{kept.pk}/delete/", {"post": "yes"})
    assert (answer.status_code, "Une facture le cite." in answer.content.decode()) == (409, True)
    assert (list(Client.objects.all()), LogEntry.objects.count()) == ([kept], 0)


@pytest.mark.parametrize("room", ["plan", "subscription"])
@pytest.mark.parametrize("is_selection", [False, True])
def test_a_formule_or_a_subscription_that_has_become_proof_meanwhile_is_kept(
    staff_client, monkeypatch, room, is_selection
):
    of = plan()
    kept = of if room == "plan" else subscription(individual(), of)
    place = {"plan": "catalogue", "subscription": "services"}[room]
    in_between(monkeypatch, f"crm.products.{place}.obstacles_to_deletion")
    rooms = f"/admin/products/{room}/"
    if is_selection:
        data = {"action": "delete_selected", "_selected_action": [kept.pk], "post": "yes"}
        answer = staff_client.post(rooms, data, follow=True)
    else:
        answer = staff_client.post(f"{rooms}{kept.pk}/delete/", {"post": "yes"}, follow=True)
    assert answer.redirect_chain == [(rooms, 302)]
    assert [str(one).endswith("Une facture le cite.") for one in answer.context["messages"]] == [True]
    assert (type(kept).objects.filter(pk=kept.pk).exists(), LogEntry.objects.count()) == (True, 0)


def test_a_selection_asks_in_the_transaction_that_deletes(staff_client, monkeypatch):
    gone, asked = individual(), []

    def obstacles(_row) -> list[str]:
        asked.append(bool(connection.savepoint_ids))
        return []

    monkeypatch.setattr("crm.backoffice.deletion.obstacles_to_deletion", obstacles)
    staff_client.post(LIST, {"action": "delete_selected", "_selected_action": [gone.pk], "apply": "1"})
    assert (asked, Client.objects.count()) == ([True], 0)
