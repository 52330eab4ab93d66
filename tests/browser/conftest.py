"""What a person sees: Debian's Chromium on a live server, watched for console errors and foreign requests."""

import os
import shutil
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.conf import settings
from django.db import connections
from django.test import Client as HttpClient
from django.test.testcases import _MediaFilesHandler
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from crm.accounts.models import User

# Playwright drives the browser from an event loop of this thread; Django would take it for async code.
os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
CHROMIUMS = ("chromium", "chromium-browser", "google-chrome")
LOCAL_SCHEMES = {"data", "blob", "about"}
DESK, TELEPHONE = {"width": 1280, "height": 900}, {"width": 390, "height": 844}


def pytest_collection_modifyitems(items) -> None:
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.browser)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    found = next(filter(None, map(shutil.which, CHROMIUMS)), None)
    if found is None:
        say = pytest.fail if os.environ.get("CI") else pytest.skip
        say("Browser tests: no Chromium here (Debian: apt install chromium)")
    # While that event loop runs, Django keeps other connections for this thread than before and after it: those of
    # one side would stay open, unseen, and the database of the tests could not be dropped.
    connections.close_all()
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=found, args=["--no-sandbox"])
        yield chromium
        chromium.close()
        connections.close_all()


@pytest.fixture(autouse=True)
def _files_by_their_views(monkeypatch):
    """Django's live server would send the private files by itself, past the views that ask who wants them and how."""
    monkeypatch.setattr(_MediaFilesHandler, "_should_handle", lambda _self, _path: False)


@pytest.fixture
def troubles() -> list[str]:
    """What went wrong in the browser so far. A story that expects a refusal empties it."""
    return []


@pytest.fixture
def context(browser, live_server) -> Iterator[BrowserContext]:
    opened = browser.new_context(
        base_url=live_server.url,
        locale="fr-FR",
        timezone_id=settings.TIME_ZONE,
        viewport=DESK,
        reduced_motion="reduce",
        accept_downloads=True,
    )
    opened.set_default_timeout(10_000)
    yield opened
    opened.close()
    # What the page had asked last is answered before the tables are emptied.
    for thread in threading.enumerate():
        if "process_request_thread" in thread.name:
            thread.join(timeout=60)


def watch(page: Page, live_server, troubles: list[str]) -> Page:
    """Write down each console error, exception, 500 and request to another origin."""
    home = urlsplit(live_server.url).netloc

    def watch_request(request) -> None:
        address = urlsplit(request.url)
        if address.scheme not in LOCAL_SCHEMES and address.netloc != home:
            troubles.append(f"foreign request: {request.url}")

    def watch_response(response) -> None:
        if response.status >= 500:
            troubles.append(f"{response.status}: {response.url}")

    def watch_console(message) -> None:
        if message.type == "error":
            troubles.append(f"console: {message.text} ({message.location.get('url', '')})")

    page.on("request", watch_request)
    page.on("response", watch_response)
    page.on("console", watch_console)
    page.on("pageerror", lambda error: troubles.append(f"exception: {error}"))
    return page


@pytest.fixture
def page(context, live_server, troubles) -> Iterator[Page]:
    """A page that fails its story for anything that went wrong in it."""
    yield watch(context.new_page(), live_server, troubles)
    assert troubles == []


@pytest.fixture
def sign_in(context, live_server) -> Callable[[User], None]:
    """Give the browser a session of this person, without the detour by the sign-in page."""

    def as_user(user: User) -> None:
        http = HttpClient()
        http.force_login(user)
        name = settings.SESSION_COOKIE_NAME
        context.clear_cookies(name=name)
        context.add_cookies([{"name": name, "value": http.cookies[name].value, "url": live_server.url}])

    return as_user


@pytest.fixture
def staff_page(page, sign_in, transactional_db, administrator) -> Page:
    """A page signed in as the administrator."""
    sign_in(administrator)
    return page


@pytest.fixture
def axe() -> Callable[[Page], list[str]]:
    """What the page does wrong for who cannot see it or cannot use a mouse: WCAG 2.2 A and AA, one line each."""
    tags = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]

    def violations(page: Page) -> list[str]:
        found = Axe().run(page, options={"runOnly": {"type": "tag", "values": tags}}).response["violations"]
        return [f"{rule['id']}: {node['html'][:160]}" for rule in found for node in rule["nodes"]]

    return violations


@pytest.fixture
def overflow() -> Callable[[Page], int]:
    """How many pixels of the page are beyond the right edge at the width of a telephone."""

    def beyond(page: Page) -> int:
        page.set_viewport_size(TELEPHONE)
        return page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")

    return beyond
