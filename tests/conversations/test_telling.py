"""Journey 4: a message reaches the devices of the other side, sealed, once until it is read (S0-22, S1-27)."""

import pytest
from django.core.exceptions import ValidationError
from django.urls import reverse

from crm.access import services as access
from crm.access.models import Access
from crm.conversations import services
from crm.devices.models import Push
from crm.devices.services import subscribe
from tests import factories
from tests.conversations.conftest import MINUTE, NOW, from_client, from_office, note
from tests.devices.service import Subscription


def allow(user) -> None:
    """This person allows a browser to show notifications."""
    keys = Subscription().keys
    address = f"https://fcm.googleapis.com/fcm/send/{user.pk}"
    subscribe(user, endpoint=address, **keys, name="Chrome sur Android", at=NOW)


@pytest.fixture
def devices(manager, person) -> None:
    for user in (manager, person):
        allow(user)


def told() -> list[tuple[str, str, str]]:
    """(whose device, what it shows, the page it opens), the first told first."""
    return list(Push.objects.order_by("pk").values_list("device__user__email", "body", "url"))


def test_what_the_client_writes_is_told_to_who_answers_them(chloe, devices):
    from_client(chloe, "Mon code est 1234")
    page = reverse("admin:conversations_thread_change", args=[chloe.pk])
    assert told() == [("paul@example.org", "Un client nous a écrit.", page)]


def test_what_the_office_writes_is_told_to_the_people_of_the_client(chloe, manager, devices):
    from_office(chloe, manager, "Votre facture est de 1 200 €")
    assert told() == [("chloe@example.org", "Vous avez un nouveau message.", "/espace/messages/")]


def test_it_is_told_in_the_language_of_the_client(chloe, manager, devices):
    chloe.preferred_language = "en"
    chloe.save()
    from_office(chloe, manager)
    assert told() == [("chloe@example.org", "You have a new message.", "/espace/messages/")]


def test_a_second_message_says_nothing_more_until_the_first_is_read(chloe, manager, devices):
    first = from_client(chloe)
    from_client(chloe, at=NOW + MINUTE)
    assert len(told()) == 1
    services.mark_read(chloe, by=manager, up_to=first.pk + 1, at=NOW + 2 * MINUTE, is_office=True)
    from_client(chloe, at=NOW + 3 * MINUTE)
    assert len(told()) == 2


def test_nobody_hears_of_an_internal_note(chloe, manager, devices):
    note(chloe, manager)
    assert told() == []


def test_staff_who_write_in_the_place_of_the_client_are_not_told_of_it(chloe, manager, devices):
    from_client(chloe, by=manager)
    assert told() == []


def test_a_closed_space_is_told_nothing(chloe, manager, person, devices):
    access.disable(Access.objects.get(user=person), by=manager, at=NOW)
    from_office(chloe, manager)
    assert told() == []


def test_a_message_that_is_refused_tells_nothing(chloe, devices):
    with pytest.raises(ValidationError):
        from_client(chloe, " ")
    assert told() == []


def test_another_client_s_people_hear_nothing(chloe, manager, devices):
    other = factories.individual(last_name="Durand", first_name="Charlie", manager=manager)
    from_office(other, manager)
    assert told() == []
