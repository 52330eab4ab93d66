"""Active or inactive, seen and decided from the client's screens; every save keeps it right."""

import re
from datetime import date, timedelta

import pytest
from django.core.cache import caches
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from crm.activity.models import StatusLock
from crm.activity.services import lock
from crm.backoffice import census as census_page
from crm.backoffice.admin import ClientAdmin
from crm.clients.models import Client
from crm.exchange import services
from crm.products.models import Subscription
from crm.timeline.models import Entry
from crm.timeline.services import entry, record_all
from tests.backoffice.conftest import LIST, sheet
from tests.backoffice.test_client_list import listed
from tests.exchange.importing import NOW, applied, finish
from tests.factories import association, individual, intervention, plan, professional, staff, subscription

YEAR = timedelta(days=365)


def status(client: Client) -> str:
    return Client.objects.get(pk=client.pk).status


def active(client: Client) -> Client:
    lock(client, status="active", at=timezone.now())
    return client


def running(client: Client, **fields) -> Subscription:
    today = timezone.localdate()
    return subscription(client, plan(), **{"subscribed_on": today - YEAR, "ends_on": today + YEAR, **fields})


def undone(run, *, by) -> None:
    services.undo(run, by=by, now=NOW)
    finish(run)


# The list


def test_active_clients_come_first_then_the_latest(staff_client):
    """S3-07."""
    first, _second, third, _fourth = (individual() for _number in range(4))
    active(first)
    active(third)
    assert listed(staff_client) == ["CLT-003", "CLT-001", "CLT-004", "CLT-002"]


@pytest.mark.parametrize(
    ("asked", "expected"), [("active", ["CLT-001"]), ("inactive", ["CLT-002"]), ("x", ["CLT-001", "CLT-002"])]
)
def test_the_list_is_filtered_by_status(staff_client, asked, expected):
    """S3-09."""
    active(individual())
    individual()
    assert listed(staff_client, status=asked) == expected


def test_the_first_page_reads_an_index_and_sorts_nothing(db):
    """What makes the list as quick for a hundred thousand clients as for a hundred."""
    page = Client.objects.current().order_by(*ClientAdmin.ordering).select_related("category")[:100]
    steps = page.explain()
    if connection.vendor == "sqlite":
        assert ("client_by_status" in steps, "TEMP B-TREE" in steps) == (True, False)


def charts(html: str) -> dict[str, list[str]]:
    tables = re.findall(r'aria-labelledby="(by-\w+)">(.*?)</table>', html, re.DOTALL)
    return {
        name: re.findall(r'<td class="number"><a href="[^"]*">(\d+)</a>', table) for name, table in tables
    }


def test_the_totals_and_the_two_charts_stand_above_the_list(staff_client):
    """S3-08."""
    active(individual())
    individual()
    professional()
    association(archived_on=date(2026, 1, 1))
    html = staff_client.get(LIST).content.decode()
    assert charts(html) == {"by-status": ["1", "2"], "by-kind": ["2", "1", "0"]}
    assert re.search(r"<b>3</b>\s*clients · <b>1</b>\s*actif", html)
    assert f'href="{LIST}?status=inactive"' in html


def test_a_manager_s_figures_are_of_their_own_clients(client, manager):
    individual(manager=manager)
    active(individual())
    client.force_login(manager)
    assert charts(client.get(LIST).content.decode()) == {"by-status": ["0", "1"], "by-kind": ["1", "0", "0"]}


def test_only_a_large_census_is_remembered_and_for_its_reader_alone(
    manager, administrator, monkeypatch, django_assert_num_queries
):
    individual()
    monkeypatch.setattr(census_page, "MANY", 0)
    manager, administrator = (type(user).objects.get(pk=user.pk) for user in (manager, administrator))
    assert [sum(census_page.counted(user).values()) for user in (administrator, manager)] == [1, 0]
    with django_assert_num_queries(0):
        assert sum(census_page.counted(administrator).values()) == 1
    caches["memory"].clear()
    assert sum(census_page.counted(administrator).values()) == 1


# Every save keeps it right


def test_a_client_is_created_inactive_and_a_formule_of_its_sheet_makes_it_active(staff_client):
    """S3-03, S3-04."""
    client, of = individual(), plan()
    before = status(client)
    today = timezone.localdate()
    data = sheet(last_name="Petit", first_name="Chloé") | {
        "subscriptions-TOTAL_FORMS": "1", "subscriptions-MAX_NUM_FORMS": "1000",
        "subscriptions-0-client": str(client.pk), "subscriptions-0-plan": str(of.pk),
        "subscriptions-0-subscribed_on": f"{today:%d/%m/%Y}",
    }  # fmt: skip
    assert staff_client.post(f"{LIST}{client.pk}/change/", data).status_code == 302
    assert (before, status(client)) == ("inactive", "active")


