"""Which browsers are told, and of what."""

from datetime import UTC, datetime, timedelta

import pytest
from django.db import transaction
from django.utils import timezone

from crm.devices.endpoints import BadKeys, UnknownService
from crm.devices.models import Device, Push
from crm.devices.services import MOST_DEVICES, MOST_WAITING, NotOurPage, forget, notify, subscribe
from tests.devices.conftest import tell
from tests.devices.service import Subscription
from tests.factories import staff

NOW = datetime(2026, 11, 25, 9, tzinfo=UTC)
ADDRESS = "https://fcm.googleapis.com/fcm/send/{}"


def allowed(user, name="un", *, at=NOW) -> Device:
    keys = Subscription().keys
    return subscribe(user, endpoint=ADDRESS.format(name), **keys, name="Chrome sur Android", at=at)


def test_a_browser_that_is_allowed_twice_is_one_device(paul):
    allowed(paul)
    again = allowed(paul, at=NOW + timedelta(days=1))
    assert (Device.objects.get(), Device.objects.get().created_at) == (again, NOW + timedelta(days=1))


def test_a_browser_is_that_of_who_allowed_it_last(paul):
    """On a shared computer nobody reads what is for the one before."""
    olga = staff("olga@example.org")
    allowed(paul)
    tell(paul)
    allowed(olga)
    assert (Device.objects.get().user, Push.objects.count(), tell(paul), tell(olga, "x")) == (olga, 0, 0, 1)


def test_past_the_limit_the_oldest_goes(paul):
    olga = staff("olga@example.org")
    allowed(olga, "hers", at=NOW - timedelta(days=1))
    for number in range(MOST_DEVICES + 2):
        allowed(paul, str(number), at=NOW + timedelta(minutes=number))
    kept = Device.objects.filter(user=paul).order_by("created_at").values_list("endpoint", flat=True)
    assert list(kept) == [ADDRESS.format(number) for number in range(2, MOST_DEVICES + 2)]
    assert Device.objects.filter(user=olga).count() == 1


def test_what_does_not_come_from_a_browser_is_refused(paul):
    keys = Subscription().keys
    with pytest.raises(UnknownService):
        subscribe(paul, endpoint="https://127.0.0.1/x", **keys, name="x", at=NOW)
    with pytest.raises(BadKeys):
        subscribe(paul, endpoint=ADDRESS, p256dh="x", auth=keys["auth"], name="x", at=NOW)
    assert Device.objects.count() == 0


def test_every_device_of_a_person_is_told_once_of_each_thing(paul):
    allowed(paul, "un")
    allowed(paul, "deux")
    for key in ("message-1", "message-1", "message-2"):
        tell(paul, key)
    assert sorted(Push.objects.values_list("device__endpoint", "key")) == [
        (ADDRESS.format("deux"), "message-1"),
        (ADDRESS.format("deux"), "message-2"),
        (ADDRESS.format("un"), "message-1"),
        (ADDRESS.format("un"), "message-2"),
    ]


def test_a_notification_is_taken_back_with_what_it_tells_of(paul):
    allowed(paul)
    with transaction.atomic():
        told = tell(paul)
        transaction.set_rollback(True)
    assert told == 1
    assert Push.objects.count() == 0


@pytest.mark.parametrize("devices", [0, 1, 3])
def test_telling_costs_the_same_whatever_the_number_of_devices(paul, devices, django_assert_max_num_queries):
    for number in range(devices):
        allowed(paul, str(number))
    with django_assert_max_num_queries(4):
        assert tell(paul) == devices


def test_a_device_that_is_not_reached_does_not_pile_them_up(paul):
    device = allowed(paul)
    for number in range(MOST_WAITING + 5):
        tell(paul, str(number))
    assert Push.objects.count() == MOST_WAITING
    Push.objects.filter(device=device).update(sent_at=NOW)
    assert tell(paul, "next") == 1


@pytest.mark.parametrize(
    "url",
    ["https://evil.example/", "//evil.example/", "/\\evil.example", "javascript:alert(1)", "admin/", ""],
)
def test_a_notification_opens_our_own_pages_only(paul, url):
    allowed(paul)
    with pytest.raises(NotOurPage):
        notify(paul, title="x", body="x", url=url, key="x")


def test_what_is_too_long_for_a_screen_is_cut(paul):
    allowed(paul)
    notify(paul, title="t" * 500, body="b" * 500, url="/espace/", key="x", at=timezone.now())
    push = Push.objects.get()
    assert (len(push.title), len(push.body)) == (80, 160)


def test_a_device_that_is_removed_is_told_nothing_more(paul):
    forget(allowed(paul))
    assert (tell(paul), Device.objects.count()) == (0, 0)
