"""Journey 4: a client and the office talk, each before their own browser; S0-22, S0-23."""

import os
from pathlib import Path

import pytest
from django.conf import settings
from django.core.files.base import ContentFile
from django.test import Client as HttpClient
from django.utils import timezone
from playwright.sync_api import expect

from crm.accounts.models import User
from crm.clients.models import Client
from crm.conversations import services
from crm.conversations.models import CannedReply, Message, Thread
from tests import factories
from tests.browser.conftest import DESK, TELEPHONE, watch

MESSAGES = "/espace/messages/"
# What the requirement allows, and what a busy machine takes to draw it.
FIVE_SECONDS = 5_000
SHOTS = os.environ.get("SHOTS")


def shot(page, name: str) -> None:
    if SHOTS:
        page.screenshot(path=Path(SHOTS) / f"{name}.png", full_page=True)


@pytest.fixture
def chloe(transactional_db, administrator) -> Client:
    return factories.individual(email="chloe@example.org", mobile="+33639980000")


@pytest.fixture
def person(chloe) -> User:
    return factories.opening(chloe, email="chloe@example.org", first_name="Chloé", last_name="Petit")


def opened_by(browser, live_server, troubles, user: User, **options):
    """A browser of their own, signed in."""
    context = browser.new_context(
        base_url=live_server.url, locale="fr-FR", timezone_id=settings.TIME_ZONE, viewport=DESK, **options
    )
    context.set_default_timeout(15_000)
    http = HttpClient()
    http.force_login(user)
    name = settings.SESSION_COOKIE_NAME
    context.add_cookies([{"name": name, "value": http.cookies[name].value, "url": live_server.url}])
    return watch(context.new_page(), live_server, troubles)


@pytest.fixture
def two(browser, live_server, troubles, person, administrator):
    """(the client's page, the office's page)"""
    pages = [opened_by(browser, live_server, troubles, user) for user in (person, administrator)]
    yield pages
    for page in pages:
        page.context.close()
    assert troubles == []


def test_a_client_and_the_office_talk_within_five_seconds(two, chloe, tmp_path):
    theirs, ours = two
    note = tmp_path / "releve.txt"
    note.write_text("Relevé du compteur : 1234", encoding="utf-8")
    theirs.goto(MESSAGES)
    ours.goto("/admin/")
    assert "(" not in ours.title()

    theirs.fill("#write textarea", "Bonjour 👋 le relevé est joint, voir https://example.org/aide")
    theirs.set_input_files("#write input[type=file]", note)
    theirs.click("#write button[type=submit]")
    badge = ours.locator(".app-header [data-unread-badge]")
    expect(badge).to_contain_text("1", timeout=FIVE_SECONDS)
    assert ours.title().startswith("(1) ")
    expect(theirs.locator("#receipt")).to_contain_text("pas encore lu")

    ours.click("[data-badge]")
    shot(ours, "inbox")
    ours.click("text=Petit Chloé")
    expect(ours.locator(".message-client")).to_contain_text("le relevé est joint")
    expect(ours.locator(".message-client .message-files a")).to_have_text("releve.txt")
    expect(theirs.locator("#receipt")).to_contain_text("Lu par nous", timeout=FIVE_SECONDS)
    assert not theirs.title().startswith("(")

    ours.fill("#write textarea", "Bien reçu, merci.")
    ours.click("text=Envoyer au client")
    expect(theirs.locator(".message-office")).to_contain_text("Bien reçu, merci.", timeout=FIVE_SECONDS)
    expect(ours.locator("#receipt")).to_contain_text("Lu par Chloé Petit", timeout=FIVE_SECONDS)

    ours.fill("#write textarea", "Vérifier l’abonnement avant de rappeler.")
    ours.click("text=Garder en note interne")
    expect(ours.locator(".message-note")).to_have_count(1)
    theirs.fill("#write textarea", "Une question encore…")
    theirs.click("#write button[type=submit]")
    expect(ours.locator(".message-client")).to_have_count(2, timeout=FIVE_SECONDS)
    expect(theirs.locator(".message")).to_have_count(3)
    shot(theirs, "client")
    shot(ours, "office")
    assert Message.objects.filter(kind="note").count() == 1
    assert Thread.objects.get().unread_by_client == 0


