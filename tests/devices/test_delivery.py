"""A push service over TLS, a real key pair: what leaves here is opened there, and what is answered there is obeyed."""

import threading
from datetime import timedelta

import pytest
import requests
import time_machine
from cryptography.exceptions import InvalidTag
from django.utils import timezone

from crm.devices.delivery import deliver
from crm.devices.jobs import send_notifications
from crm.devices.keys import public_key
from crm.devices.models import MOST_ATTEMPTS, Device, Push
from crm.devices.services import forget
from crm.organisation.models import Organisation
from tests.devices.conftest import tell
from tests.devices.service import Subscription


@pytest.fixture
def clock():
    with time_machine.travel("2026-11-25 09:00+01:00", tick=False) as travelled:
        yield travelled


def sent() -> dict[str, int]:
    return dict(deliver(clock=timezone.now))


def test_a_notification_is_opened_with_the_keys_of_the_browser_alone(service, paul, allow):
    """Journey 4: a push is enciphered for a real key pair, and a local service opens it."""
    browser = Subscription()
    allow(paul, subscription=browser)
    tell(paul, "message-12")
    send_notifications()
    (request,) = service.received
    assert browser.opened(request.body) == {
        "title": "Nouveau message",
        "body": "Clientèle",
        "url": "/admin/",
        "tag": "message-12",
    }
    assert (request.path, request.headers["content-encoding"]) == ("/push/un", "aes128gcm")
    assert b"Nouveau" not in request.body
    with pytest.raises(InvalidTag):
        Subscription().opened(request.body)


def test_it_is_signed_with_our_key_for_that_service_and_says_whom_to_write_to(service, paul, allow):
    organisation = Organisation.objects.current()
    organisation.sender_email = "bonjour@example.org"
    organisation.save()
    allow(paul)
    tell(paul)
    sent()
    (request,) = service.received
    claims = request.claims()
    assert (request.signed_by(), claims["aud"], claims["sub"]) == (
        public_key(),
        service.origin,
        "mailto:bonjour@example.org",
    )


def test_without_a_sender_the_service_is_told_our_address(service, paul, allow, settings):
    settings.SITE_URL = "https://clients.example.org"
    allow(paul)
    tell(paul)
    sent()
    assert service.received[0].claims()["sub"] == "https://clients.example.org"


def test_it_leaves_once(service, paul, allow):
    device = allow(paul)
    tell(paul)
    tell(paul)
    assert (sent(), sent(), len(service.received)) == ({"sent": 1}, {}, 1)
    tell(paul)
    assert (sent(), Device.objects.get(pk=device.pk).last_used_at is not None) == ({}, True)


@pytest.mark.parametrize("status", [404, 410])
def test_a_dead_device_is_forgotten_with_what_waited_for_it(service, paul, allow, status):
    """J8."""
    allow(paul, "un")
    allow(paul, "deux")
    tell(paul, "1")
    tell(paul, "2")
    service.answer_next(status)
    assert sent() == {"forgotten": 1, "sent": 2}
    assert [device.endpoint for device in Device.objects.all()] == [service.endpoint("deux")]
    assert Push.objects.count() == 2


@pytest.mark.parametrize(
    ("retry_after", "minutes"),
    [
        ("600", 10),
        ("Wed, 25 Nov 2026 08:20:00 GMT", 20),
        ("5", 1),
        ("-5", 1),
        ("demain", 1),
        ("Wed, 25 Nov 2026", 1),
        ("99999999999999999999", 1),
        ("864000", 24 * 60),
    ],
)
def test_a_device_that_is_told_too_much_is_left_in_silence_for_as_long_as_asked(
    clock, service, paul, allow, retry_after, minutes
):
    device = allow(paul)
    tell(paul)
    service.answer_next(429, Retry_After=retry_after)
    assert sent() == {"later": 1}
    assert Device.objects.get(pk=device.pk).silent_until == timezone.now() + timedelta(minutes=minutes)
    tell(paul, "another")
    clock.shift(timedelta(minutes=minutes, seconds=-1))
    assert (sent(), len(service.received)) == ({}, 1)


def test_the_silence_over_what_waited_is_told(clock, service, paul, allow):
    allow(paul)
    tell(paul)
    service.answer_next(429, Retry_After="600")
    sent()
    clock.shift(timedelta(minutes=10))
    assert sent() == {"sent": 1}


def test_the_silence_of_a_device_is_not_that_of_the_others(service, paul, allow):
    allow(paul, "un")
    allow(paul, "deux")
    service.answer_next(429, Retry_After="600")
    tell(paul)
    assert sent() == {"later": 1, "sent": 1}


