"""The panel of reminders on a client's sheet: what was sent, what will be, and why not."""

import re
from datetime import date

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from crm.change_requests import services as requests
from crm.change_requests.models import ServiceRequest
from crm.clients.models import Client
from crm.mailing.models import Mail
from crm.products import services as products
from crm.products.models import Plan
from crm.reminders.models import Pause, Reminder, Rule
from crm.reminders.outlook import Line, of_client
from crm.reminders.services import do_not_send, send_now
from tests import factories
from tests.reminders.playing import DAY, everything_leaves, noon, pass_on, service

TODAY = date(2026, 11, 22)
pytestmark = pytest.mark.usefixtures("rules")


@pytest.fixture(autouse=True)
def _today():
    with time_machine.travel(noon(TODAY), tick=False):
        yield


def lines(client: Client, user) -> dict[int | None, Line]:
    """Of the only service of this client, by days."""
    (service,) = of_client(client, user)["services"]
    return {line.days: line for line in service.lines}


def said(client: Client, user) -> dict[int | None, str]:
    return {days: line.said.replace("\xa0", " ") for days, line in lines(client, user).items()}


def test_what_will_be_sent_says_its_day_and_its_way(administrator):
    term = service(TODAY + 10 * DAY)
    told = said(term.client, administrator)
    assert told[8] == "Le 24/11/2026 (dans 2 jours), par e-mail à zoe@example.org"
    assert told[15] == "Le 22/11/2026 (aujourd’hui), par e-mail à zoe@example.org"
    assert told[30] == "Elle cède la place à celle de 15 jours."


def test_what_was_sent_tells_the_fate_of_its_mail(administrator, staff_client):
    term = service(TODAY + 8 * DAY)
    pass_on(TODAY)
    everything_leaves(noon(TODAY))
    found = lines(term.client, administrator)
    assert (found[8].row.status, [mail.status for mail in found[8].row.mails.all()]) == ("mailed", ["sent"])
    assert (found[8].may_send, found[8].may_withhold) == (False, False)
    assert (found[5].may_send, found[5].may_withhold) == (True, True)


def test_what_waits_in_the_queue_can_still_be_kept_back(administrator):
    term = service(TODAY + 8 * DAY)
    pass_on(TODAY)
    found = lines(term.client, administrator)[8]
    assert (found.may_send, found.may_withhold) == (False, True)


def test_without_an_address_it_is_a_letter(administrator):
    term = service(TODAY + 8 * DAY, client=factories.association())
    assert said(term.client, administrator)[5] == (
        "Le 25/11/2026 (dans 3 jours), par lettre : Le client n’a pas d’adresse e-mail."
    )


def test_known_too_late_is_said(administrator):
    term = service(TODAY + 10 * DAY, end_known_on=TODAY)
    assert said(term.client, administrator)[30] == "Son jour était passé quand la date de fin a été connue."
    assert lines(term.client, administrator)[30].may_send


@pytest.mark.parametrize(
    ("ending", "why"),
    [
        (lambda term: products.renew(term, at=noon(TODAY)), "Le service est renouvelé."),
        (lambda term: products.stop(term, day=TODAY, at=noon(TODAY)), "Le service est arrêté."),
    ],
)
def test_a_service_that_needs_no_reminder_says_why(administrator, ending, why):
    term = service(TODAY + 10 * DAY)
    ending(term)
    silent = of_client(term.client, administrator)["services"][0]
    assert silent.silence == why
    assert {line.said for line in silent.lines} == {why}
    assert not any(line.may_send or line.may_withhold for line in silent.lines)


@pytest.mark.parametrize(("kind", "goes_on"), [("renew", False), ("stop", False), ("call_back", True)])
def test_the_answer_of_the_client_is_said(administrator, kind, goes_on):
    term = service(TODAY + 10 * DAY)
    requests.ask(term, kind, origin=ServiceRequest.Origin.MAIL, at=noon(TODAY))
    told = of_client(term.client, administrator)["services"][0]
    assert told.silence == ("" if goes_on else "Le client a répondu.")
    assert any(line.is_coming for line in told.lines) is goes_on


def test_a_pause_says_until_when_and_what_leaves_after_it(administrator):
    term = service(TODAY + 10 * DAY)
    Pause.objects.create(subscription=term, starts_on=TODAY - DAY, ends_on=TODAY + 3 * DAY)
    (found,) = of_client(term.client, administrator)["services"]
    told = {line.days: line for line in found.lines}
    assert len(found.pauses) == 1
    assert told[8].said == "Le 26/11/2026 (dans 4 jours), par e-mail à zoe@example.org"
    assert told[15].said == "Elle cède la place à celle de 8 jours."
    assert not told[8].may_send


