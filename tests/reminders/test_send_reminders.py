"""`manage.py send_reminders`: what it says it would do is what it then does."""

from datetime import date
from io import StringIO

import pytest
import time_machine
from django.apps import apps
from django.core.management import CommandError, call_command

from crm.change_requests import services as requests
from crm.change_requests.models import ServiceRequest
from crm.mailing.models import Mail
from crm.products import services as products
from crm.products.models import Plan
from crm.reminders.models import Pause, Reminder, Run
from tests import factories
from tests.reminders.playing import DAY, everything_leaves, noon, pass_on, service
from tests.reminders.population import populate

TODAY = date(2026, 11, 22)
pytestmark = pytest.mark.usefixtures("rules")


def said(**options) -> list[str]:
    out = StringIO()
    call_command("send_reminders", stdout=out, **options)
    return out.getvalue().replace("\N{NO-BREAK SPACE}", " ").splitlines()


def everything() -> dict[str, list]:
    """Every row of ours."""
    rooms = {"clients", "mailing", "products", "reminders", "timeline"}
    models = [model for model in apps.get_models() if model._meta.app_label in rooms]
    return {model._meta.label: list(model._default_manager.order_by("pk").values()) for model in models}


@pytest.mark.parametrize("seed", range(8))
def test_the_rehearsal_says_what_the_pass_then_does_and_writes_nothing(db, seed):
    populate(seed, TODAY, number=120)
    Mail.objects.filter(created_at=noon(TODAY - DAY)).update(status=Mail.Status.QUEUED)
    before = everything()
    rehearsed = said(on="2026-11-22", dry_run=True)
    assert everything() == before
    assert rehearsed[-1] == "Rien n’a été écrit (--dry-run)."
    assert said(on="22/11/2026") == rehearsed[:-1]
    assert len(rehearsed) > 4
    assert everything() != before


@time_machine.travel(noon(TODAY))
def test_each_line_says_who_what_when_and_how(db):
    chloe = factories.individual(email="chloe@example.org")
    service(TODAY + 6 * DAY, client=chloe, plan=factories.plan(name="Confort"))
    service(TODAY + 30 * DAY, client=factories.association(), plan=factories.plan(name="Essai"))
    assert said(dry_run=True)[:3] == [
        "Relances du 22 novembre 2026",
        (
            "CLT-001 Petit Chloé | Confort | se termine le 28/11/2026, dans 6 jours | 8 jours avant la fin : e-mail à "
            "chloe@example.org | remplacées : 30 et 15 jours"
        ),
        (
            "CLT-002 Les Amis du Livre Imaginaire | Essai | se termine le 22/12/2026, dans 30 jours | 30 jours avant la "
            "fin : lettre (Le client n’a pas d’adresse e-mail.)"
        ),
    ]


@time_machine.travel(noon(TODAY))
def test_who_is_kept_silent_is_told_with_the_reason(db):
    renewed, stopped, paused, over, asked = (service(TODAY + days * DAY) for days in (8, 8, 5, 7, 3))
    requests.ask(asked, "stop", origin=ServiceRequest.Origin.MAIL, at=noon(TODAY))
    # Answers are told to the staff: not of this story.
    Mail.objects.all().delete()
    products.renew(renewed, at=noon(TODAY))
    products.stop(stopped, day=TODAY, at=noon(TODAY))
    Pause.objects.create(subscription=paused, starts_on=TODAY)
    products.stop(over, day=TODAY, at=noon(TODAY))
    lines = said(dry_run=True)
    assert [line.rpartition(" | ")[2] for line in lines[1:-2]] == [
        "rien : Le client a répondu.",
        "rien : Les relances sont en pause.",
        "rien : Le service est renouvelé.",
        "rien : Le service est arrêté.",
    ]
    assert "silence 4" in lines[-2]


@time_machine.travel(noon(TODAY))
def test_notices_and_tacit_renewals_are_told(db):
    tacit = factories.plan(name="Entretien", renewal=Plan.Renewal.TACIT, notice_months=1)
    service(TODAY, plan=tacit)
    service(date(2027, 2, 28), plan=tacit)
    last, notice = said(dry_run=True)[1:3]
    assert last.endswith("reconduction tacite jusqu’au 22/11/2027")
    assert "Avis de reconduction tacite : e-mail à zoe@example.org" in notice


@time_machine.travel(noon(TODAY))
def test_a_mail_that_waited_over_night_is_told_as_it_will_be_written_anew(db):
    service(TODAY + 7 * DAY)
    pass_on(TODAY - DAY)
    rehearsed = said(dry_run=True)
    assert "8 jours avant la fin : e-mail" in rehearsed[1]
    assert Mail.objects.get().status == "queued"
    everything_leaves(noon(TODAY))
    assert len(said(dry_run=True)) == 3


@pytest.mark.parametrize(
    "text", ["demain", "2026-13-45", "31/02/2026", "", "22-11-2026", "0001-01-01", "99999999"]
)
def test_a_day_that_is_none_is_refused_in_french_and_nothing_is_written(db, text):
    with pytest.raises(CommandError, match="n’est pas un jour") as refusal:
        said(on=text)
    assert refusal.value.returncode == 1
    assert (Reminder.objects.count(), Run.objects.count()) == (0, 0)


def test_another_day_may_be_asked_for(db):
    service(TODAY + 8 * DAY)
    said(on="2026-11-22")
    assert (Reminder.objects.get(days=8).day, Run.objects.get().day) == (TODAY, TODAY)
