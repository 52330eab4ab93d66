"""S0-20, 2.11: the work first, then figures that all lead to their list, of the clients one may see."""

import re
from datetime import date, timedelta
from decimal import Decimal
from html import unescape

import pytest
import time_machine
from django.contrib.auth.models import Permission
from django.core.cache import caches
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from crm.accounts.models import User
from crm.backoffice import charts, dashboard
from crm.clients.models import Client
from crm.core.models import Lease
from crm.products import services
from crm.products.models import Plan, Subscription

TODAY = date(2026, 11, 22)


@pytest.fixture(autouse=True)
def _today():
    caches["memory"].clear()
    with time_machine.travel("2026-11-22T10:00:00+01:00", tick=False):
        yield
    caches["memory"].clear()


def make(start: date, *, manager: User | None = None, postcode: str = "69001", **fields) -> Subscription:
    plan, _created = Plan.objects.get_or_create(
        name="Essentielle", defaults={"price_excl_tax": Decimal(10), "vat_rate": Decimal(20)}
    )
    client = Client(
        kind="individual", last_name="DURAND", first_name="Inès", postcode=postcode, manager=manager
    )
    client.full_clean(exclude=["number"])
    client.save()
    values = {"price_excl_tax": None, "vat_rate": None, "billing_period": ""} | fields
    return Subscription.objects.create(client=client, plan=plan, subscribed_on=start, **values)


@pytest.fixture
def base(db):
    """Four terms: an old one renewed, one ending soon, one new, one archived; three places."""
    services.renew(make(date(2025, 10, 5)), at=timezone.now())
    make(date(2025, 12, 1), postcode="75011")
    make(date(2026, 11, 2), postcode="")
    make(date(2026, 11, 3), archived_on=TODAY)


def page(browser) -> str:
    return unescape(browser.get("/admin/").content.decode())


def desk_of(text: str) -> str:
    return text[text.index('<div class="desk') :]


def test_every_number_of_the_first_page_is_the_length_of_its_list(staff_client, base):
    links = re.findall(r'<a href="([^"]+\?[^"]*)">(?:<strong>)?(\d+)<', desk_of(page(staff_client)))
    assert len(links) > 30
    for address, number in links:
        listed = staff_client.get(address)
        assert listed.status_code == 200, address
        assert listed.context["cl"].result_count == int(number), address


def headed(browser, address: str) -> tuple[str, str]:
    """(what the browser calls the page, its heading)"""
    html = unescape(browser.get(address).content.decode())
    found = [re.search(rf"<{tag}>(.*?)</{tag}>", html, re.DOTALL) for tag in ("title", "h1")]
    return tuple(" ".join(one.group(1).split()) for one in found)


def test_the_browser_calls_a_page_as_its_heading_does(staff_client, base):
    client, term = Client.objects.get(city="", postcode=""), Subscription.objects.current().first()
    headings = {
        "/admin/": "Tableau de bord",
        "/admin/clients/client/": "Clients",
        "/admin/clients/client/add/?kind=individual": "Nouveau particulier",
        f"/admin/clients/client/{client.pk}/change/": client.display_name,
        f"/admin/clients/client/{client.pk}/panel/timeline/": f"Chronologie – {client.display_name}",
        "/admin/products/subscription/": "Abonnements",
        "/admin/products/subscription/add/": "Ajouter : abonnement",
        f"/admin/products/subscription/{term.pk}/history/": f"Historique : {term}",
    }
    for address, heading in headings.items():
        assert headed(staff_client, address) == (f"{heading} | Clientèle", heading), address


def test_the_browser_says_what_kind_of_thing_is_edited(staff_client, base):
    term = Subscription.objects.current().first()
    called, heading = headed(staff_client, f"/admin/products/subscription/{term.pk}/change/")
    assert (called, heading) == (f"Abonnement : {term} | Clientèle", str(term))


