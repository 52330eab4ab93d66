"""What a reminder says, and what is asked once more as it leaves."""

from datetime import date, datetime

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from crm.clients.models import Client
from crm.mailing.delivery import deliver
from crm.mailing.models import Mail
from crm.organisation.models import Organisation
from crm.products import services as products
from crm.reminders.jobs import send_due_reminders
from crm.reminders.models import Pause, Reminder
from tests import factories
from tests.mailing.smtp import smtp_server
from tests.reminders.playing import DAY, noon, pass_on, service

END = date(2026, 11, 30)
EIGHT_BEFORE = END - 8 * DAY
pytestmark = pytest.mark.usefixtures("rules")


@pytest.fixture
def box(settings):
    with smtp_server(settings) as box:
        yield box


def send(day: date) -> None:
    deliver(clock=lambda: noon(day), senders=1)


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (lambda term: products.renew(term, at=noon(EIGHT_BEFORE)), "renouvelé"),
        (lambda term: products.stop(term, day=EIGHT_BEFORE, at=noon(EIGHT_BEFORE)), "arrêté"),
        (lambda term: products.move_end(term, ends_on=END + DAY, at=noon(EIGHT_BEFORE)), "déplacée"),
        (lambda term: products.archive(term, day=EIGHT_BEFORE, at=noon(EIGHT_BEFORE)), "archivé"),
        (lambda term: Pause.objects.create(client=term.client, starts_on=EIGHT_BEFORE), "pause"),
        (lambda term: Pause.objects.create(starts_on=EIGHT_BEFORE), "pause"),
        (lambda term: Client.objects.filter(pk=term.client_id).update(email="new@example.org"), "changé"),
        (lambda term: term.delete(), "n’existe plus"),
    ],
)
def test_what_happens_between_writing_and_leaving_keeps_the_mail_back(box, change, why):
    term = service(END)
    pass_on(EIGHT_BEFORE)
    change(term)
    send(EIGHT_BEFORE)
    mail = Mail.objects.get()
    assert (mail.status, box.received) == ("cancelled", [])
    assert why in mail.trouble


@pytest.mark.parametrize("terms", [1, 3])
def test_a_mail_with_three_personal_links_costs_one_statement_more(box, terms):
    client = factories.individual(email="zoe@example.org")
    for _number in range(terms):
        service(END, client=client)
    pass_on(EIGHT_BEFORE)
    with CaptureQueriesContext(connection) as told:
        send(EIGHT_BEFORE)
    assert len(box.received) == terms
    asked = [one["sql"] for one in told if not one["sql"].startswith(("SAVEPOINT", "RELEASE"))]
    assert len(asked) == 11 + terms


def test_when_nothing_happens_it_leaves(box):
    """The control of the story above."""
    service(END)
    pass_on(EIGHT_BEFORE)
    send(EIGHT_BEFORE)
    assert len(box.received) == 1


def test_after_a_change_of_address_the_next_pass_writes_to_the_new_one(box):
    term = service(END)
    pass_on(EIGHT_BEFORE)
    Client.objects.filter(pk=term.client_id).update(email="new@example.org")
    send(EIGHT_BEFORE)
    pass_on(EIGHT_BEFORE)
    send(EIGHT_BEFORE)
    assert [to for to, _message in box.received] == ["new@example.org"]


def test_a_mail_that_slept_past_the_end_does_not_leave(box):
    service(END)
    pass_on(END)
    send(END + DAY)
    assert (Mail.objects.get().status, box.received) == ("cancelled", [])


def test_each_mail_speaks_of_its_own_client_and_service(box):
    plan = factories.plan(name="Confort")
    for number in range(60):
        client = factories.individual(
            last_name=f"Nom{number}", first_name=f"Prénom{number}", email=f"client{number}@example.org"
        )
        service(END - (number % 3) * DAY, client=client, plan=plan)
    pass_on(END - 5 * DAY)
    send(END - 5 * DAY)
    assert len(box.received) == 60
    for to, message in box.received:
        number = int(to.removeprefix("client").partition("@")[0])
        text = message.get_body(("plain",)).get_content()
        assert f"Prénom{number} Nom{number}" in text
        assert f"{30 - number % 3} novembre 2026" in text


def test_a_played_day_goes_on_to_its_delivery(box):
    """`send_reminders --on` a day of the past or the future, then a delivery today: the mails leave."""
    service(END)
    pass_on(EIGHT_BEFORE)
    Mail.objects.update(created_at=timezone.now(), not_before=timezone.now())
    deliver(clock=timezone.now, senders=1)
    assert len(box.received) == 1


@pytest.mark.parametrize(
    ("instant", "day"),
    [
        ("2026-12-31T23:30:00+00:00", date(2027, 1, 1)),
        ("2026-12-31T22:30:00+00:00", date(2026, 12, 31)),
        ("2026-10-25T00:30:00+00:00", date(2026, 10, 25)),
        ("2027-03-27T23:30:00+00:00", date(2027, 3, 28)),
    ],
)
def test_the_day_is_the_one_of_paris(instant, day):
    term = service(day + 8 * DAY)
    with time_machine.travel(datetime.fromisoformat(instant), tick=False):
        from_midnight()
        send_due_reminders()
    assert Reminder.objects.get(subscription=term, days=8).status == "mailed"


def from_midnight() -> None:
    organisation = Organisation.objects.current()
    organisation.reminders_from_hour = 0
    organisation.save()


def test_nothing_is_written_before_the_hour_that_the_office_chose():
    service(date(2026, 11, 30))
    with time_machine.travel(datetime.fromisoformat("2026-11-22T06:59:00+01:00"), tick=False):
        send_due_reminders()
    assert Mail.objects.count() == 0
    with time_machine.travel(datetime.fromisoformat("2026-11-22T07:00:00+01:00"), tick=False):
        send_due_reminders()
    assert Mail.objects.count() == 1