def test_a_correction_and_a_deletion_show_themselves_on_the_other_side(two, chloe, person, administrator):
    theirs, ours = two
    first = services.send(chloe, "Bonsoir a tous", kind="office", by=administrator, at=timezone.now())
    second = services.send(chloe, "Erreur", kind="office", by=administrator, at=timezone.now())
    theirs.goto(MESSAGES)
    expect(theirs.locator(f"#message-{second.pk}")).to_contain_text("Erreur")
    ours.goto(f"/admin/conversations/thread/{chloe.pk}/change/")
    ours.click(f"#message-{second.pk} >> text=Supprimer")
    expect(theirs.locator(f"#message-{second.pk}")).to_contain_text("Message supprimé", timeout=FIVE_SECONDS)
    ours.click(f"#message-{first.pk} >> text=Corriger")
    ours.fill("textarea[name=text]", "Bonsoir à tous")
    ours.click("#content-main button[type=submit]")
    expect(theirs.locator(f"#message-{first.pk}")).to_contain_text("Bonsoir à tous", timeout=FIVE_SECONDS)
    expect(theirs.locator(f"#message-{first.pk}")).to_contain_text("corrigé")


def test_a_hidden_page_asks_nothing_and_an_untouched_one_seldom(two, chloe):
    """5 seconds while somebody is there, then 15, then two minutes; never when hidden."""
    theirs, _ours = two
    theirs.clock.install()
    theirs.add_init_script(
        """window.asked = 0; window.waited = 0;
           window.fetch = ((fetch) => (url, how) => {
               if (url.includes("/depuis/")) window.asked += 1;
               window.waited += 1;
               return fetch(url, how).finally(() => { window.waited -= 1; });
           })(window.fetch);"""
    )
    theirs.goto(MESSAGES)

    def pass_by(seconds: int) -> int:
        before = theirs.evaluate("asked")
        for _step in range(seconds):
            theirs.clock.run_for(1000)
            # An answer takes no time on this page's clock, however slow the machine is.
            while theirs.evaluate("waited"):
                theirs.wait_for_timeout(5)
        return theirs.evaluate("asked") - before

    assert 10 <= pass_by(60) <= 14
    pass_by(60)
    assert 3 <= pass_by(60) <= 5
    pass_by(420)
    assert 1 <= pass_by(240) <= 3
    theirs.evaluate(
        """() => { Object.defineProperty(document, "hidden", { value: true });
                   document.dispatchEvent(new Event("visibilitychange")); }"""
    )
    assert pass_by(180) == 0


def test_a_double_click_sends_once(two):
    theirs, _ours = two
    theirs.goto(MESSAGES)
    theirs.fill("#write textarea", "Une seule fois")
    theirs.dblclick("#write button[type=submit]")
    theirs.wait_for_load_state()
    expect(theirs.locator(".message")).to_have_count(1)
    assert Message.objects.count() == 1


def test_everything_works_without_javascript(
    browser, live_server, troubles, person, administrator, chloe, tmp_path
):
    picture = tmp_path / "releve.txt"
    picture.write_text("1234", encoding="utf-8")
    CannedReply.objects.create(title="Merci", text="Merci {{ prenom }}.")
    theirs, ours = (
        opened_by(browser, live_server, troubles, user, java_script_enabled=False)
        for user in (person, administrator)
    )
    theirs.goto(MESSAGES)
    theirs.fill("#write textarea", "Bonjour")
    theirs.set_input_files("#write input[type=file]", picture)
    theirs.click("#write button[type=submit]")
    expect(theirs.locator(".message-client")).to_contain_text("releve.txt")
    ours.goto("/admin/")
    assert ours.title().startswith("(1) ")
    ours.goto("/admin/conversations/thread/")
    ours.click("text=Petit Chloé")
    ours.select_option("[name=canned]", label="Merci")
    ours.click("text=Insérer")
    expect(ours.locator("#write textarea")).to_have_value("Merci Chloé.")
    ours.click("text=Envoyer au client")
    theirs.goto("/espace/")
    expect(theirs.locator("[data-unread]")).to_have_text("1")
    theirs.goto(MESSAGES)
    expect(theirs.locator(".message-office")).to_contain_text("Merci Chloé.")
    expect(theirs.locator("#receipt")).to_contain_text("Lu par nous")
    for page in (theirs, ours):
        page.context.close()
    assert troubles == []