def test_sales_of_a_month_are_told_new_and_renewed(staff_client, base, administrator):
    found = dashboard.figures(administrator, TODAY)
    chart = dashboard.sold_by_month(found)
    told = {label: [link.text for link in links] for label, links in chart.rows}
    assert told["novembre 2026"] == ["1", "0"]
    assert told["octobre 2026"] == ["0", "1"]
    assert told["décembre 2025"] == ["1", "0"]
    assert len(told) == 12


def test_the_work_comes_first_and_leads_to_its_list(staff_client, base):
    text = desk_of(page(staff_client))
    assert text.index("À faire") < text.index("abonnements en cours")
    assert '<a href="/admin/products/subscription/?state=ending"><strong>1</strong>' in text


def test_an_empty_base_says_what_to_do_next(staff_client):
    text = desk_of(page(staff_client))
    for sentence in ["Rien n’attend.", "Aucun client encore", "Aucun abonnement encore"]:
        assert sentence in text


def test_a_manager_sees_figures_of_their_own_clients_only(client, base):
    manager = User.objects.create_user("gestion@example.org", "correct-horse-battery", is_staff=True)
    names = ["view_client", "view_plan", "view_subscription"]
    manager.user_permissions.set(Permission.objects.filter(codename__in=names))
    make(date(2026, 11, 9), manager=manager, postcode="35000")
    client.force_login(manager)
    found = dashboard.figures(manager, TODAY)
    assert (sum(found.kinds.values()), sum(found.running.values())) == (1, 1)
    assert list(found.regions.values()) == [1]
    text = desk_of(page(client))
    assert "Bretagne" in text
    assert "Auvergne-Rhône-Alpes" not in text


def test_who_may_see_nothing_has_no_figures(client, db):
    person = User.objects.create_user("accueil@example.org", "correct-horse-battery", is_staff=True)
    client.force_login(person)
    assert "chart" not in desk_of(page(client))


def test_figures_follow_the_next_change_at_once(staff_client, base, administrator):
    before = dashboard.figures(administrator, TODAY)
    term = make(date(2026, 11, 20))
    after = dashboard.figures(administrator, TODAY)
    assert sum(after.running.values()) == sum(before.running.values()) + 1
    services.cancel(term, day=TODAY - timedelta(days=1), at=timezone.now())
    assert dashboard.figures(administrator, TODAY).running == before.running


def test_the_first_page_costs_the_same_number_of_queries_for_one_and_three_rows(staff_client):
    def cost() -> int:
        caches["memory"].clear()
        with CaptureQueriesContext(connection) as counted:
            staff_client.get("/admin/")
        return len(counted)

    make(date(2026, 11, 1))
    cost()
    first = cost()
    make(date(2026, 10, 1))
    make(date(2026, 9, 1))
    assert cost() == first


def test_the_desk_says_when_the_scheduler_last_worked(staff_client):
    assert "dernier passage" not in desk_of(page(staff_client))
    now = timezone.now()
    Lease.objects.create(name="scheduler", owner="x", expires_at=now, beat_at=now - timedelta(minutes=3))
    assert "dernier passage il y a 3\xa0minutes" in page(staff_client)


def test_charts_have_no_style_no_script_and_whole_numbers(staff_client, base):
    drawings = re.findall(r"<svg.*?</svg>", desk_of(page(staff_client)), re.DOTALL)
    assert len(drawings) > 2
    for drawing in drawings:
        assert "style=" not in drawing
        assert "<script" not in drawing
        assert not re.search(r'(?:x|y|width|height)="[^"]*[,.][^"]*"', drawing)


def test_columns_fit_their_chart_and_stack_from_the_bottom():
    drawn = charts.columns(["a", "b"], [[3, 0], [1, 7]])
    assert [line.value for line in drawn.lines] == [0, 2, 4, 6, 8]
    first, second = drawn.columns
    assert first.parts[0].y + first.parts[0].height == drawn.bottom
    assert first.parts[1].y + first.parts[1].height == first.parts[0].y
    assert second.parts[0].height == 0
    assert min(part.y for column in drawn.columns for part in column.parts) >= charts.TOP
    assert second.x + second.width <= drawn.width
