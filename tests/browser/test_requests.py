"""A client asks, the office decides, the client reads what was decided: in real browsers, each person in their own.

With SCREENSHOTS=folder, each screen is also kept there at 1280 and 390 pixels wide.
"""

import os
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from django.conf import settings
from django.test import Client as HttpClient
from django.utils import timezone
from playwright.sync_api import Page

from crm.access.models import Access
from crm.accounts.models import User
from crm.change_requests.models import ChangeRequest, ServiceRequest
from crm.clients.models import Client
from tests import factories
from tests.browser.conftest import DESK, TELEPHONE, watch


@pytest.fixture
def person(browser, live_server, transactional_db, troubles) -> Iterator[Callable[..., Page]]:
    """Gives anybody a browser of their own, signed in, at its first page."""
    contexts = []

    def opened(user: User, *, runs_scripts: bool = True) -> Page:
        http = HttpClient()
        http.force_login(user)
        name = settings.SESSION_COOKIE_NAME
        context = browser.new_context(
            base_url=live_server.url, locale="fr-FR", viewport=DESK, java_script_enabled=runs_scripts
        )
        context.add_cookies([{"name": name, "value": http.cookies[name].value, "url": live_server.url}])
        context.set_default_timeout(10_000)
        contexts.append(context)
        return watch(context.new_page(), live_server, troubles)

    yield opened
    for context in contexts:
        context.close()
    assert troubles == []


@pytest.fixture
def looked_at(axe, overflow):
    """Nothing is wrong with the page for anybody, at either width; kept as a picture when that is asked."""
    folder = os.environ.get("SCREENSHOTS")

    def look(page: Page, name: str) -> None:
        assert (name, axe(page), overflow(page)) == (name, [], 0)
        for size in (TELEPHONE, DESK):
            page.set_viewport_size(size)
            if folder:
                page.screenshot(path=Path(folder) / f"space-{name}-{size['width']}.png", full_page=True)

    return look


@pytest.fixture
def chloe(transactional_db) -> Client:
    return factories.individual(
        email="chloe@example.org",
        mobile="+33639980000",
        street="12 rue du Lac",
        postcode="75001",
        city="Paris",
    )


@pytest.fixture
def her_user(chloe) -> User:
    return factories.opening(chloe, email="chloe@example.org", first_name="Chloé", last_name="Petit")


@pytest.fixture
def term(chloe):
    today = timezone.localdate()
    premium = factories.plan(name="Premium", price_excl_tax=240)
    factories.subscription(
        chloe, premium, subscribed_on=today - timedelta(days=30), ends_on=today + timedelta(days=200)
    )
    past = factories.plan(name="Essai", is_on_sale=False)
    factories.subscription(
        chloe, past, subscribed_on=today - timedelta(days=400), ends_on=today - timedelta(days=100)
    )
    confort = factories.plan()
    return factories.subscription(
        chloe, confort, subscribed_on=today - timedelta(days=300), ends_on=today + timedelta(days=8)
    )


