"""The list: its columns, filters, search and pages, and what they cost."""

import re
from datetime import date

import pytest
from django.core.cache import caches
from django.db import connection
from django.test.utils import CaptureQueriesContext

from crm.backoffice import changelist
from crm.backoffice.changelist import EvenPaginator
from crm.clients.models import Category, Client, Establishment, Tag
from crm.core.health import recent_complaints
from crm.organisation.models import Organisation
from tests.backoffice.conftest import LIST
from tests.factories import association, individual, plan, professional, staff, subscription


def codes(answer) -> list[str]:
    return re.findall(r'<th class="field-code" scope="row"><a [^>]*>(CLT-\d+)</a>', answer.content.decode())


def listed(browser, **filters) -> list[str]:
    return codes(browser.get(LIST, filters))


@pytest.fixture
def three(db) -> list[Client]:
    """CLT-001 a person of Orléans, CLT-002 a company of Lyon, CLT-003 an association of Ajaccio."""
    return [
        individual(postcode="45000", city="Orléans", preferred_language="en", email="chloe@example.org"),
        professional(postcode="69003", city="Lyon", siret="73282932000074", mobile="+33639980001"),
        association(postcode="20000", city="Ajaccio"),
    ]


def test_each_row_says_who_where_and_how_to_reach_them(staff_client):
    """S1-01, S2-03."""
    client = individual(
        street="4 rue des Lilas", postcode="45000", city="Orléans", mobile="+33639980001",
        email="chloe@example.org", created_on=date(2026, 11, 2),
        category=Category.objects.create(name="Fidèles"), establishment=Establishment.objects.create(name="Agence"),
    )  # fmt: skip
    client.tags.add(Tag.objects.create(name="VIP", color="#000000"))
    html = staff_client.get(LIST).content.decode()
    cells = re.findall(r'<t[hd] class="field-\w+"[^>]*>(.*?)</t[hd]>', html)
    assert [re.sub(r"<[^>]+>", " ", cell).split() for cell in cells] == [
        ["CLT-001"],
        ["Petit", "Chloé", "VIP"],
        ["Inactif"],
        ["Particulier"],
        ["Fidèles"],
        ["Agence"],
        ["4", "rue", "des", "Lilas"],
        ["45000", "Orléans"],
        ["06", "39", "98", "00", "01"],
        ["chloe@", "example.", "org"],
        ["02/11/2026"],
    ]
    assert re.findall(r'class="row-action" href="(.*?)" aria-label="(.*?)" title="(.*?)"', html) == [
        (f"{client.pk}/view/", "Consulter CLT-001", "Consulter"),
        (f"{client.pk}/change/", "Éditer CLT-001", "Éditer"),
    ]


def test_the_name_leads_to_the_sheet_as_the_number_does_and_its_tags_do_not(staff_client):
    client = individual()
    client.tags.add(Tag.objects.create(name="VIP", color="#000000"))
    html = staff_client.get(LIST).content.decode()
    links = re.findall(rf'<a href="{client.pk}/view/">(.*?)</a>', html)
    assert links == [client.code, client.display_name]
    assert staff_client.get(f"{LIST}{client.pk}/view/").status_code == 200


@pytest.mark.parametrize(
    ("email", "shown"),
    [
        ("bureau@club-d-echecs.example", "bureau@<wbr>club-d-echecs.<wbr>example"),
        ("<b>@example.org", "&lt;b&gt;@<wbr>example.<wbr>org"),
        ("", ""),
    ],
)
def test_an_address_is_broken_after_its_marks_only(staff_client, email, shown):
    individual(email=email)
    html = staff_client.get(LIST).content.decode()
    assert re.findall(r'<td class="field-email_address">(.*?)</td>', html) == [shown]


