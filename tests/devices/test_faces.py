"""The two pages where a person chooses their devices, and the script that their browser keeps."""

import pytest
from django.db import connection
from django.test import Client as HttpClient
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from crm.access.impersonating import begin
from crm.access.models import Access
from crm.access.takeover import KEY
from crm.accounts.models import User
from crm.devices.models import Device
from crm.devices.services import subscribe
from tests.devices.service import Subscription
from tests.factories import association, individual, opening, staff

FIREFOX = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:146.0) Gecko/20100101 Firefox/146.0"
ENDPOINT = "https://updates.push.services.mozilla.com/wpush/v2/{}"
STAFF, SPACE = "/admin/notifications/", "/espace/notifications/"
ADD = {STAFF: f"{STAFF}allow/", SPACE: f"{SPACE}autoriser/"}


def removal(page: str, device: Device) -> str:
    return f"{page}{device.pk}/{'remove' if page == STAFF else 'retirer'}/"


def signed_in(user: User) -> HttpClient:
    http = HttpClient()
    http.force_login(user)
    return http


@pytest.fixture
def alice(db) -> User:
    return opening(association(), email="alice@example.org")


@pytest.fixture(params=[STAFF, SPACE])
def page(request) -> str:
    return request.param


@pytest.fixture
def person(page, paul, alice) -> User:
    return paul if page == STAFF else alice


def posted(name: str = "un") -> dict[str, str]:
    return {"endpoint": ENDPOINT.format(name), **Subscription().keys}


def allowed(user: User, name: str = "un") -> Device:
    return subscribe(user, **posted(name), name="Chrome sur Android", at=timezone.now())


def test_a_device_is_added_under_the_name_of_its_browser(page, person):
    http = signed_in(person)
    assert http.post(ADD[page], posted(), headers={"user-agent": FIREFOX}).status_code == 201
    device = Device.objects.get()
    assert (device.user, device.name) == (person, "Firefox sur Windows")
    assert "Firefox sur Windows" in http.get(page).content.decode()


@pytest.mark.parametrize(
    "change",
    [
        {"endpoint": "https://169.254.169.254/latest/meta-data/"},
        {"endpoint": "http://updates.push.services.mozilla.com/x"},
        {"endpoint": ""},
        {"endpoint": "https://updates.push.services.mozilla.com/" + "x" * 1000},
        {"p256dh": "x"},
        {"auth": "x"},
        {"auth": "x" * 41},
    ],
)
def test_what_no_browser_would_send_is_refused(page, person, change):
    """1.3.6, J9."""
    answer = signed_in(person).post(ADD[page], {**posted(), **change})
    assert (answer.status_code, Device.objects.count()) == (400, 0)


def test_a_device_is_removed(page, person):
    device = allowed(person)
    answer = signed_in(person).post(removal(page, device), follow=True)
    assert "Cet appareil n’affiche plus de notifications" in answer.content.decode()
    assert Device.objects.count() == 0


def test_nobody_sees_or_removes_the_device_of_another(page, person):
    device = allowed(staff("olga@example.org"))
    http = signed_in(person)
    assert (http.post(removal(page, device)).status_code, Device.objects.count()) == (404, 1)
    assert "Chrome sur Android" not in http.get(page).content.decode()


def test_a_key_longer_than_any_is_no_failure(page, person):
    address = removal(page, Device(pk=10**30))
    assert signed_in(person).post(address).status_code == 404


def test_reading_an_address_that_acts_does_nothing(page, person):
    device = allowed(person)
    http = signed_in(person)
    for address in (ADD[page], removal(page, device)):
        assert http.get(address).status_code == 405
    assert Device.objects.count() == 1


def test_a_form_of_another_site_adds_nothing(page, person):
    http = HttpClient(enforce_csrf_checks=True)
    http.force_login(person)
    assert (http.post(ADD[page], posted()).status_code, Device.objects.count()) == (403, 0)


def test_who_is_not_signed_in_is_asked_to(page, db):
    http = HttpClient()
    for answer in (http.get(page), http.post(ADD[page], posted())):
        assert (answer.status_code, "/connexion/" in answer.url or "/login/" in answer.url) == (302, True)


def test_each_stays_on_their_side_of_the_house(paul, alice):
    assert (signed_in(paul).get(SPACE).status_code, signed_in(alice).get(STAFF).status_code) == (403, 403)


def test_the_list_costs_the_same_for_one_device_and_for_three(page, person):
    http = signed_in(person)
    allowed(person)
    http.get(page)
    counts = []
    for names in ((), ("deux", "trois")):
        for name in names:
            allowed(person, name)
        with CaptureQueriesContext(connection) as counted:
            http.get(page)
        counts.append(len(counted))
    assert counts[0] == counts[1]


# In the place of a client


@pytest.fixture
def inside(alice, administrator) -> HttpClient:
    """The administrator in the place of alice, with the right to write."""
    client = Access.objects.get(user=alice).client
    row = begin(client, user=alice, by=administrator, reason="Aider", at=timezone.now(), may_write=True)
    http = signed_in(alice)
    session = http.session
    session[KEY] = {"pk": row.pk}
    session["hijack_history"] = [str(administrator.pk)]
    session.save()
    return http


def test_nobody_chooses_a_device_in_the_place_of_a_client(inside, alice):
    """E3: not even with the right to write."""
    device = allowed(alice)
    answers = [inside.post(ADD[SPACE], posted("deux")), inside.post(removal(SPACE, device))]
    assert [answer.status_code for answer in answers] == [403, 403]
    assert list(Device.objects.all()) == [device]


def test_their_devices_are_seen_in_their_place_without_a_button(inside, alice):
    allowed(alice)
    html = inside.get(SPACE).content.decode()
    assert ("Chrome sur Android" in html, "data-notifications" in html, "Retirer" in html) == (
        True,
        False,
        False,
    )


# What the browser keeps


def test_the_script_of_the_browser_may_speak_for_the_whole_site(client, db):
    answer = client.get("/notifications.js")
    assert (answer.status_code, answer["Content-Type"]) == (200, "text/javascript")
    assert "showNotification" in answer.content.decode()


def test_both_faces_let_a_script_of_ours_alone_run_in_the_background(page, person):
    policy = signed_in(person).get(page)["Content-Security-Policy"]
    assert "worker-src 'self'" in policy


# The client's sheet


def test_the_sheet_says_which_devices_of_the_client_are_told(staff_client, alice):
    """S1-20."""
    client = Access.objects.get(user=alice).client
    other = opening(individual(), email="zoe@example.org")
    allowed(alice)
    allowed(other, "deux")
    html = staff_client.get(f"/admin/clients/client/{client.pk}/panel/side/").content.decode()
    assert "<dt>Appareils notifiés</dt><dd>1 <small>Chrome sur Android</small></dd>" in html


def test_the_devices_of_a_sign_in_that_is_closed_are_not_told_of(staff_client, alice):
    allowed(alice)
    Access.objects.update(is_enabled=False)
    client = Access.objects.get(user=alice).client
    html = staff_client.get(f"/admin/clients/client/{client.pk}/panel/side/").content.decode()
    assert ("Appareils notifiés" in html, "Chrome sur Android" in html) == (True, False)
