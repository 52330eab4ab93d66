"""A manager finds no trace of another manager's clients; a supervisor, in the same place, finds it (S2-01)."""

import re

import pytest
from django.contrib.auth.models import Permission
from django.utils import timezone

from crm.clients.models import Category, Client, Establishment, NotDuplicate, Tag
from crm.products.models import Subscription
from crm.timeline.models import Entry
from crm.timeline.services import record
from tests.backoffice.conftest import ADD, EMPTY_INLINES, LIST, sheet
from tests.factories import individual, plan, staff, subscription

SECRET = "Zorglub"
AUTOCOMPLETE = (
    "/admin/autocomplete/?app_label=products&model_name=subscription&field_name=client&term=zorglub"
)


@pytest.fixture
def hidden(other_manager) -> Client:
    """Olga's client, in everything that Paul's could be in too."""
    client = individual(
        last_name=SECRET, manager=other_manager, email="secret@example.org", photo="photos/secret.jpg",
        category=Category.objects.create(name="Fidèles"), establishment=Establishment.objects.create(name="Agence"),
    )  # fmt: skip
    client.tags.add(Tag.objects.create(name="VIP"))
    subscription(client, plan())
    return client


def pages(client: Client) -> list[str]:
    sheet_pages = ["change/", "view/", "history/", "delete/", "panel/subscriptions/", "panel/timeline/"]
    sheet_pages += ["panel/history/", "panel/lookalikes/"]
    return [
        LIST,
        f"{LIST}?q=zorglub",
        f"{LIST}?archived=all",
        "/admin/",
        "/admin/products/subscription/",
        "/admin/timeline/entry/",
        "/admin/clients/tag/",
        AUTOCOMPLETE,
        "/fichiers/photos/secret.jpg",
        *[f"{LIST}{client.pk}/{page}" for page in sheet_pages],
    ]


def readings(browser, client: Client) -> dict[str, str]:
    return {page: browser.get(page, follow=True) for page in pages(client)}


def has_trace(answer) -> bool:
    body = b"".join(answer.streaming_content) if answer.streaming else answer.content
    return SECRET in body.decode(errors="replace").replace("zorglub", "")


def test_no_page_of_a_manager_names_the_client_of_another(client, manager, hidden):
    client.force_login(manager)
    assert [page for page, answer in readings(client, hidden).items() if has_trace(answer)] == []


def test_the_same_pages_name_it_to_who_sees_every_client(client, hidden):
    """The negative control: without the rule, the test above would see the name."""
    client.force_login(staff("boss@example.org", "Administrator"))
    told = {page for page, answer in readings(client, hidden).items() if has_trace(answer)}
    assert {LIST, AUTOCOMPLETE, f"{LIST}{hidden.pk}/change/", f"{LIST}{hidden.pk}/history/"} <= told


@pytest.mark.parametrize("page", ["archive/", "restore/"])
def test_a_manager_cannot_put_away_the_client_of_another(client, manager, hidden, page):
    client.force_login(manager)
    assert client.post(f"{LIST}{hidden.pk}/{page}").status_code == 404
    hidden.refresh_from_db()
    assert hidden.archived_on is None


def test_a_manager_cannot_write_on_the_sheet_of_another(client, manager, hidden):
    client.force_login(manager)
    client.post(f"{LIST}{hidden.pk}/change/", sheet(last_name="Pris", first_name="X"))
    hidden.refresh_from_db()
    assert hidden.last_name == SECRET


def test_an_action_reaches_only_the_clients_one_sees(client, manager, hidden):
    client.force_login(manager)
    tag = Tag.objects.create(name="Presse")
    own = individual(manager=manager)
    client.post(
        LIST,
        {
            "action": "add_tag",
            "apply": "1",
            "tag": tag.pk,
            "_selected_action": [own.pk, hidden.pk],
            "index": "0",
        },
    )
    assert list(tag.clients.all()) == [own]


def test_a_manager_who_creates_a_client_becomes_its_manager(client, manager):
    client.force_login(manager)
    client.post(f"{ADD}?kind=individual", sheet(last_name="Petit", first_name="Chloé"))
    assert Client.objects.get().manager == manager


def test_a_manager_cannot_give_a_client_away(client, manager, other_manager):
    client.force_login(manager)
    own = individual(manager=manager)
    data = sheet(last_name="Petit", first_name="Chloé", manager=str(other_manager.pk), **EMPTY_INLINES)
    client.post(f"{LIST}{own.pk}/change/", data)
    own.refresh_from_db()
    assert own.manager == manager


def test_assigning_a_manager_belongs_to_those_who_see_every_client(client, manager, administrator):
    individual(manager=manager)
    client.force_login(manager)
    assert "assign_manager" not in client.get(LIST).content.decode()
    client.force_login(administrator)
    assert "assign_manager" in client.get(LIST).content.decode()