def test_a_pause_without_an_end_keeps_everything_back(administrator):
    term = service(TODAY + 10 * DAY)
    Pause.objects.create(client=term.client, starts_on=TODAY)
    assert set(said(term.client, administrator).values()) == {"Les relances sont en pause."}


def test_what_somebody_did_is_signed(administrator):
    term = service(TODAY + 10 * DAY)
    send_now(term, days=8, day=TODAY, at=noon(TODAY), by=administrator)
    do_not_send(term, days=5, day=TODAY, at=noon(TODAY), by=administrator)
    found = lines(term.client, administrator)
    assert (found[8].row.by, found[5].row.by) == (administrator, administrator)
    assert found[5].said == "Quelqu’un a décidé de ne pas l’envoyer."
    # The one of 15 days is larger than one that was sent.
    assert "cède la place" in found[15].said or found[15].said == ""


def test_a_formule_with_its_own_days_shows_these(administrator):
    plan = factories.plan(name="Hebdo")
    Rule.objects.create(plan=plan, days=2, active_from=TODAY - 99 * DAY)
    term = service(TODAY + 10 * DAY, plan=plan)
    assert list(lines(term.client, administrator)) == [2]


def test_a_tacit_service_shows_its_notice_and_its_renewal(administrator):
    tacit = factories.plan(name="Entretien", renewal=Plan.Renewal.TACIT, notice_months=1)
    term = service(date(2027, 5, 31), plan=tacit)
    (found,) = of_client(term.client, administrator)["services"]
    assert found.is_renewed_on == term.ends_on
    assert found.lines[0].said == "Le 30/01/2027 (dans 69 jours), par e-mail à zoe@example.org"
    late = service(TODAY + 10 * DAY, plan=tacit, client=factories.individual(email="z@example.org"))
    assert said(late.client, administrator)[None] == "Trop tard : le dernier jour pour refuser est passé."
    pro = service(TODAY + 90 * DAY, plan=tacit, client=factories.professional(email="p@example.org"))
    assert "voyez l’écran Paramètres" in said(pro.client, administrator)[None]


def test_what_was_sent_of_services_that_are_over_is_kept_in_sight(administrator):
    term = service(TODAY - 5 * DAY)
    pass_on(TODAY - 13 * DAY)
    told = of_client(term.client, administrator)
    assert told["services"] == []
    assert [row.days for row in told["earlier"] if row.status == Reminder.Status.MAILED] == [8]


def panel(client, who: Client, **headers):
    return client.get(reverse("admin:clients_client_panel", args=[who.pk, "reminders"]), **headers)


def test_the_panel_offers_its_verbs_to_who_may_use_them(client, staff_client, administrator):
    term = service(TODAY + 10 * DAY)
    send = reverse("admin:reminders_reminder_verb", args=[term.pk, "send", 8])
    pause = reverse("admin:reminders_reminder_term", args=[term.pk, "pause"])
    html = panel(staff_client, term.client).content.decode()
    assert (send in html, pause in html, 'id="client_form"' in html) == (True, True, True)
    within = panel(staff_client, term.client, HTTP_X_REQUESTED_WITH="fetch").content.decode()
    assert 'id="client_form"' not in within
    client.force_login(factories.staff("rita@example.org", "Read-only"))
    html = panel(client, term.client).content.decode()
    assert (send in html, pause in html) == (False, False)
    assert "24/11/2026" in html


def test_the_panel_is_for_who_may_read_reminders(client):
    term = service(TODAY + 10 * DAY)
    manager = factories.staff("paul@example.org", "Manager")
    client.force_login(manager)
    assert panel(client, term.client).status_code == 404


def test_the_panel_costs_the_same_for_one_service_and_for_three(staff_client):
    who = factories.individual(email="zoe@example.org")
    counts = []
    for number in (1, 2):
        for _time in range(number):
            service(TODAY + 8 * DAY, client=who)
        pass_on(TODAY)
        Mail.objects.update(status=Mail.Status.SENT)
        panel(staff_client, who)
        with CaptureQueriesContext(connection) as queries:
            html = panel(staff_client, who).content.decode()
        counts.append(len(queries))
    assert counts[0] == counts[1]
    assert len(re.findall("service-reminders", html)) == 3
