"""The key pair that browsers know us by: made once, kept from who copies the database."""

import threading

import pytest
from django.db import connection, transaction
from django.utils import timezone

from crm.devices.delivery import deliver
from crm.devices.keys import key_pair, public_key
from crm.devices.models import Device, ServerKey
from tests.devices.conftest import tell
from tests.devices.service import bytes_of, text_of


def private(pair) -> int:
    return pair.private_key.private_numbers().private_value


def test_the_key_is_made_once(db):
    first, second = key_pair(), key_pair()
    assert (private(first) == private(second), public_key(), ServerKey.objects.count()) == (
        True,
        public_key(first),
        1,
    )


def test_browsers_are_given_an_uncompressed_point(db):
    raw = bytes_of(public_key())
    assert (len(raw), raw[0]) == (65, 4)


def test_the_database_holds_no_private_key_that_can_be_read(db):
    number = private(key_pair()).to_bytes(32, "big")
    kept = ServerKey.objects.get().enciphered
    assert (text_of(number) in kept, number in bytes_of(kept)) == (False, False)


def test_a_former_key_of_the_installation_still_reads_it(db, settings):
    before = public_key()
    settings.SECRET_KEY_FALLBACKS, settings.SECRET_KEY = [settings.SECRET_KEY], "another"
    assert public_key() == before


def test_a_key_that_can_no_longer_be_read_is_replaced_and_its_devices_forgotten(
    service, paul, allow, settings, caplog
):
    allow(paul)
    before = public_key()
    settings.SECRET_KEY = "another"
    tell(paul)
    assert (deliver(clock=timezone.now), service.received, Device.objects.count()) == ({}, [], 0)
    assert (public_key() != before, public_key()) == (True, public_key())


def test_the_environment_may_give_the_key(db, settings):
    settings.VAPID_PRIVATE_KEY = text_of((12345).to_bytes(32, "big"))
    assert (private(key_pair()), ServerKey.objects.count()) == (12345, 0)


@pytest.mark.django_db(transaction=True)
def test_two_pages_that_ask_at_once_for_the_first_key_are_given_the_same():
    given, start = [], threading.Barrier(4)

    def ask() -> None:
        start.wait()
        try:
            with transaction.atomic():
                given.append(public_key())
        finally:
            connection.close()

    threads = [threading.Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (len(given), len(set(given))) == (4, 1)