def test_a_client_corrects_their_address_and_the_office_decides_field_by_field(
    person, looked_at, chloe, her_user, term, administrator, troubles
):
    """Journey 1, with two clients, two administrators and an immediate access (S0-14, B2, C1, E2)."""
    other = factories.individual(last_name="Durand", first_name="Charlie")
    charlie = person(factories.opening(other, email="charlie@example.org"))
    second = factories.staff("bea@example.org", is_superuser=True, first_name="Béa", last_name="Bis")
    client, ada, bea = person(her_user), person(administrator), person(second)

    client.goto("/espace/")
    looked_at(client, "account")
    client.click("nav >> text=Modifier ma fiche")
    looked_at(client, "change")
    client.fill("input[name=mobile]", "06 39 98")
    client.fill("textarea[name=street]", "3 quai des Brumes")
    client.fill("input[name=postcode]", "69003")
    client.fill("input[name=city]", "Lyon")
    client.click("main button[type=submit]")
    client.wait_for_selector(".field.wrong input[name=mobile]")
    looked_at(client, "change-wrong")
    client.fill("input[name=mobile]", "06 39 98 12 34")
    client.click("main button[type=submit]")
    client.wait_for_selector("text=3 quai des Brumes")
    looked_at(client, "pending")
    request = ChangeRequest.objects.get()
    assert Client.objects.get(pk=chloe.pk).city == "Paris"

    for address in ("/espace/", "/espace/modifier/", "/espace/demandes/", "/espace/fiche/"):
        charlie.goto(address)
        assert [words for words in ("Lyon", "Brumes", "Petit") if words in charlie.inner_text("body")] == []

    # Béa reads what Chloé sees, and can send nothing in her place.
    access = Access.objects.get(user=her_user)
    bea.goto(f"/admin/clients/client/{chloe.pk}/access/{access.pk}/impersonate/")
    bea.fill("#id_reason", "Aider au téléphone")
    bea.click("#content-main button[type=submit]")
    bea.wait_for_selector("section.impersonation")
    bea.goto("/espace/demandes/")
    assert "3 quai des Brumes" in bea.inner_text("main")
    looked_at(bea, "impersonated")
    bea.click("text=Retirer cette demande")
    bea.wait_for_selector("text=rien ne peut être envoyé")
    assert ["403" in trouble for trouble in troubles] == [True]
    troubles.clear()
    assert ChangeRequest.objects.get().is_open
    bea.click("section.impersonation button")
    bea.goto(f"/admin/change_requests/changerequest/{request.pk}/change/")

    # Ada decides of each field while Béa still looks at the page.
    ada.goto("/admin/")
    ada.goto("/admin/change_requests/changerequest/")
    ada.click("text=Décider")
    for name in ("street", "postcode", "city"):
        ada.check(f"input[name={name}-choice][value=accept]")
    ada.check("input[name=mobile-choice][value=refuse]")
    ada.fill("input[name=mobile-reason]", "Ce numéro ne répond pas")
    ada.click("text=Appliquer mes choix")
    ada.wait_for_selector(".alert-success")

    bea.click("text=Tout accepter")
    bea.wait_for_selector("text=déjà traitée")
    chloe.refresh_from_db()
    assert (chloe.city, chloe.mobile, chloe.history.count()) == ("Lyon", "+33639980000", 2)

    client.goto("/espace/")
    assert "3 quai des Brumes" in client.inner_text("main")
    client.click("nav >> text=Mes demandes")
    for words in ("Ce numéro ne répond pas", "Une partie de votre demande est faite"):
        client.wait_for_selector(f"text={words}")
    looked_at(client, "decided")


def test_a_client_asks_about_a_service_without_any_script(
    person, looked_at, her_user, chloe, term, administrator
):
    page, ada = person(her_user, runs_scripts=False), person(administrator)
    page.goto("/espace/")
    assert "Se termine dans 8 jours" in page.inner_text(".formule >> nth=0").replace("\xa0", " ")
    page.click("button:has-text('Renouveler') >> nth=0")
    page.wait_for_selector("text=C’est noté")
    page.click("text=Retirer cette demande")
    page.wait_for_selector("text=Votre demande est retirée")
    page.goto("/espace/")
    page.click("a:has-text('Demander un changement') >> nth=0")
    page.select_option("select[name=plan]", index=1)
    page.fill("textarea[name=message]", "Dès le mois prochain si possible")
    page.click("main button[type=submit]")
    page.wait_for_selector("text=Formule souhaitée")
    request = ServiceRequest.objects.open().get()
    assert (request.kind, request.wanted_plan.name, request.asked_by) == ("change", "Premium", her_user)

    ada.goto(f"/admin/change_requests/servicerequest/{request.pk}/change/")
    ada.fill("textarea[name=reason]", "Premium est complet ce mois-ci")
    ada.click(".decisions button:has-text('Refuser')")
    ada.wait_for_selector(".alert-success")
    page.goto("/espace/")
    page.wait_for_selector("text=Premium est complet ce mois-ci")


def test_the_pages_of_services_have_no_barrier_and_work_by_keyboard(person, looked_at, her_user, term):
    page = person(her_user)
    page.goto("/espace/")
    page.focus("button:has-text('Renouveler') >> nth=0")
    page.keyboard.press("Enter")
    page.wait_for_selector("text=C’est noté")
    looked_at(page, "asked")
    page.focus(".past summary")
    page.keyboard.press("Enter")
    page.wait_for_selector(".past li")
    page.goto(f"/espace/formules/{term.pk}/modifier/")
    looked_at(page, "change-service")
    page.goto("/espace/historique/")
    looked_at(page, "history")
    page.goto("/espace/fiche/")
    looked_at(page, "sheet")
    page.emulate_media(media="print")
    assert not page.is_visible("nav")
