"""F4: the hostile files that came in, in Chromium: where they are named and at their own address, nothing runs."""

import pytest
from django.core.cache import caches
from django.core.files.base import ContentFile
from django.test import Client as Browser
from django.urls import reverse
from playwright.sync_api import Error

from crm.activity.models import InterventionFile
from crm.timeline.files import recognised
from crm.timeline.models import ActionFile
from tests.doors import doors, hand_in
from tests.drills import mostly_drilled
from tests.factories import individual, opening
from tests.timeline.hostile import FILES

KEPT = [(name, content) for name, content in FILES if content and recognised(ContentFile(content))]
PICTURES = [
    (name, content)
    for name, content in KEPT
    if recognised(ContentFile(content)).media_type.startswith("image/")
]
AT_ONCE = 10


@pytest.fixture(autouse=True)
def _own_files(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path


@pytest.fixture
def chloe(transactional_db):
    return individual()


@pytest.fixture
def watched(page, troubles):
    page.on("dialog", lambda dialog: (troubles.append(f"dialog: {dialog.message}"), dialog.dismiss()))
    return page


def lots(door) -> list[list[tuple[str, bytes]]]:
    """Many at once where the door takes many; where it takes pictures alone, what looks like one."""
    if door.field == "uploads":
        return [KEPT[start : start + AT_ONCE] for start in range(0, len(KEPT), AT_ONCE)]
    return [[one] for one in (PICTURES if door.field in ("photo", "logo") else FILES)]


def let_in(door, user) -> list[str]:
    """Every file that a door takes; returns their addresses."""
    http = Browser()
    http.force_login(user)
    for lot in lots(door):
        caches["default"].clear()
        hand_in(http, door, *lot)
    return [door.url(file) for file in door.files()]


def is_kept(page, address: str) -> bool:
    """The browser keeps it, and opens no page for it."""
    try:
        page.goto(address)
    except Error as error:
        return "Download is starting" in str(error) and page.evaluate("window.hacked") is None
    return False


def where_named(client, name: str) -> list[str]:
    sheet = reverse("admin:clients_client_change", args=[client.pk])
    if name == "action":
        own = [
            reverse("admin:timeline_action_change", args=[row.action_id]) for row in ActionFile.objects.all()
        ]
    elif name == "intervention":
        own = [
            reverse("admin:activity_intervention_change", args=[row.intervention_id])
            for row in InterventionFile.objects.all()
        ]
    else:
        return [doors(client)[name].address, sheet]
    return [sheet, f"{sheet.removesuffix('change/')}panel/timeline/", *dict.fromkeys(own)]


@pytest.mark.parametrize("name", mostly_drilled(["space", "office", "action", "intervention"], kept=1))
def test_a_private_file_runs_nothing_where_it_is_named_nor_at_its_address(
    watched, sign_in, administrator, chloe, name
):
    user = opening(chloe, email="chloe@example.org") if name == "space" else administrator
    addresses = let_in(doors(chloe)[name], user)
    sign_in(user)
    pages = where_named(chloe, name)
    named = ""
    for address in pages if name != "space" else pages[:1]:
        watched.goto(address)
        named += watched.locator("body").text_content()
    assert watched.evaluate("window.hacked") is None
    assert ("script.pdf" in named, len(addresses) >= 35) == (True, True)
    assert [address for address in addresses if not is_kept(watched, address)] == []


def test_an_imported_file_runs_nothing(watched, sign_in, administrator, chloe):
    addresses = let_in(doors(chloe)["import"], administrator)
    sign_in(administrator)
    for address in [
        reverse("admin:exchange_importrun_changelist"),
        *(one.replace("/file/", "/change/") for one in addresses),
    ]:
        watched.goto(address)
        assert watched.evaluate("window.hacked") is None
    assert len(addresses) >= 3
    assert [address for address in addresses if not is_kept(watched, address)] == []


@pytest.mark.parametrize("name", ["photo", "logo"])
def test_a_picture_is_shown_as_nothing_but_a_picture(watched, sign_in, administrator, chloe, name):
    door = doors(chloe)[name]
    (address,) = let_in(door, administrator)
    sign_in(administrator)
    watched.goto(door.address)
    assert watched.goto(address).headers["content-type"] in ("image/jpeg", "image/png")
    assert (watched.locator("img").count(), watched.evaluate("window.hacked")) == (1, None)
