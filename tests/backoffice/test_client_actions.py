"""What is done to a selection: asked with its number, written with its trace."""

import pytest

from crm.clients.models import Tag
from crm.timeline.models import Entry
from tests.backoffice.conftest import LIST
from tests.factories import individual


@pytest.fixture
def tag(db) -> Tag:
    return Tag.objects.create(name="VIP")


def choose(browser, clients, action, **answer):
    selected = [client.pk for client in clients]
    return browser.post(LIST, {"action": action, "_selected_action": selected, "index": "0", **answer})


def test_the_page_says_how_many_before_anything_is_done(staff_client, tag):
    clients = [individual(), individual()]
    answer = choose(staff_client, clients, "add_tag")
    assert (answer.context["count"], tag.clients.count()) == (2, 0)


def test_a_tag_is_added_to_those_that_lack_it(staff_client, tag, administrator):
    clients = [individual(), individual()]
    clients[0].tags.add(tag)
    choose(staff_client, clients, "add_tag", apply="1", tag=tag.pk)
    assert set(tag.clients.all()) == set(clients)
    told = Entry.objects.values_list("client", "summary", "by")
    assert list(told) == [(clients[1].pk, "Étiquette ajoutée\xa0: VIP", administrator.pk)]


def test_a_tag_is_removed_from_those_that_bear_it(staff_client, tag):
    clients = [individual(), individual()]
    clients[0].tags.add(tag)
    choose(staff_client, clients, "remove_tag", apply="1", tag=tag.pk)
    assert tag.clients.count() == 0
    assert list(Entry.objects.values_list("client", "summary")) == [
        (clients[0].pk, "Étiquette retirée\xa0: VIP")
    ]


def test_a_manager_is_assigned_with_a_signed_history(staff_client, manager, administrator):
    clients = [individual(), individual(manager=manager)]
    choose(staff_client, clients, "assign_manager", apply="1", manager=manager.pk)
    clients[0].refresh_from_db()
    assert clients[0].manager == manager
    assert clients[0].history.first().history_user == administrator
    assert list(Entry.objects.values_list("client", "summary")) == [
        (clients[0].pk, "Gestionnaire\xa0: Paul Gestion")
    ]


def test_clients_can_be_left_without_a_manager(staff_client, manager):
    clients = [individual(), individual(manager=manager)]
    choose(staff_client, clients, "assign_manager", apply="1", manager="")
    clients[1].refresh_from_db()
    assert clients[1].manager is None


def test_every_page_can_be_selected_under_a_filter(staff_client, tag):
    chosen = [individual(city="Lyon") for _number in range(3)]
    individual(city="Nantes")
    data = {"action": "add_tag", "_selected_action": [chosen[0].pk], "select_across": "1", "index": "0"}
    staff_client.post(f"{LIST}?city=Lyon", {**data, "apply": "1", "tag": tag.pk})
    assert set(tag.clients.all()) == set(chosen)


def test_without_an_answer_nothing_is_done(staff_client, tag):
    answer = choose(staff_client, [individual()], "add_tag", apply="1", tag="")
    assert (list(answer.context["form"].errors), tag.clients.count()) == (["tag"], 0)