@pytest.mark.parametrize("model", ["tag", "category", "establishment"])
def test_counts_are_of_the_clients_one_sees(client, manager, hidden, administrator, model):
    url = f"/admin/clients/{model}/"
    counts = []
    for user in (manager, administrator):
        user.user_permissions.clear()
        client.force_login(user)
        counts += re.findall(r'field-client_count">(\d+)<', client.get(url).content.decode())
    assert counts == ["0", "1"]


def test_a_look_alike_of_another_manager_is_told_without_its_identity(client, manager, hidden):
    client.force_login(manager)
    data = sheet(last_name="Autre", first_name="Nom", email="secret@example.org")
    html = client.post(f"{ADD}?kind=individual", data).content.decode()
    assert ("suivie par un autre gestionnaire" in html, SECRET in html, f"/{hidden.pk}/" in html) == (
        True,
        False,
        False,
    )


@pytest.mark.parametrize(
    "address",
    ["clients/tag/?clients={}", "clients/category/?client={}", "clients/establishment/?client__id__exact={}",
     "products/plan/?subscriptions={}", "accounts/user/?clients={}"],
)  # fmt: skip
def test_no_list_answers_whether_it_knows_of_a_hidden_client(client, manager, hidden, address):
    """Django allows one step backwards in the address of any list: it would tell of whom one may not know."""
    manager.user_permissions.add(Permission.objects.get(codename="view_user"))
    client.force_login(manager)
    answer = client.get(f"/admin/{address.format(hidden.pk)}")
    assert (answer.status_code, answer.content) == (302, b"")


def test_the_panel_of_look_alikes_gives_no_address_of_a_hidden_one(client, manager, hidden):
    client.force_login(manager)
    own = individual(manager=manager, email="secret@example.org")
    html = client.get(f"{LIST}{own.pk}/panel/lookalikes/").content.decode()
    assert ("suivie par un autre gestionnaire" in html, "not-duplicate" in html) == (True, False)
    assert client.post(f"{LIST}{own.pk}/not-duplicate/{hidden.pk}/").status_code == 404
    assert NotDuplicate.objects.count() == 0


def may(user, *codenames: str):
    user.user_permissions.add(*Permission.objects.filter(codename__in=codenames))


def test_the_pages_that_delete_count_the_clients_of_others_without_naming_them(client, manager, hidden):
    may(
        manager,
        "delete_tag",
        "delete_category",
        "delete_establishment",
        "view_user",
        "delete_user",
        "delete_plan",
    )
    client.force_login(manager)
    pages = {
        f"/admin/clients/category/{hidden.category_id}/delete/": "Client\N{NO-BREAK SPACE}: 1",
        f"/admin/clients/establishment/{hidden.establishment_id}/delete/": "Client\N{NO-BREAK SPACE}: 1",
        f"/admin/accounts/user/{hidden.manager_id}/delete/": "Client\N{NO-BREAK SPACE}: 1",
        f"/admin/clients/tag/{hidden.tags.get().pk}/delete/": "VIP",
        f"/admin/products/plan/{Subscription.objects.get().plan_id}/delete/": "1 abonnement",
    }
    for page, told in pages.items():
        html = client.get(page).content.decode()
        assert (page, told in html, SECRET in html, hidden.code in html) == (page, True, False, False)


def test_who_sees_every_client_reads_on_those_pages_which_one_is_in_the_way(client, administrator, hidden):
    client.force_login(administrator)
    assert SECRET in client.get(f"/admin/clients/category/{hidden.category_id}/delete/").content.decode()


def bare(email: str, *codenames: str):
    user = staff(email)
    may(user, "see_every_client", *codenames)
    return user


def test_without_the_right_to_subscriptions_the_list_does_not_tell_who_has_which(client, hidden):
    client.force_login(bare("bare@example.org", "view_client"))
    html = client.get(LIST).content.decode()
    assert ("Confort" in html, 'name="ends_from"' in html) == (False, False)
    assert client.get(f"{LIST}?plan={Subscription.objects.get().plan_id}").status_code == 302
    client.force_login(bare("full@example.org", "view_client", "view_subscription", "view_plan"))
    html = client.get(LIST).content.decode()
    assert ("Confort" in html, 'name="ends_from"' in html) == (True, True)


def test_without_the_right_to_clients_no_other_list_names_them(client, hidden):
    record(hidden, Entry.Kind.CREATED, "Fiche créée", at=timezone.now())
    pages = [
        "/admin/timeline/entry/",
        "/admin/products/subscription/?state=ended",
        "/admin/products/subscription/",
    ]
    client.force_login(bare("bare@example.org", "view_entry", "view_subscription"))
    assert [page for page in pages if has_trace(client.get(page))] == []
    client.force_login(bare("full@example.org", "view_entry", "view_subscription", "view_client"))
    assert pages[0] in [page for page in pages if has_trace(client.get(page))]