def test_the_office_answers_from_the_sheet(two, chloe, person):
    _theirs, ours = two
    services.open_request(chloe, "Facture", "Où est-elle ?", kind="client", by=person, at=timezone.now())
    ours.goto(f"/admin/clients/client/{chloe.pk}/change/#panel-messages")
    expect(ours.locator(".panel-pane .message-client")).to_contain_text("Où est-elle ?")
    shot(ours, "sheet")
    # The boxes of the sheet and those of the message do not send one another.
    assert (
        ours.evaluate("document.querySelector('.panel-pane textarea[name=text]').form.id") == "messages-write"
    )
    ours.fill(".panel-pane textarea[name=text]", "La voici.")
    ours.set_input_files(
        ".panel-pane input[type=file]",
        {"name": "facture.txt", "mimeType": "text/plain", "buffer": b"Facture"},
    )
    ours.click(".panel-pane >> text=Envoyer au client")
    expect(ours.locator(".panel-pane .message-office")).to_contain_text("La voici.")
    answer = Message.objects.get(kind="office")
    assert (answer.files.count(), answer.request.status) == (1, "answered")


def test_only_the_tabs_that_the_sheet_saves_show_its_button(staff_page, chloe):
    page = staff_page
    page.goto(f"/admin/clients/client/{chloe.pk}/change/")
    save = page.get_by_role("button", name="Enregistrer", exact=True)
    expect(save).to_be_visible()
    for tab in ("Messages", "Chronologie"):
        page.get_by_role("tab", name=tab).click()
        expect(save).to_be_hidden()
        expect(page.get_by_role("link", name="Supprimer")).to_be_visible()
        page.get_by_role("tab", name="Fiche").click()
        expect(save).to_be_visible()


def test_a_figure_beside_the_sheet_opens_its_tab_as_often_as_asked(staff_page, chloe):
    page = staff_page
    page.goto(f"/admin/clients/client/{chloe.pk}/change/")
    figure = page.locator("dt:has-text('Demandes de support') + dd a")
    for other in ("Chronologie", "Fiche"):
        figure.click()
        expect(page.locator("#panel-messages textarea[name=text]")).to_be_visible()
        page.get_by_role("tab", name=other).click()
        expect(page.locator("#panel-messages")).to_be_hidden()


def test_no_page_of_the_conversation_has_a_barrier_or_overflows_a_telephone(
    two, chloe, person, administrator, axe, overflow
):
    theirs, ours = two
    now = timezone.now()
    asked = services.open_request(chloe, "Facture", "Où est-elle ?", kind="client", by=person, at=now)
    services.send(
        chloe, "La voici", kind="office", by=administrator, at=now, request=asked,
        uploads=[ContentFile(b"Facture", "facture-de-novembre-au-nom-tres-long-pour-un-telephone.txt")],
    )  # fmt: skip
    services.send(chloe, "Note", kind="note", by=administrator, at=now)
    services.send(chloe, "https://example.org/" + "a" * 120, kind="office", by=administrator, at=now)
    for address in [
        MESSAGES,
        f"{MESSAGES}demandes/",
        f"{MESSAGES}demandes/{asked.pk}/",
        f"{MESSAGES}preferences/",
    ]:
        theirs.set_viewport_size(DESK)
        theirs.goto(address)
        assert (address, axe(theirs), overflow(theirs)) == (address, [], 0)
    theirs.goto(MESSAGES)
    shot(theirs, "client-390")
    admin = "/admin/conversations/"
    message = Message.objects.filter(kind="office").first()
    pages = ["thread/?desk=all", f"thread/{chloe.pk}/change/", "thread/preferences/", "cannedreply/"]
    pages += [f"thread/message/{message.pk}/", f"thread/message/{message.pk}/history/"]
    for address in pages:
        ours.set_viewport_size(DESK)
        ours.goto(admin + address)
        assert (address, axe(ours), overflow(ours)) == (address, [], 0)
    ours.goto(f"{admin}thread/{chloe.pk}/change/")
    assert ours.viewport_size == TELEPHONE
    shot(ours, "office-390")
