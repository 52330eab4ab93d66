import re
from datetime import date, datetime, time, timedelta
from io import StringIO

import pytest
from django.apps import apps
from django.contrib.auth import authenticate
from django.core.management import CommandError, call_command
from django.utils import timezone

from crm.accounts.models import User
from crm.backoffice import demonstration
from crm.backoffice.models import DemonstrationRow
from crm.backoffice.played_past import FULL, GONE, TO_FILES
from crm.change_requests.fields import text_of
from crm.change_requests.models import ChangedField, ChangeRequest, ServiceRequest
from crm.clients.models import Client, Tag
from crm.core.management.commands import serve
from crm.mailing.models import Mail, MailAddress
from crm.mailing.variables import site_url
from crm.organisation.models import Organisation
from crm.products.models import Plan, Subscription
from crm.reminders.choosing import chosen
from crm.reminders.letters import to_print
from crm.reminders.models import Reminder, Run
from crm.reminders.notices import told_too_late
from crm.timeline.models import Entry
from tests import factories
from tests.drills import mostly_drilled

TODAY = date(2026, 11, 22)
FICTION = ("+3319900", "+3326191", "+3335301", "+3346571", "+3353649", "+3363998")
REMINDED = Mail.objects.filter(kind__in=["reminder", "tacit_reminder", "renewal_notice"])
OUR_LABELS = {
    "access",
    "accounts",
    "activity",
    "backoffice",
    "change_requests",
    "clients",
    "conversations",
    "exchange",
    "mailing",
    "organisation",
    "products",
    "reminders",
    "timeline",
}


def contents() -> dict[str, set]:
    """The key of every row of ours, by table."""
    models = [model for model in apps.get_models() if model._meta.app_label in OUR_LABELS]
    return {model._meta.label: set(model._default_manager.values_list("pk", flat=True)) for model in models}


def at_seven(day: date) -> datetime:
    return timezone.make_aware(datetime.combine(day, time(7)))


NOW = at_seven(TODAY)


@pytest.fixture
def loaded(db):
    demonstration.load(now=NOW)


def test_the_demonstration_has_clients_of_the_three_kinds(loaded):
    kinds = sorted(Client.objects.values_list("kind", flat=True))
    assert {kind: kinds.count(kind) for kind in kinds} == {
        "association": 12,
        "individual": 30,
        "professional": 18,
    }


def test_requests_of_each_kind_wait_and_one_record_has_moved_since(loaded):
    waiting = ServiceRequest.objects.open()
    assert sorted(waiting.values_list("kind", flat=True)) == ["call_back", "change", "renew", "renew", "stop"]
    moved = [row for row in ChangedField.objects.all() if text_of(row.request.client, row.name) != row.old]
    assert [row.name for row in moved] == ["mobile"]
    assert ChangeRequest.objects.open().count() == 3


def test_services_end_on_each_day_a_reminder_is_due(loaded):
    days = {subscription.days_left(TODAY) for subscription in Subscription.objects.running_on(TODAY)}
    assert {0, 1, 3, 5, 8, 15, 30} - days == set()


def test_every_state_of_a_subscription_can_be_seen(loaded):
    rows = Subscription.objects.select_related("client", "renewed_by")
    states = {row.state_on(TODAY, ending_soon_days=30) for row in rows}
    assert states == set(Subscription.State) - {Subscription.State.ARCHIVED}


@pytest.mark.parametrize(
    "day", mostly_drilled([date(2028, 2, 29), date(2027, 3, 31), date(2026, 12, 31)], kept=1)
)
def test_it_loads_on_any_day_of_the_calendar(db, day):
    demonstration.load(now=at_seven(day))
    assert Subscription.objects.count() == 121


@pytest.fixture
def played(loaded, settings, tmp_path):
    settings.MAIL_TRANSPORT, settings.EMAIL_FILE_PATH = TO_FILES, str(tmp_path / "mail")
    demonstration.play_past(now=NOW)
    return tmp_path / "mail"


def test_the_past_shows_mails_letters_a_notice_and_two_troubles(played):
    sent = Reminder.objects.filter(status="mailed", mails__status="sent")
    assert sent.filter(purpose="end").count() > 100
    assert sent.filter(purpose="notice").count() > 3
    assert 0 < to_print(TODAY).count() < 5
    assert Reminder.objects.in_trouble(TODAY).count() == 2
    assert told_too_late(TODAY) == {}
    assert sorted(str(one) for one in MailAddress.objects.all()) == [GONE, FULL]
    assert "Subject: " in "".join(path.read_text() for path in played.iterdir())


def test_the_past_stops_before_today_which_the_scheduler_still_has_to_play(played):
    assert Run.objects.filter(day__gte=TODAY).count() == 0
    assert REMINDED.exclude(status__in=["sent", "bounced"]).count() == 0
    assert Entry.objects.filter(at__gt=NOW).count() == 0
    assert any(choice.due.mail for choice in chosen(TODAY))


