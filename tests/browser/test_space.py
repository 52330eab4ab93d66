"""The doors of the client space as a person goes through them, on a telephone and without a mouse."""

import pytest
from django.utils import timezone

from crm.access.codes import code_of
from crm.access.models import Access
from crm.access.services import send_credentials
from crm.clients.models import Client
from crm.mailing.models import Mail
from crm.organisation.models import Organisation
from tests.factories import association, individual, opening

PASSWORD = "correct-horse-battery"
OUTSIDE = [
    "/espace/connexion/",
    "/espace/connexion/code/",
    "/espace/mot-de-passe/oublie/",
    "/espace/mot-de-passe/oublie/envoye/",
    "/espace/adresse/a-confirmer/",
    "/espace/adresse/confirmation/x/",
    "/espace/acces-ferme/",
    "/espace/inscription/",
    "/espace/inscription/envoyee/",
    "/espace/mot-de-passe/nouveau/1-x/",
]
INSIDE = [
    "/espace/",
    "/espace/choix/",
    "/espace/mot-de-passe/",
    "/espace/adresse/",
    "/espace/double-authentification/",
    "/espace/double-authentification/activer/",
    "/espace/appareils/",
]


@pytest.fixture
def shop(transactional_db) -> Client:
    organisation = Organisation.objects.current()
    organisation.is_registration_open = True
    organisation.save()
    return association(email="alice@example.org")


@pytest.fixture
def alice(shop):
    return opening(shop, individual(), email="alice@example.org", first_name="Alice")


def sign_in(page, email: str = "alice@example.org", password: str = PASSWORD) -> None:
    page.goto("/espace/connexion/")
    page.fill("input[name=login]", email)
    page.fill("input[name=password]", password)
    page.keyboard.press("Enter")
    page.wait_for_load_state()


def test_no_page_of_the_door_has_a_barrier_or_overflows_a_telephone(page, shop, axe, overflow, troubles):
    for address in OUTSIDE:
        page.goto(address)
        assert (address, axe(page), overflow(page)) == (address, [], 0)
    assert [trouble for trouble in troubles if "404" not in trouble] == []
    troubles.clear()


def test_no_page_of_one_s_own_sign_in_has_a_barrier_or_overflows_a_telephone(page, alice, axe, overflow):
    sign_in(page)
    page.click("text=Les Amis du Livre Imaginaire")
    page.goto("/espace/verification/?next=/espace/")
    page.fill("input[name=password]", PASSWORD)
    page.click("main button[type=submit]")
    for address in INSIDE:
        page.goto(address)
        assert (address, page.url.endswith(address), axe(page), overflow(page)) == (address, True, [], 0)


def test_a_client_chooses_a_password_and_comes_in(page, shop, administrator):
    user = opening(shop, email="zoe@example.org", is_confirmed=False, password=None)
    send_credentials(Access.objects.get(user=user), by=administrator, at=timezone.now())
    _html, text = Mail.objects.get().to_leave()
    link = text[text.index("/espace/mot-de-passe/nouveau/") :].partition(")")[0]
    page.goto(link)
    page.fill("input[name=password1]", "a-new-correct-horse")
    page.fill("input[name=password2]", "a-new-correct-horse")
    page.click("main button[type=submit]")
    page.click("text=Se connecter")
    page.fill("input[name=login]", "zoe@example.org")
    page.fill("input[name=password]", "a-new-correct-horse")
    page.click("main button[type=submit]")
    page.wait_for_selector("h1:has-text('Les Amis du Livre Imaginaire')")


def test_a_client_comes_in_with_a_code(page, shop):
    opening(shop, email="zoe@example.org")
    page.goto("/espace/connexion/")
    page.click("text=Recevoir plutôt un code")
    page.fill("input[name=email]", "zoe@example.org")
    page.click("main button[type=submit]")
    page.wait_for_selector("input[name=code]")
    page.fill("input[name=code]", code_of(Mail.objects.get().created_at))
    page.keyboard.press("Enter")
    page.wait_for_selector("h1:has-text('Les Amis du Livre Imaginaire')")


def test_the_door_works_without_javascript(browser, live_server, alice):
    context = browser.new_context(base_url=live_server.url, java_script_enabled=False, locale="fr-FR")
    page = context.new_page()
    sign_in(page)
    page.click("text=Les Amis du Livre Imaginaire")
    assert page.inner_text("h1") == "Les Amis du Livre Imaginaire"
    context.close()


def test_the_staff_open_a_space_from_the_sheet_and_come_back(staff_page, alice, shop, axe, overflow):
    staff_page.goto(f"/admin/clients/client/{shop.pk}/change/")
    staff_page.click("#panel-access-link")
    staff_page.click("#panel-access a:has-text('Accès immédiat')")
    staff_page.fill("#id_reason", "Aider au téléphone")
    assert axe(staff_page) == []
    staff_page.click("#content-main button[type=submit]")
    staff_page.wait_for_selector("section.impersonation")
    assert (axe(staff_page), overflow(staff_page)) == ([], 0)
    staff_page.click("section.impersonation button")
    staff_page.click("#panel-access-link")
    staff_page.wait_for_selector("text=Aider au téléphone")


def test_a_button_of_the_panel_comes_back_to_the_panel(staff_page, alice, shop, axe, overflow):
    staff_page.goto(f"/admin/clients/client/{shop.pk}/change/")
    staff_page.click("#panel-access-link")
    staff_page.click("text=Envoyer des identifiants")
    staff_page.wait_for_selector("#panel-access .sign-in-row")
    assert Mail.objects.get().kind == "access_credentials"
    assert (axe(staff_page), overflow(staff_page)) == ([], 0)
