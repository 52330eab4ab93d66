"""The work that reminders leave, on the first page: each number leads to as many."""

import re
from datetime import date

import pytest
import time_machine
from django.core.cache import caches

from crm.mailing.models import Mail
from crm.products.models import Plan
from crm.reminders.models import Run
from crm.reminders.waiting import work
from tests import factories
from tests.reminders.playing import DAY, everything_leaves, noon, pass_on, service

TODAY = date(2026, 11, 22)
pytestmark = pytest.mark.usefixtures("rules")


@pytest.fixture(autouse=True)
def _today():
    with time_machine.travel(noon(TODAY), tick=False):
        yield


def told(user) -> dict[str, int]:
    caches["memory"].clear()
    return {text.replace("\xa0", " "): number for number, text, _url in work(user, TODAY)}


def test_nothing_waits_on_a_quiet_day(administrator):
    service(TODAY + 100 * DAY)
    assert told(administrator) == {}


def test_the_reminders_of_today_are_counted_before_and_after_the_pass(administrator):
    service(TODAY + 8 * DAY)
    service(TODAY + 5 * DAY)
    assert told(administrator) == {"relances aujourd’hui": 2}
    pass_on(TODAY)
    everything_leaves(noon(TODAY))
    assert told(administrator) == {"relances aujourd’hui": 2}


def test_letters_troubles_and_late_notices_are_counted(administrator):
    service(TODAY + 8 * DAY, client=factories.association())
    service(TODAY + 5 * DAY)
    pass_on(TODAY)
    Mail.objects.update(status=Mail.Status.FAILED)
    tacit = factories.plan(name="Entretien", renewal=Plan.Renewal.TACIT, notice_months=1)
    service(TODAY + 35 * DAY, plan=tacit)
    assert told(administrator) == {
        "relance aujourd’hui": 1,
        "lettre à imprimer": 1,
        "client informé trop tard d’une reconduction": 1,
        "relance n’a pas atteint son client": 1,
    }


def test_a_crowd_is_shown_to_be_looked_at(administrator):
    service(TODAY + 8 * DAY)
    pass_on(TODAY)
    Run.objects.update(is_unusual=True)
    assert any("bien plus que d’habitude" in text for text in told(administrator))


def test_a_number_with_a_list_is_the_length_of_that_list(staff_client, administrator):
    service(TODAY + 8 * DAY, client=factories.association())
    service(TODAY + 5 * DAY)
    pass_on(TODAY)
    Mail.objects.update(status=Mail.Status.FAILED)
    Run.objects.update(is_unusual=True)
    lists = [(number, url) for number, _text, url in work(administrator, TODAY) if "?" in url]
    assert len(lists) == 3
    for number, url in lists:
        assert staff_client.get(url).context["cl"].result_count == number


def test_the_cards_are_on_the_first_page(staff_client):
    service(TODAY + 8 * DAY)
    page = re.sub(r"\s+", " ", staff_client.get("/admin/").content.decode())
    assert re.search(r"<strong>1</strong> <span>relance aujourd’hui</span>", page)


def test_a_manager_counts_their_own_clients(db):
    manager = factories.staff("paul@example.org", "Manager")
    service(TODAY + 8 * DAY)
    assert told(manager) == {}
    service(TODAY + 8 * DAY, client=factories.individual(email="m@example.org", manager=manager))
    assert told(manager) == {"relance aujourd’hui": 1}


def test_who_may_not_read_reminders_is_told_nothing(db):
    service(TODAY + 8 * DAY)
    assert told(factories.staff("nobody@example.org")) == {}