def test_no_past_is_played_where_mails_would_really_leave(loaded, settings):
    settings.MAIL_TRANSPORT = "crm.mailing.post.SmtpBackend"
    demonstration.play_past(now=NOW)
    assert (REMINDED.all().count(), Run.objects.count()) == (0, 0)


def test_removal_takes_the_past_along(db, settings, tmp_path):
    settings.MAIL_TRANSPORT, settings.EMAIL_FILE_PATH = TO_FILES, str(tmp_path)
    Organisation.objects.current()
    before = contents()
    demonstration.load(now=NOW)
    demonstration.play_past(now=NOW)
    assert demonstration.remove() == []
    assert contents() == before


def test_no_telephone_of_the_demonstration_can_ring(loaded):
    columns = ("landline", "mobile", "office_phone", "manager_mobile")
    numbers = {number for row in Client.objects.values_list(*columns) for number in row if number}
    assert [number for number in numbers if not number.startswith(FICTION)] == []


def test_each_client_of_the_demonstration_has_its_own_telephones(loaded):
    columns = ("landline", "mobile", "office_phone", "manager_mobile")
    numbers = [number for row in Client.objects.values_list(*columns) for number in row if number]
    assert len(numbers) == len(set(numbers))


def test_nothing_happened_in_the_future_even_when_it_is_loaded_early(loaded):
    assert Entry.objects.filter(at__gt=NOW).count() == 0
    assert Client.history.filter(history_date__gt=NOW).count() == 0


def test_every_address_of_the_demonstration_is_in_an_example_domain(loaded):
    emails = [*Client.objects.exclude(email="").values_list("email", flat=True)]
    emails += User.objects.values_list("email", flat=True)
    assert [email for email in emails if not re.search(r"(@example\.org|\.example)$", email)] == []


def test_loading_twice_changes_nothing(loaded):
    before = contents()
    demonstration.load(now=NOW + timedelta(days=1))
    assert contents() == before


def test_the_demonstration_is_never_mixed_with_other_clients(db):
    factories.individual()
    with pytest.raises(demonstration.NotEmpty):
        demonstration.load(now=NOW)
    assert Client.objects.count() == 1


def test_the_three_printed_accounts_sign_in(db):
    printed = StringIO()
    call_command("demo", no_serve=True, stdout=printed)
    accounts = re.findall(r"(\S+@demo\.example)\s+(\S+)", printed.getvalue())
    assert [authenticate(username=email, password=password).email for email, password in accounts] == [
        "admin@demo.example",
        "gestion@demo.example",
        "lecture@demo.example",
    ]


def test_the_manager_follows_some_clients_and_not_all(loaded):
    manager = User.objects.get(email="gestion@demo.example")
    assert 5 < Client.objects.visible_to(manager).count() < 30


def test_removal_leaves_the_base_as_it_was(db):
    Tag.objects.create(name="VIP")
    Organisation.objects.current()
    before = contents()
    demonstration.load(now=NOW)
    assert demonstration.remove() == []
    assert contents() == before
    assert not Plan.history.exists()


def test_removal_leaves_what_the_user_entered_meanwhile(loaded):
    mine = factories.individual(last_name="Vrai")
    plan = factories.plan(name="La mienne")
    factories.subscription(mine, plan)
    demonstration.remove()
    assert [client.pk for client in Client.objects.all()] == [mine.pk]
    assert [(row.client, row.plan) for row in Subscription.objects.all()] == [(mine, plan)]
    assert factories.individual().number > mine.number


def test_removal_keeps_a_row_that_a_real_client_uses_and_says_so(loaded):
    plan, tag = Plan.objects.get(name="Domiciliation"), Tag.objects.get(name="VIP")
    manager = User.objects.get(email="gestion@demo.example")
    mine = factories.individual(manager=manager)
    mine.tags.add(tag)
    factories.subscription(mine, plan)
    assert demonstration.remove() == [plan, tag, manager]
    manager.refresh_from_db()
    assert not manager.is_active
    assert not DemonstrationRow.objects.exists()


def test_the_first_real_client_after_removal_is_number_one(loaded):
    demonstration.remove()
    assert factories.individual().number == 1


def test_removing_twice_says_that_there_is_nothing(db):
    printed = StringIO()
    call_command("demo", remove=True, stdout=printed)
    assert len(printed.getvalue().splitlines()) == 1


def test_a_server_behind_tls_refuses_the_known_passwords(db, settings):
    settings.SESSION_COOKIE_SECURE = True
    with pytest.raises(CommandError):
        call_command("demo", no_serve=True)
    assert not User.objects.exists()


def test_its_mails_lead_to_the_port_that_was_asked(db, monkeypatch, settings):
    monkeypatch.setenv("SITE_URL", "")
    monkeypatch.delenv("SITE_URL")
    settings.SITE_URL = "http://localhost:8000"  # and back again once the story is over
    monkeypatch.setattr(serve.Command, "handle", lambda *_args, **_options: None)
    monkeypatch.setattr(demonstration, "load", lambda *, now: False)
    call_command("demo", port=8099)
    assert site_url("/espace/") == "http://localhost:8099/espace/"