def test_what_people_typed_is_shown_as_text(staff_client):
    client = individual(last_name="<script>alert(1)</script>", first_name="{code} {0}")
    client.tags.add(Tag.objects.create(name="<b>gras</b>"))
    html = staff_client.get(LIST).content.decode()
    assert ("<script>alert(1)" in html, "<b>gras" in html, "{code} {0}" in html) == (False, False, True)


@pytest.mark.parametrize("user", ["administrator", "manager"])
def test_the_list_costs_the_same_for_1_3_and_100_rows(client, request, user):
    user = request.getfixturevalue(user)
    client.force_login(user)
    tag = Tag.objects.create(name="VIP")
    category = Category.objects.create(name="Fidèles")
    costs = []
    for wanted in (1, 3, 100):
        while Client.objects.count() < wanted:
            individual(manager=user, category=category).tags.add(tag)
        client.get(LIST)
        caches["memory"].clear()
        # Asked once in a while for whatever page, and not by the list: the settings, and what is wrong.
        Organisation.objects.current()
        recent_complaints()
        with CaptureQueriesContext(connection) as queries:
            assert len(codes(client.get(LIST))) == wanted
        costs.append(len(queries))
    assert costs == [costs[0]] * 3
    # The badge of unread conversations, as on every page, is one of them.
    assert costs[0] <= 11


@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        ({"kind": "association"}, ["CLT-003"]),
        ({"region": "24"}, ["CLT-001"]),
        ({"city": "orleans"}, ["CLT-001"]),
        ({"city": "Lyon"}, ["CLT-002"]),
        ({"postcode": "45"}, ["CLT-001"]),
        ({"language": "en"}, ["CLT-001"]),
        ({"kind": "nonsense"}, ["CLT-003", "CLT-002", "CLT-001"]),
        ({"tag": "abc"}, ["CLT-003", "CLT-002", "CLT-001"]),
        ({"ends_from": "hier"}, ["CLT-003", "CLT-002", "CLT-001"]),
        ({"kind": "professional", "city": "lyon"}, ["CLT-002"]),
    ],
)
def test_the_list_is_filtered(staff_client, three, filters, expected):
    """S1-02, S3-09."""
    assert listed(staff_client, **filters) == expected


def test_the_list_is_filtered_by_what_the_administrator_keeps(staff_client, three, manager):
    """S1-03, S2-01."""
    tag, other = Tag.objects.create(name="VIP"), Tag.objects.create(name="Presse")
    three[0].tags.add(tag, other)
    three[1].category = Category.objects.create(name="Grands comptes")
    three[1].establishment = Establishment.objects.create(name="Agence")
    three[1].save()
    three[2].manager = manager
    three[2].save()
    assert listed(staff_client, tag=tag.pk) == ["CLT-001"]
    assert listed(staff_client, category=three[1].category.pk) == ["CLT-002"]
    assert listed(staff_client, establishment=three[1].establishment.pk) == ["CLT-002"]
    assert listed(staff_client, manager=manager.pk) == ["CLT-003"]
    assert listed(staff_client, manager="none") == ["CLT-002", "CLT-001"]


def test_formule_and_end_of_service_are_asked_of_the_same_subscription(staff_client, three):
    comfort, light = plan(), plan(name="Léger")
    subscription(three[0], comfort, ends_on=date(2026, 12, 31))
    subscription(three[0], light, ends_on=date(2027, 6, 30))
    subscription(three[1], comfort, ends_on=date(2027, 6, 30))
    subscription(three[2], light, ends_on=date(2027, 6, 30), cancelled_on=date(2026, 12, 15))
    december = {"ends_from": "2026-12-01", "ends_until": "2026-12-31"}
    assert listed(staff_client, plan=comfort.pk) == ["CLT-002", "CLT-001"]
    assert listed(staff_client, **december) == ["CLT-003", "CLT-001"]
    assert listed(staff_client, plan=comfort.pk, **december) == ["CLT-001"]
    assert listed(staff_client, ends_from="2027-01-01") == ["CLT-002", "CLT-001"]


