"""What a client answers changes what is still said to them."""

from datetime import date, timedelta

import pytest
import time_machine

from crm.change_requests import services as requests
from crm.change_requests.links import answer_url
from crm.change_requests.models import ServiceRequest
from crm.mailing.delivery import deliver
from crm.mailing.models import Mail
from crm.organisation.models import Organisation
from crm.products.models import Plan
from tests import factories
from tests.mailing.smtp import smtp_server
from tests.reminders.playing import DAY, days_go_by, noon, pass_on, sent_on, service

END = date(2026, 11, 30)
pytestmark = pytest.mark.usefixtures("rules")
REMINDERS = {"kind__in": ["reminder", "tacit_reminder"]}


def before(days: int) -> date:
    return END - timedelta(days=days)


def ask(term, kind: str, day: date) -> ServiceRequest:
    return requests.ask(term, kind, origin=ServiceRequest.Origin.MAIL, at=noon(day))


@pytest.mark.parametrize(("kind", "count"), [("renew", 3), ("stop", 3), ("call_back", 6)])
def test_renew_and_stop_silence_the_reminders_that_follow_and_call_back_does_not(kind, count):
    term = service(END)
    days_go_by(before(40), before(8))
    ask(term, kind, before(7))
    days_go_by(before(7), END)
    assert Mail.objects.filter(**REMINDERS, status="sent").count() == count


def test_a_refusal_resumes_them(administrator):
    term = service(END)
    days_go_by(before(40), before(8))
    request = ask(term, "renew", before(7))
    days_go_by(before(7), before(4))
    requests.refuse(request, reason="Formule arrêtée", by=administrator, at=noon(before(4)))
    days_go_by(before(3), END)
    days = {day for day in sent_on() if day in {before(days) for days in (5, 3, 1)}}
    assert days >= {before(3), before(1)}
    assert not Mail.objects.filter(**REMINDERS, created_at=noon(before(5))).exists()


def test_a_mail_that_waits_does_not_leave_once_the_client_has_answered(settings):
    term = service(END)
    pass_on(before(8))
    ask(term, "stop", before(8))
    with smtp_server(settings) as box:
        deliver(clock=lambda: noon(before(8)), senders=1)
    assert Mail.objects.get(kind="reminder").status == "cancelled"
    assert all("se termine" not in str(message["Subject"]) for _to, message in box.received)


def test_a_tacit_service_that_the_client_asked_to_stop_is_not_renewed_while_nobody_has_decided():
    plan = factories.plan(name="Entretien", renewal=Plan.Renewal.TACIT)
    term = service(END, plan=plan)
    ask(term, "stop", before(2))
    days_go_by(END - DAY, END + 2 * DAY)
    assert term.client.subscriptions.count() == 1


def test_the_buttons_of_a_mail_lead_to_its_own_service_and_are_nowhere_but_in_what_left(settings, client):
    service(END)
    pass_on(before(8))
    mail = Mail.objects.get()
    assert "/espace/reponse/" not in mail.html + mail.text + mail.html_to_read()
    with smtp_server(settings) as box:
        deliver(clock=lambda: noon(before(8)), senders=1)
    text = box.received[0][1].get_body(("plain",)).get_content()
    address = next(word.strip("()") for word in text.split() if "/espace/reponse/" in word)
    page = client.get(address.removeprefix(settings.SITE_URL))
    assert page.status_code == 200
    assert "Formule 1" in page.content.decode()


@pytest.mark.parametrize("joins", [True, False])
def test_the_page_of_a_mail_about_two_services_leads_to_the_answer_for_the_other(client, settings, joins):
    organisation = Organisation.objects.current()
    organisation.joins_reminders = joins
    organisation.save()
    owner = factories.individual(email="zoe@example.org")
    first, second = service(END, client=owner), service(END, client=owner)
    address = answer_url(first, END, "renew", at=noon(before(8))).removeprefix(settings.SITE_URL)
    with time_machine.travel(noon(before(8))):
        page = client.get(address).content.decode()
    assert (f"Renouveler aussi {second.plan.name}" in page) is joins
