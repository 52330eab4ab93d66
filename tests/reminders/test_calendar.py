"""Who gets what: the page of the next thirty days, and the red list."""

import re
from datetime import date

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from crm.mailing.models import Mail, MailAddress
from crm.organisation.models import Organisation
from crm.products.models import Plan, Subscription
from crm.reminders.models import Pause, Reminder
from crm.reminders.notices import told_too_late
from tests import factories
from tests.reminders.playing import DAY, everything_leaves, noon, pass_on, service

TODAY = date(2026, 11, 22)
CALENDAR, LATE = "admin:reminders_reminder_calendar", "admin:reminders_reminder_late"
pytestmark = pytest.mark.usefixtures("rules")


@pytest.fixture(autouse=True)
def _today():
    with time_machine.travel(noon(TODAY), tick=False):
        yield


@pytest.fixture
def tacit(db) -> Plan:
    return factories.plan(name="Entretien", renewal=Plan.Renewal.TACIT, notice_months=1)


def text(answer) -> str:
    html = re.sub(r"<(script|style).*?</\1>", " ", answer.content.decode(), flags=re.DOTALL)
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", html)).replace("\xa0", " ")


def calendar(client, **asked):
    return client.get(reverse(CALENDAR), asked)


def test_each_day_tells_how_many_get_what(staff_client, tacit):
    for _number in range(2):
        service(TODAY + 8 * DAY)
    service(TODAY + 20 * DAY, plan=tacit)
    told = text(calendar(staff_client))
    assert "dimanche 22 novembre aujourd’hui 3 relances" in told
    assert "mercredi 25 novembre dans 3 jours 2 relances" in told
    assert "vendredi 27 novembre dans 5 jours 3 relances" in told
    assert "samedi 12 décembre dans 20 jours 1 reconduction tacite" in told


def test_a_number_opens_the_list_of_who_and_how(staff_client):
    mailed, paper = factories.individual(email="zoe@example.org"), factories.association()
    refused = factories.professional(email="refus@example.org")
    MailAddress.objects.create(email="refus@example.org", refused_at=noon(TODAY))
    for client in (mailed, paper, refused):
        service(TODAY + 15 * DAY, client=client)
    told = text(calendar(staff_client, day="2026-11-29", what="reminders"))
    assert "zoe@example.org" in told
    assert "Courrier Le client n’a pas d’adresse e-mail." in told
    assert "Courrier L’adresse du client refuse nos e-mails." in told
    assert told.count("8 jours avant la fin") == 3


def test_holidays_are_said(staff_client):
    service(TODAY + 8 * DAY)
    Pause.objects.create(starts_on=TODAY + 2 * DAY, ends_on=TODAY + 4 * DAY)
    told = text(calendar(staff_client))
    assert "mercredi 25 novembre dans 3 jours Tout le monde est en pause" in told
    assert "vendredi 27 novembre dans 5 jours 1 relance" in told


def test_what_today_already_wrote_leads_to_the_log(staff_client):
    service(TODAY + 30 * DAY)
    pass_on(TODAY)
    answer = calendar(staff_client)
    link = (
        re.search(r'href="([^"]+)">1 déjà préparée', answer.content.decode()).group(1).replace("&amp;", "&")
    )
    assert staff_client.get(link).context["cl"].result_count == 1


@pytest.mark.parametrize(
    "asked",
    [
        {"day": "hier", "what": "reminders"},
        {"day": "2026-13-45", "what": "reminders"},
        {"day": "2026-11-23", "what": "secrets"},
        {"day": "2036-11-23", "what": "reminders"},
        {"day": "2026-11-23", "what": "reminders", "p": "zzz"},
        {"day": "", "what": ""},
    ],
)
def test_an_address_that_means_nothing_shows_the_days_alone(staff_client, asked):
    service(TODAY + 8 * DAY)
    answer = calendar(staff_client, **asked)
    assert answer.status_code == 200
    assert "Jour par jour" in text(answer)


def queries(client, address: str, **asked) -> int:
    client.get(address, asked)
    with CaptureQueriesContext(connection) as captured:
        client.get(address, asked)
    return len(captured)


@pytest.mark.parametrize("what", ["", "reminders", "notices", "renewals"])
@pytest.mark.parametrize("day", ["2026-11-22", "2026-11-27"])
def test_the_page_costs_the_same_for_one_and_for_many(staff_client, tacit, what, day):
    def add() -> None:
        client = factories.individual(email="zoe@example.org")
        service(TODAY + 5 * DAY, plan=tacit, client=client)
        service(TODAY, plan=tacit, client=client)
        service(TODAY + 8 * DAY, client=client)
        service(date(2027, 3, 27), plan=tacit, client=client, subscribed_on=date(2026, 3, 28))
        service(date(2027, 3, 22), plan=tacit, client=client, subscribed_on=date(2026, 3, 28))
        # Somebody paused this one.
        Pause.objects.create(
            subscription=service(TODAY + 10 * DAY, client=client), starts_on=TODAY, ends_on=TODAY + DAY
        )

    counts = []
    for number in (1, 3):
        for _time in range(number):
            add()
        counts.append(queries(staff_client, reverse(CALENDAR), day=day, what=what))
    assert counts[0] == counts[1]
    assert counts[0] < 45