def test_archived_clients_are_shown_only_when_asked(staff_client, three):
    three[0].archived_on = date(2026, 11, 1)
    three[0].save()
    assert listed(staff_client) == ["CLT-003", "CLT-002"]
    assert listed(staff_client, archived="yes") == ["CLT-001"]
    assert listed(staff_client, archived="all") == ["CLT-003", "CLT-002", "CLT-001"]


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ("clt-2", ["CLT-002"]),
        ("CLT 002", ["CLT-002"]),
        ("06 39 98 00 01", ["CLT-002"]),
        ("06.39.98.00.01", ["CLT-002"]),
        ("+33 6 39 98 00 01", ["CLT-002"]),
        ("732 829 320 00074", ["CLT-002"]),
        ("chloe", ["CLT-001"]),
        ("PETIT Chloé", ["CLT-001"]),
        ("chloe@example.org", ["CLT-001"]),
        ("boulangerie", ["CLT-002"]),
        ("introuvable", []),
    ],
)
def test_one_box_finds_a_client_however_it_is_typed(staff_client, three, typed, expected):
    """S2-04, S3-10."""
    assert listed(staff_client, q=typed) == expected


def test_a_client_is_found_while_typing_in_another_form(staff_client, three):
    where = {"app_label": "products", "model_name": "subscription", "field_name": "client"}
    three[2].archived_on = date(2026, 11, 1)
    three[2].save()
    found = staff_client.get("/admin/autocomplete/", {**where, "term": "imaginaire"}).json()["results"]
    assert [result["text"] for result in found] == ["CLT-002 Boulangerie Imaginaire"]


def paginated(count: int, per_page: int = 10) -> EvenPaginator:
    while Client.objects.count() < count:
        individual()
    return EvenPaginator(Client.objects.order_by("-number"), per_page)


@pytest.mark.parametrize("count", [1, 9, 10, 11, 20, 25, 40, 41])
def test_every_page_holds_what_a_plain_reading_would_show(db, count):
    paginator = paginated(count)
    plain = list(Client.objects.order_by("-number"))
    pages = [list(paginator.page(number)) for number in paginator.page_range]
    assert [client for page in pages for client in page] == plain
    assert [len(page) for page in pages] == [10] * (count // 10) + ([count % 10] if count % 10 else [])


def test_the_last_page_skips_no_row(db):
    paginator = paginated(60)
    with CaptureQueriesContext(connection) as queries:
        list(paginator.page(6))
    assert [query["sql"] for query in queries if "OFFSET" in query["sql"]] == []


def test_no_page_skips_more_than_half_of_the_rows(db):
    paginator = paginated(60)
    with CaptureQueriesContext(connection) as queries:
        for number in paginator.page_range:
            list(paginator.page(number))
    offsets = [int(found) for query in queries for found in re.findall(r"OFFSET (\d+)", query["sql"])]
    assert max(offsets) <= 30


@pytest.mark.parametrize(("many", "queries_for_two"), [(10_000, 2), (2, 1)])
def test_only_a_large_count_is_remembered(db, monkeypatch, many, queries_for_two):
    monkeypatch.setattr(changelist, "MANY", many)
    paginated(3)
    with CaptureQueriesContext(connection) as queries:
        counts = [EvenPaginator(Client.objects.order_by("number"), 10).count for _reading in range(2)]
    assert (counts, len(queries)) == ([3, 3], queries_for_two)


def test_a_remembered_count_is_not_shared_between_managers(db, monkeypatch):
    monkeypatch.setattr(changelist, "MANY", 0)
    paul, olga = staff("p@example.org", "Manager"), staff("o@example.org", "Manager")
    individual(manager=paul)
    counts = [
        EvenPaginator(Client.objects.visible_to(user).order_by("number"), 10).count for user in (paul, olga)
    ]
    assert counts == [1, 0]
