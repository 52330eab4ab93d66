"""Once a day, to each who decides, what waits."""

from datetime import timedelta

import pytest
from django.utils import timezone

from crm.change_requests.services import send_digest, submit, withdraw
from crm.mailing.models import Mail
from crm.organisation.models import Organisation
from tests import factories
from tests.change_requests.conftest import END, NOW, asked


@pytest.fixture(autouse=True)
def _daily(db):
    organisation = Organisation.objects.current()
    organisation.request_mails = "daily"
    organisation.save()


@pytest.fixture
def waiting(term, administrator, manager):
    mine = factories.subscription(
        factories.individual(manager=manager, last_name="Mien"), term.plan, ends_on=END
    )
    submit(factories.individual(city="Paris", last_name="Grand"), {"city": "Lyon"}, by=None, at=NOW)
    return [asked(term, "renew"), asked(mine, "stop", message="Je déménage")]


def test_each_who_decides_receives_what_waits_for_them(waiting):
    send_digest(at=NOW + timedelta(days=3))
    mails = {mail.recipient: mail for mail in Mail.objects.filter(kind="requests_digest")}
    assert sorted(mails) == ["admin@example.org", "paul@example.org"]
    office, manager = mails["admin@example.org"], mails["paul@example.org"]
    assert office.subject == "2 demandes de clients à traiter"
    lines = office.text.replace("\xa0", " ")
    assert "Petit Chloé : Renouveler Confort (il y a 3 jours)" in lines
    assert ("Modifier Ville" in lines, "Mien" in lines, "Mien" in manager.text) == (True, False, True)


def test_it_is_sent_once_a_day_and_again_the_next(waiting):
    for hours in (0, 1, 5, 24, 25):
        send_digest(at=NOW + timedelta(hours=hours))
    assert Mail.objects.filter(kind="requests_digest").count() == 4


def test_it_waits_for_the_morning_and_catches_up_later_in_the_day(waiting):
    night = timezone.localtime(NOW).replace(hour=3) + timedelta(days=1)
    assert send_digest(at=night) == []
    assert len(send_digest(at=night.replace(hour=18))) == 2


@pytest.mark.parametrize("choice", ["each", "none"])
def test_the_settings_decide_whether_there_is_one(waiting, choice):
    organisation = Organisation.objects.current()
    organisation.request_mails = choice
    organisation.save()
    assert send_digest(at=NOW) == []


def test_nothing_waits_nothing_is_sent(term, administrator):
    withdraw(asked(term, "renew"), by=None, at=NOW)
    assert send_digest(at=NOW) == []


def test_it_costs_the_same_for_one_and_for_many(
    waiting, django_assert_num_queries, django_assert_max_num_queries, term
):
    with django_assert_max_num_queries(12) as few:
        send_digest(at=NOW)
    for number in range(8):
        client = factories.individual(last_name=f"Client{number}")
        asked(factories.subscription(client, term.plan, ends_on=END), "renew")
    with django_assert_num_queries(len(few)):
        send_digest(at=NOW + timedelta(days=1))


def test_a_long_list_is_cut(term, administrator):
    for number in range(60):
        client = factories.individual(last_name=f"Client{number}")
        asked(factories.subscription(client, term.plan, ends_on=END), "renew")
    (mail,) = send_digest(at=NOW)
    assert (mail.subject, "et 10 autres" in mail.text) == ("60 demandes de clients à traiter", True)
