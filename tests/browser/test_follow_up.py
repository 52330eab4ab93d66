"""The day's follow-up: an action noted in two clicks, the timeline narrowed in place, the week seen on a telephone."""

from datetime import UTC, datetime, timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from crm.clients.models import Client
from crm.timeline.models import Action, Entry
from crm.timeline.services import entry, note_action, record_all
from tests.factories import action, action_kind, individual, intervention
from tests.timeline.hostile import PDF, TEXTS

AT = datetime(2026, 11, 22, 9, 30, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _own_files(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path


def sheet(client: Client, tab: str = "") -> str:
    return f"/admin/clients/client/{client.pk}/change/{tab}"


def test_an_action_is_noted_with_a_rich_note_and_two_files(staff_page):
    """S1-18: click on the sheet, write, save."""
    page, client, kind = staff_page, individual(mobile="+33639980001"), action_kind(name="Appel")
    page.goto(sheet(client))
    page.get_by_role("link", name="Noter une action").click()
    page.fill("#id_title", "Demande de devis")
    page.select_option("#id_kind", str(kind.pk))
    page.locator(".ProseMirror").click()
    page.keyboard.type("Rappeler ")
    page.keyboard.press("Control+b")
    page.keyboard.type("jeudi")
    files = [
        {"name": "devis.pdf", "mimeType": "application/pdf", "buffer": PDF},
        {"name": "plan.txt", "mimeType": "text/plain", "buffer": b"croquis"},
    ]
    page.set_input_files("#id_uploads", files)
    page.get_by_role("button", name="Enregistrer", exact=True).click()
    page.locator("#panel-timeline .note strong").wait_for()
    assert page.url.endswith("#panel-timeline")
    assert page.locator("#panel-timeline .note").inner_text() == "Rappeler jeudi"
    assert Action.objects.get().note == "<p>Rappeler <strong>jeudi</strong></p>"
    assert page.locator("#panel-timeline .files a").all_inner_texts() == [" devis.pdf", " plan.txt"]


def test_the_timeline_is_narrowed_and_read_further_without_leaving_the_sheet(staff_page):
    """S1-17."""
    page, client = staff_page, individual()
    record_all(
        entry(client, Entry.Kind.CHANGED, f"n{number}", at=AT - timedelta(hours=number))
        for number in range(70)
    )
    note_action(action(client, kind=action_kind(name="Salon")), at=AT)
    page.goto(sheet(client, "#panel-timeline"))
    panel = page.locator("#panel-timeline")
    panel.locator(".entries > li").first.wait_for()
    panel.get_by_role("link", name="Plus ancien").click()
    expect(page.locator("#panel-timeline .entries > li")).to_have_count(71)
    panel.get_by_text("Filtres", exact=True).click()
    panel.get_by_label("Salon").check()
    panel.get_by_role("button", name="Appliquer les filtres").click()
    expect(page.locator("#panel-timeline .entries > li")).to_have_count(1)
    page.get_by_role("tab", name="Fiche").click()
    assert (page.locator("#id_last_name").input_value(), "/change/" in page.url) == ("Petit", True)


def test_nothing_hostile_runs_on_the_sheet(staff_page, troubles):
    """The corpus as titles and notes; `page` fails for an error, a dialog or a request to another origin."""
    page, client = staff_page, individual()
    for text in TEXTS:
        note_action(action(client, title=text.replace("\0", "")[:160], note=text), at=AT)
    opened = []
    page.on("dialog", lambda dialog: (opened.append(dialog.message), dialog.dismiss()))
    page.goto(sheet(client, "#panel-timeline"))
    page.locator("#panel-timeline .entries > li").first.wait_for()
    if (older := page.locator("#panel-timeline [data-older]")).count():
        older.click()
        expect(page.locator("#panel-timeline .entries > li")).to_have_count(len(TEXTS))
    page.wait_for_timeout(300)
    assert (opened, troubles) == ([], [])
    assert page.locator("#panel-timeline :is(script, img, iframe, svg, form, style, object)").count() == 0


def test_a_status_is_decided_by_hand_and_explained(staff_page):
    """S3-05."""
    page, client = staff_page, individual()
    page.goto(sheet(client))
    page.get_by_text("Inactif : ni intervention ni formule".replace(" :", "\N{NO-BREAK SPACE}:")).wait_for()
    page.get_by_role("link", name="Activer, désactiver…").click()
    page.get_by_label("Actif, quoi qu’il arrive", exact=True).check()
    page.get_by_label("Pourquoi").fill("Salon")
    page.get_by_role("button", name="Enregistrer").click()
    page.locator(".beside-status").get_by_text("décidé à la main par Ada Admin").wait_for()
    assert page.locator(".card-facts .state-active").inner_text() == "Actif"


@pytest.mark.parametrize(
    "name",
    ["sheet", "timeline", "week", "interventions", "action", "intervention", "status", "entries", "list"],
)
def test_the_new_screens_fit_a_telephone_and_hide_nothing_from_who_cannot_see(
    staff_page, overflow, axe, name
):
    client = individual(mobile="+33639980001")
    note_action(action(client, note="<p>vu</p>"), at=AT)
    intervention(client, planned_for=timezone.now())
    address = {
        "sheet": sheet(client),
        "timeline": f"/admin/clients/client/{client.pk}/panel/timeline/?type=action-1",
        "interventions": f"/admin/clients/client/{client.pk}/panel/interventions/",
        "week": "/admin/activity/intervention/week/",
        "action": f"/admin/timeline/action/add/?client={client.pk}",
        "intervention": f"/admin/activity/intervention/add/?client={client.pk}",
        "status": f"/admin/clients/client/{client.pk}/status/",
        "entries": "/admin/timeline/entry/?type=action-1",
        "list": "/admin/clients/client/?status=inactive",
    }[name]
    staff_page.goto(address)
    staff_page.wait_for_load_state("networkidle")
    assert axe(staff_page) == []
    assert overflow(staff_page) <= 0
