"""A person allows this browser to show notifications, is told, and takes it back; on both sides of the house."""

import json

import pytest
from django.utils import timezone

from crm.devices.models import Device
from crm.devices.services import subscribe
from tests.browser.conftest import DESK
from tests.devices.service import Subscription
from tests.factories import individual, opening

ENDPOINT = "https://fcm.googleapis.com/fcm/send/ceci"
# The browser's own subscription would need the network: the rest of it is its own.
BROWSER = """
(() => {
    const keys = %(keys)s;
    let given = JSON.parse(sessionStorage.getItem("given"));
    const one = () => given && {
        endpoint: "%(endpoint)s",
        options: { applicationServerKey: new Uint8Array(given).buffer },
        toJSON: () => ({ endpoint: "%(endpoint)s", keys }),
        unsubscribe: async () => { given = null; return true; },
    };
    PushManager.prototype.getSubscription = async () => one();
    PushManager.prototype.subscribe = async (options) => {
        given = Array.from(options.applicationServerKey);
        sessionStorage.setItem("given", JSON.stringify(given));
        return one();
    };
})();
"""
ALLOW = "text=Recevoir des notifications sur cet appareil"
PAGES = {"staff": "/admin/notifications/", "client": "/espace/notifications/"}


@pytest.fixture(params=["staff", "client"])
def person(request, transactional_db, administrator, sign_in):
    client = opening(individual(), email="chloe@example.org")
    user = administrator if request.param == "staff" else client
    sign_in(user)
    user.page = PAGES[request.param]
    return user


@pytest.fixture
def able(context, live_server):
    """A browser whose owner says yes."""
    context.grant_permissions(["notifications"], origin=live_server.url)
    context.add_init_script(BROWSER % {"keys": json.dumps(Subscription().keys), "endpoint": ENDPOINT})


def other_device(user) -> Device:
    keys = Subscription().keys
    address = "https://web.push.apple.com/cela"
    return subscribe(user, endpoint=address, **keys, name="Safari sur iPhone", at=timezone.now())


def test_a_device_is_allowed_recognised_and_removed(able, person, page, axe, overflow):
    other_device(person)
    page.goto(person.page)
    with page.expect_navigation():
        page.click(ALLOW)
    page.wait_for_selector("[data-here] >> visible=true")
    assert page.locator("[data-here] >> visible=true").count() == 1
    assert (page.is_visible(ALLOW), page.locator("[data-device]").count()) == (False, 2)
    assert Device.objects.filter(user=person, endpoint=ENDPOINT, name__contains="Chrome").count() == 1
    assert (axe(page), overflow(page)) == ([], 0)
    page.set_viewport_size(DESK)
    here = page.locator("[data-device]", has=page.locator("[data-here]:not([hidden])"))
    here.get_by_role("button").click()
    page.wait_for_selector(ALLOW)
    assert list(Device.objects.values_list("name", flat=True)) == ["Safari sur iPhone"]


def test_a_browser_of_an_unknown_service_is_told_so(able, person, page, settings, troubles):
    settings.PUSH_SERVICES = ["push.example.org"]
    page.goto(person.page)
    page.click(ALLOW)
    page.wait_for_selector("text=un service de notification que nous ne connaissons pas")
    assert (Device.objects.count(), [one for one in troubles if "400" not in one]) == (0, [])
    troubles.clear()


def test_who_refuses_is_told_where_to_change_their_mind(context, person, page):
    context.add_init_script(
        """
        let said = sessionStorage.getItem("said") || "default";
        Object.defineProperty(Notification, "permission", { get: () => said });
        Notification.requestPermission = async () => { sessionStorage.setItem("said", said = "denied"); return said; };
        """
    )
    page.goto(person.page)
    page.click(ALLOW)
    page.wait_for_selector("text=Votre navigateur refuse les notifications")
    page.reload()
    page.wait_for_selector("text=Votre navigateur refuse les notifications")
    assert (page.is_visible(ALLOW), Device.objects.count()) == (False, 0)


def test_nothing_is_offered_where_the_browser_cannot(context, person, page):
    context.add_init_script("delete window.PushManager")
    page.goto(person.page)
    page.wait_for_load_state("networkidle")
    assert not page.locator("[data-notifications]").is_visible()


def test_a_device_is_removed_without_a_script(browser, context, live_server, person):
    other_device(person)
    plain = browser.new_context(base_url=live_server.url, java_script_enabled=False)
    plain.add_cookies(context.cookies())
    page = plain.new_page()
    page.goto(person.page)
    assert not page.locator("[data-notifications]").is_visible()
    page.locator("[data-device] button").click()
    page.wait_for_selector("text=Cet appareil n’affiche plus de notifications")
    plain.close()
    assert Device.objects.count() == 0


def test_a_notification_that_arrives_is_shown(able, person, page, context, live_server):
    page.goto(person.page)
    with page.expect_navigation():
        page.click(ALLOW)
    devtools = context.new_cdp_session(page)
    known: list[dict] = []
    devtools.on("ServiceWorker.workerRegistrationUpdated", lambda event: known.extend(event["registrations"]))
    devtools.send("ServiceWorker.enable")
    page.wait_for_function("navigator.serviceWorker.ready.then((one) => one.active.state === 'activated')")
    while not known:
        page.wait_for_timeout(20)
    (registration,) = {one["registrationId"]: one for one in known}.values()
    assert registration["scopeURL"] == f"{live_server.url}/"
    message = {"origin": live_server.url, "registrationId": registration["registrationId"]}
    for body in ("Clientèle", "Clientèle, encore"):
        said = {"title": "Nouveau message", "body": body, "url": "/espace/", "tag": "message-1"}
        devtools.send("ServiceWorker.deliverPushMessage", {**message, "data": json.dumps(said)})
    # The second takes the place of the first; between the two the browser may show none, so only the end is awaited.
    shown = "(all) => JSON.stringify(all.map((one) => [one.title, one.body, one.data.url]))"
    page.wait_for_function(
        f"wanted => navigator.serviceWorker.ready.then((one) => one.getNotifications()).then({shown})"
        ".then((all) => all === wanted)",
        arg=json.dumps(
            [["Nouveau message", "Clientèle, encore", "/espace/"]], ensure_ascii=False, separators=(",", ":")
        ),
    )