def test_saving_the_sheet_does_not_bring_an_old_status_back(staff_client):
    client = active(individual())
    staff_client.post(f"{LIST}{client.pk}/change/", sheet(last_name="Petit", first_name="Chloé", notes="x"))
    assert status(client) == "active"


def test_a_subscription_of_the_desk_makes_its_client_active_and_its_end_inactive(staff_client):
    client = individual()
    term = running(client)
    data = {"plan": term.plan_id, "subscribed_on": f"{term.subscribed_on:%d/%m/%Y}", "ends_on": f"{term.ends_on:%d/%m/%Y}",
            "price_excl_tax": "100", "vat_rate": "20", "billing_period": "yearly", "origin": "salon"}  # fmt: skip
    desk = f"/admin/products/subscription/{term.pk}/"
    assert staff_client.post(f"{desk}change/", data).status_code == 302
    seen = [status(client)]
    yesterday = timezone.localdate() - timedelta(days=1)
    staff_client.post(f"{desk}do/end/", {"ends_on": f"{yesterday:%d/%m/%Y}"})
    seen.append(status(client))
    staff_client.post(
        "/admin/products/subscription/",
        {"action": "renew_selected", "_selected_action": [term.pk], "confirmed": "1"},
    )
    seen.append(status(client))
    assert seen == ["active", "inactive", "active"]


def test_archiving_puts_the_formules_of_a_client_away_and_restoring_brings_them_back(staff_client):
    client = individual()
    running(client)
    seen = []
    for verb in ("restore", "archive", "restore"):
        staff_client.post(f"{LIST}{client.pk}/{verb}/")
        if verb == "restore":
            staff_client.post(f"{LIST}{client.pk}/change/", sheet(last_name="Petit", first_name="Chloé"))
        seen.append(status(client))
    assert seen == ["active", "inactive", "active"]


def test_an_imported_formule_makes_its_client_active_and_undoing_inactive(administrator):
    client, of = individual(), plan()
    today = NOW.date()
    text = f"Numéro client;Formule;Date de souscription;Date de fin;Prix HT\r\n{client.code};{of.name};{today:%d/%m/%Y};{today + YEAR:%d/%m/%Y};100\r\n"
    run = applied(text)
    seen = [status(client)]
    undone(run, by=administrator)
    assert (*seen, status(client), Subscription.objects.count()) == ("active", "inactive", 0)


def test_a_status_that_followed_does_not_keep_an_import_from_being_undone(administrator):
    run = applied("Type;Nom;Prénom\r\nParticulier;Durand;Marc\r\n")
    client = Client.objects.get()
    term = running(client)
    lock(client, status="active", at=timezone.now())
    StatusLock.objects.all().delete()
    term.delete()
    undone(run, by=administrator)
    assert Client.objects.count() == 0


# Decided by hand


def decision(**fields) -> dict:
    return {"status": "active", "until": "", "reason": "", **fields}


def test_a_status_is_decided_by_hand_with_its_end_and_its_reason(staff_client):
    """S3-05."""
    client, until = individual(), timezone.localdate() + timedelta(days=30)
    staff_client.post(f"{LIST}{client.pk}/status/", decision(until=until.isoformat(), reason="Salon"))
    row = StatusLock.objects.get()
    assert (row.status, row.until_on, row.reason, status(client)) == ("active", until, "Salon", "active")
    page = staff_client.get(f"{LIST}{client.pk}/status/").context["form"]
    assert (page.initial["status"], page.initial["until"]) == ("active", until)
    staff_client.post(f"{LIST}{client.pk}/status/", decision(status="automatic"))
    assert (StatusLock.objects.count(), status(client)) == (0, "inactive")


@pytest.mark.parametrize(
    ("fields", "wrong"),
    [
        ({"status": "peut-être"}, "status"),
        ({"status": ""}, "status"),
        ({"until": "2000-01-01"}, "until"),
        ({"until": "hier"}, "until"),
        ({"reason": "x" * 161}, "reason"),
    ],
)
def test_a_bad_decision_is_said_beside_its_field(staff_client, fields, wrong):
    client = individual()
    answer = staff_client.post(f"{LIST}{client.pk}/status/", decision(**fields))
    assert list(answer.context["form"].errors) == [wrong]
    assert StatusLock.objects.count() == 0


