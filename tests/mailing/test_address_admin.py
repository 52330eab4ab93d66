"""Addresses that refuse, and people who want no more mail."""

from html import unescape

import pytest
from django.contrib.auth.models import Permission
from django.utils import timezone

from crm.mailing.delivery import deliver
from crm.mailing.models import MailAddress
from crm.mailing.services import note_bounce, oppose, queue
from tests.factories import individual
from tests.mailing.rows import waiting

LIST = "/admin/mailing/mailaddress/"
TROUBLE = "Cette adresse n’existe pas, ou plus."


@pytest.fixture
def refused(db) -> MailAddress:
    return note_bounce("gone@example.org", TROUBLE, at=timezone.now(), is_final=True)


def listed(browser, query: str = "") -> str:
    return unescape(browser.get(f"{LIST}{query}").content.decode())


def test_the_list_says_what_each_address_refuses(staff_client, refused):
    oppose("no@example.org", at=timezone.now())
    assert "gone@example.org" in listed(staff_client, "?state=refused")
    assert "no@example.org" not in listed(staff_client, "?state=refused")
    assert "no@example.org" in listed(staff_client, "?state=opposed")
    assert TROUBLE in listed(staff_client)


def test_an_address_trusted_again_receives_mail_again(staff_client, refused, box):
    staff_client.post(f"{LIST}{refused.pk}/trust/")
    waiting("Gone@example.org")
    deliver(clock=timezone.now, senders=1)
    assert len(box.received) == 1


def test_who_wants_no_mail_receives_only_what_they_ask_for(staff_client, box):
    zoe = individual(email="Zoe@example.org")
    staff_client.post(f"{LIST}of-client/{zoe.pk}/")
    reminder = queue("reminder", to=zoe.email, values={}, at=timezone.now(), client=zoe, about=zoe)
    waiting(zoe.email, subject="Votre mot de passe")
    address = MailAddress.objects.get(email="zoe@example.org")
    assert "Ne veut plus d’e-mail" in listed(staff_client)
    deliver(clock=timezone.now, senders=1)
    reminder.refresh_from_db()
    assert [message["Subject"] for _to, message in box.received] == ["Votre mot de passe"]
    assert reminder.status == "cancelled"
    staff_client.post(f"{LIST}{address.pk}/lift/")
    address.refresh_from_db()
    assert address.opposed_at is None


def test_the_page_before_says_who_else_uses_the_address(staff_client):
    zoe = individual(email="famille@example.org")
    individual(email="Famille@example.org")
    html = unescape(staff_client.get(f"{LIST}of-client/{zoe.pk}/").content.decode())
    assert "1 autre client utilise cette adresse" in html
    assert MailAddress.objects.count() == 0


def test_a_manager_knows_the_addresses_of_their_own_clients_only(client, manager, refused):
    manager.user_permissions.add(*Permission.objects.filter(codename__endswith="_mailaddress"))
    other, own = individual(email="gone@example.org"), individual(email="Mine@example.org", manager=manager)
    mine = oppose(own.email, at=timezone.now())
    client.force_login(manager)
    html = listed(client)
    assert ("mine@example.org" in html, "gone@example.org" in html) == (True, False)
    assert client.post(f"{LIST}{refused.pk}/trust/").status_code == 404
    assert client.get(f"{LIST}of-client/{other.pk}/").status_code == 404
    assert client.post(f"{LIST}{mine.pk}/lift/").status_code == 302


@pytest.mark.parametrize("verb", ["trust", "lift", "oppose"])
def test_nothing_changes_by_following_a_link(staff_client, refused, verb):
    assert staff_client.get(f"{LIST}{refused.pk}/{verb}/").status_code == 403