@pytest.mark.parametrize("status", [500, 502, 503])
def test_a_service_in_trouble_is_tried_again_and_then_given_up(clock, service, paul, allow, status):
    device = allow(paul)
    tell(paul)
    for _attempt in range(MOST_ATTEMPTS):
        service.answer_next(status)
    outcomes = []
    for _attempt in range(MOST_ATTEMPTS):
        outcomes.append(sent())
        assert sent() == {}
        clock.shift(timedelta(hours=1))
    assert outcomes == [{"later": 1}] * (MOST_ATTEMPTS - 1) + [{"given up": 1}]
    assert (Push.objects.count(), Device.objects.get() == device) == (0, True)


def test_a_service_in_trouble_is_tried_again_until_it_is_not(clock, service, paul, allow):
    allow(paul)
    tell(paul)
    service.answer_next(503)
    sent()
    clock.shift(timedelta(seconds=31))
    assert sent() == {"sent": 1}


@pytest.mark.parametrize("status", [400, 401, 403, 413])
def test_what_is_refused_for_good_is_not_repeated(service, paul, allow, status):
    allow(paul)
    tell(paul)
    service.answer_next(status)
    assert (sent(), sent(), Device.objects.count()) == ({"refused": 1}, {}, 1)


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_no_redirection_is_followed(service, paul, allow, status):
    """J9."""
    allow(paul)
    tell(paul)
    service.answer_next(status, Location=f"{service.origin}/admin/")
    assert (sent(), [request.path for request in service.received]) == ({"refused": 1}, ["/push/un"])


def test_without_our_session_a_redirection_would_be_followed(service, paul, allow, monkeypatch):
    """Negative control."""
    monkeypatch.setattr("crm.devices.delivery._Straight", requests.Session)
    allow(paul)
    tell(paul)
    service.answer_next(307, Location=f"{service.origin}/admin/")
    sent()
    assert [request.path for request in service.received] == ["/push/un", "/admin/"]


def test_a_service_that_does_not_answer_keeps_nobody_waiting(service, paul, allow, settings):
    """Its other devices are not even tried."""
    over = threading.Event()
    service.delay = lambda: over.wait(5)
    settings.PUSH_TIMEOUT_SECONDS = 0.2
    for name in ("un", "deux", "trois"):
        allow(paul, name)
    tell(paul)
    outcome = sent()
    over.set()
    assert (outcome, sent()) == ({"later": 1}, {})
    assert Device.objects.filter(silent_until__gt=timezone.now()).count() == 3


def test_a_certificate_that_nobody_vouches_for_is_refused(service, paul, allow, monkeypatch):
    allow(paul)
    tell(paul)
    monkeypatch.delenv("REQUESTS_CA_BUNDLE")
    assert (sent(), service.received) == ({"later": 1}, [])


def test_a_device_whose_service_is_no_longer_known_is_forgotten_and_not_called(
    service, paul, allow, settings
):
    allow(paul)
    tell(paul)
    settings.PUSH_SERVICES = ["fcm.googleapis.com"]
    assert (sent(), Device.objects.count(), service.received) == ({"forgotten": 1}, 0, [])


def test_what_is_a_day_old_is_told_to_nobody(clock, service, paul, allow):
    allow(paul)
    tell(paul)
    clock.shift(timedelta(days=1, seconds=1))
    assert (sent(), Push.objects.count(), service.received) == ({}, 0, [])


def test_somebody_who_left_is_told_nothing(service, paul, allow):
    allow(paul)
    tell(paul)
    paul.is_active = False
    paul.save()
    assert (sent(), service.received) == ({}, [])


def test_a_sender_that_died_leaves_its_notification_to_the_next(clock, service, paul, allow, monkeypatch):
    """The device shows it in the place of the first: its tag is the same."""

    def die(*_what) -> None:
        raise KeyboardInterrupt

    allow(paul)
    tell(paul)
    with monkeypatch.context() as patch:
        patch.setattr("crm.devices.delivery._send", die)
        with pytest.raises(KeyboardInterrupt):
            sent()
    assert sent() == {}
    clock.shift(timedelta(minutes=2))
    assert sent() == {"sent": 1}


def test_a_device_removed_while_it_is_told_disturbs_nobody(service, paul, allow, monkeypatch):
    allow(paul, "un")
    allow(paul, "deux")
    tell(paul)
    monkeypatch.setattr("crm.devices.delivery._send", lambda push, *_with: forget(push.device))
    assert (sent(), Device.objects.count()) == ({"sent": 2}, 0)


def test_nothing_is_asked_of_the_database_but_what_waits_when_nothing_does(
    service, paul, allow, django_assert_num_queries
):
    allow(paul)
    with django_assert_num_queries(2):
        assert sent() == {}