def test_only_who_may_change_the_client_decides(client, manager, other_manager):
    own = individual(manager=manager)
    seen = {}
    for user in (manager, other_manager, staff("lire@example.org", "Read-only")):
        client.force_login(user)
        seen[user.email.split("@")[0]] = client.post(f"{LIST}{own.pk}/status/", decision()).status_code
    assert seen == {"paul": 302, "olga": 404, "lire": 403}


# Beside the sheet


def side(http, client: Client) -> str:
    html = http.get(f"{LIST}{client.pk}/panel/side/", headers={"X-Requested-With": "fetch"}).content.decode()
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", html)).strip()


def test_the_side_panel_says_why_and_until_when(staff_client, time_machine):
    """S1-19, S3-06."""
    time_machine.move_to("2026-11-22 12:00")
    client = individual(source="Salon", utm_campaign="printemps", registered_device="Téléphone")
    running(client, subscribed_on=date(2026, 1, 1), ends_on=date(2026, 12, 31))
    text = side(staff_client, client)
    for words in (
        "Actif : Confort jusqu’au 31 décembre 2026", "Sans nouvelle : inactif le 1 janvier 2027",
        "Achats 1", "Chiffre d’affaires 120,00 €", "100,00 € HT", "Demandes de support 0", "Origine Salon", "printemps – Téléphone",
    ):  # fmt: skip
        assert words in text, words


def test_the_figures_lead_to_tabs_of_the_sheet(staff_client):
    client = individual()
    record_all([entry(client, Entry.Kind.CHANGED, "Adresse", at=timezone.now())])
    beside = staff_client.get(f"{LIST}{client.pk}/panel/side/").content.decode()
    tabs = re.findall(r'<dd><a href="(.*?)"', beside)
    assert tabs == ["#panel-timeline", "#panel-subscriptions", "#panel-messages"]
    page = staff_client.get(f"{LIST}{client.pk}/change/").content.decode()
    assert [tab for tab in tabs if f'data-bs-target="{tab}"' not in page] == []


def test_turnover_is_the_sum_of_what_has_fallen_due(staff_client, time_machine):
    time_machine.move_to("2026-11-22 12:00")
    client, of = individual(), plan(billing_period="monthly")
    subscription(client, of, subscribed_on=date(2026, 9, 1), ends_on=date(2027, 8, 31))
    subscription(
        client, of, subscribed_on=date(2026, 1, 1), ends_on=date(2026, 12, 31), archived_on=date(2026, 2, 1)
    )
    subscription(client, of, subscribed_on=date(2027, 9, 1), ends_on=date(2028, 8, 31))
    text = side(staff_client, client)
    assert ("Chiffre d’affaires 360,00 €" in text, "Achats 1" in text) == (True, True)


def test_a_mobile_can_be_called_texted_and_written_to(staff_client):
    """S1-26."""
    client = individual(mobile="+33639980001")
    html = staff_client.get(f"{LIST}{client.pk}/panel/side/").content.decode()
    assert re.findall(r'href="((?:tel|sms|https):[^"]+)"', html) == [
        "tel:+33639980001",
        "sms:+33639980001",
        "https://wa.me/33639980001",
    ]
    assert 'rel="noopener noreferrer"' in html
    other = individual(landline="+33199000001")
    assert "wa.me" not in staff_client.get(f"{LIST}{other.pk}/panel/side/").content.decode()


def test_who_may_not_read_subscriptions_reads_no_figure_of_them(client, db):
    user = staff("accueil@example.org", "Read-only")
    group = user.groups.get()
    group.permissions.remove(
        *group.permissions.filter(content_type__app_label__in=["products", "activity", "timeline"])
    )
    client.force_login(user)
    text = side(client, individual())
    assert [word for word in ("Achats", "affaires", "Dernière action", "actif") if word in text] == []


def test_the_side_panel_costs_the_same_whatever_the_client_did(staff_client):
    few, many = individual(), individual()
    for client, count in ((few, 1), (many, 12)):
        for _number in range(count):
            intervention(client)
    staff_client.get(f"{LIST}{few.pk}/panel/side/")
    costs = []
    for client in (few, many):
        with CaptureQueriesContext(connection) as queries:
            staff_client.get(f"{LIST}{client.pk}/panel/side/")
        costs.append(len(queries))
    assert costs[0] == costs[1]


def test_the_panel_of_interventions_counts_them_by_state(staff_client):
    """S3-06."""
    client = individual()
    for state in ("planned", "planned", "cancelled"):
        intervention(client, status=state)
    html = staff_client.get(f"{LIST}{client.pk}/panel/interventions/").content.decode()
    assert re.findall(r"<b>(\d+)</b> (\w+)", html) == [("2", "prévue"), ("1", "annulée")]
    assert Entry.objects.count() == 0