def test_a_manager_sees_their_own_clients_only(client):
    manager = factories.staff("paul@example.org", "Manager")
    service(
        TODAY + 8 * DAY, client=factories.individual(last_name="Àmoi", email="m@example.org", manager=manager)
    )
    service(TODAY + 8 * DAY, client=factories.individual(last_name="Ailleurs", email="a@example.org"))
    client.force_login(manager)
    told = text(calendar(client, day="2026-11-27", what="reminders"))
    assert ("Àmoi" in told, "Ailleurs" in told) == (True, False)
    assert "vendredi 27 novembre dans 5 jours 1 relance" in told


def test_who_may_not_read_clients_sees_neither_page(client):
    nobody = factories.staff("nobody@example.org")
    client.force_login(nobody)
    assert [client.get(reverse(name)).status_code for name in (CALENDAR, LATE)] == [403, 403]


# The red list


def late_names(client) -> list[str]:
    return [term.client.last_name for term, _window, _notice in client.get(reverse(LATE)).context["rows"]]


def told(term: Subscription, on: date, status: str = Mail.Status.SENT) -> Reminder:
    """Its notice left that day."""
    pass_on(on)
    mail = Mail.objects.get(reminders__subscription=term, reminders__purpose="notice")
    Mail.objects.filter(pk=mail.pk).update(status=status, sent_at=noon(on))
    return Reminder.objects.get(subscription=term, purpose="notice")


# End on 31 January: to be told from 30 September to 30 November, refused until 31 December.
END = date(2027, 1, 31)


def test_who_was_told_in_time_is_not_on_the_red_list(db, tacit):
    term = service(END, plan=tacit)
    told(term, date(2026, 11, 30))
    assert told_too_late(date(2026, 12, 1)) == {}


def test_who_was_told_late_or_not_at_all_is(db, tacit):
    late = service(END, plan=tacit)
    told(late, date(2026, 12, 1))
    never = service(END, plan=tacit)
    assert list(told_too_late(date(2026, 12, 1))) == [late.pk, never.pk]


@pytest.mark.parametrize("status", [Mail.Status.BOUNCED, Mail.Status.FAILED, Mail.Status.QUEUED])
def test_a_notice_that_did_not_arrive_does_not_count(db, tacit, status):
    term = service(END, plan=tacit)
    told(term, date(2026, 10, 10), status)
    assert list(told_too_late(date(2026, 12, 1))) == [term.pk]


def test_a_printed_letter_counts(db, tacit, administrator):
    term = service(END, plan=tacit, client=factories.individual())
    pass_on(date(2026, 10, 10))
    assert list(told_too_late(date(2026, 12, 1))) == [term.pk]
    Reminder.objects.update(printed_at=noon(date(2026, 10, 11)))
    assert told_too_late(date(2026, 12, 1)) == {}


def test_before_the_window_closes_nobody_is_late(db, tacit):
    service(END, plan=tacit)
    assert told_too_late(date(2026, 11, 30)) == {}


def test_a_notice_of_a_former_end_does_not_count(db, tacit):
    term = service(END, plan=tacit)
    told(term, date(2026, 10, 10))
    Subscription.objects.filter(pk=term.pk).update(ends_on=END + DAY)
    assert list(told_too_late(date(2026, 12, 2))) == [term.pk]


def test_kinds_that_are_not_told_are_never_late(db, tacit):
    service(END, plan=tacit, client=factories.professional(email="pro@example.org"))
    assert told_too_late(date(2026, 12, 2)) == {}
    organisation = Organisation.objects.current()
    organisation.notices_to_professionals = True
    organisation.save()
    assert len(told_too_late(date(2026, 12, 2))) == 1


def test_the_red_list_says_what_can_be_done(client, administrator, tacit):
    with time_machine.travel(noon(date(2026, 12, 15)), tick=False):
        client.force_login(administrator)
        service(END, plan=tacit)
        service(date(2027, 1, 10), plan=tacit)
        page = text(client.get(reverse(LATE)))
    assert "L’avis part au prochain passage" in page
    assert "acceptez un arrêt à tout moment" in page
    assert "du 30/09/2026 au 30/11/2026" in page


def test_an_empty_red_list_is_good_news(staff_client):
    assert "ont été informés à temps" in text(staff_client.get(reverse(LATE)))


def test_the_red_list_is_of_their_own_clients_for_a_manager(client, tacit):
    manager = factories.staff("paul@example.org", "Manager")
    for name, who in (("Àmoi", manager), ("Ailleurs", None)):
        service(
            TODAY + 20 * DAY,
            plan=tacit,
            client=factories.individual(last_name=name, email="x@example.org", manager=who),
        )
    client.force_login(manager)
    assert late_names(client) == ["Àmoi"]


def test_the_red_list_costs_the_same_for_one_and_for_three(staff_client, tacit):
    counts = []
    for number in (1, 2):
        for _time in range(number):
            service(TODAY + 50 * DAY, plan=tacit)
        pass_on(TODAY)
        everything_leaves(noon(TODAY))
        counts.append(queries(staff_client, reverse(LATE)))
    assert counts[0] == counts[1]
    assert len(staff_client.get(reverse(LATE)).context["rows"]) == 3
