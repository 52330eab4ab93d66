"""Every registered model has a list, and where they exist an add and a change page, that open, in French."""

import re
from datetime import date

import pytest
from django.contrib import admin
from django.contrib.auth.models import Group
from django.urls import reverse
from django.utils import timezone

from crm.access.models import FailedSignIn, Impersonation, Registration
from crm.change_requests.services import ask, submit
from crm.clients.models import Category, Establishment, NotDuplicate, Tag
from crm.conversations.models import CannedReply
from crm.conversations.services import send
from crm.mailing.models import Template
from crm.mailing.services import oppose, queue
from crm.organisation.models import Organisation
from crm.products.models import Plan
from crm.reminders.models import Pause, Reminder, Rule, Run
from crm.timeline.models import Entry
from crm.timeline.services import note_action, record
from tests.factories import (
    action,
    action_kind,
    association,
    individual,
    intervention,
    plan,
    professional,
    subscription,
)

MODELS = sorted((model._meta.label_lower for model in admin.site._registry), key=str)
# What the country's language or Django's own English would leave on a screen.
ENGLISH = re.compile(
    r">\s*(Save|Delete|Add|Change|Search|Filter|Home|History|Close|View|None|Unknown|Settings|Clients? history|"
    r"Select|Required|Name|Yes|No|Start|End)\s*<"
)


@pytest.fixture
def rows(administrator) -> dict:
    """One row of each model that people fill in."""
    one, two = individual(), professional()
    of = plan()
    return {
        "clients.client": one,
        "clients.category": Category.objects.create(name="Fidèles"),
        "clients.establishment": Establishment.objects.create(name="Agence"),
        "clients.tag": Tag.objects.create(name="VIP"),
        "clients.notduplicate": NotDuplicate.objects.create(first=one, second=two),
        "products.plan": of,
        "products.subscription": subscription(association(), of, ends_on=date(2026, 12, 31)),
        "organisation.organisation": Organisation.objects.current(),
        "access.registration": Registration.objects.create(
            kind="individual",
            last_name="Petit",
            first_name="Chloé",
            email="chloe@example.org",
            created_at=timezone.now(),
        ),
        "access.failedsignin": FailedSignIn.objects.create(
            email="chloe@example.org", way="password", at=timezone.now()
        ),
        "access.impersonation": Impersonation.objects.create(
            client=one, by=administrator, reason="Aider", began_at=timezone.now()
        ),
        "auth.group": Group.objects.first(),
        "timeline.action": note_action(action(one), at=timezone.now()),
        "timeline.actionkind": action_kind(),
        "activity.intervention": intervention(one),
        "mailing.template": Template.objects.get(kind="reminder", name=""),
        "mailing.mail": queue("reminder", to="zoe@example.org", values={}, at=timezone.now(), client=one),
        "mailing.mailaddress": oppose("zoe@example.org", at=timezone.now()),
        "change_requests.servicerequest": asked(one, of),
        "change_requests.changerequest": submit(one, {"city": "Lyon"}, by=None, at=timezone.now()),
        "conversations.thread": send(one, "Bonjour", kind="client", by=None, at=timezone.now()).client.thread,
        "conversations.cannedreply": CannedReply.objects.create(title="Merci", text="Merci {{ prenom }}."),
        **reminded(two, of),
        "timeline.entry": record(one, Entry.Kind.CREATED, "Fiche créée", at=timezone.now()),
    }


def asked(client, of):
    term = subscription(client, of, ends_on=date(2099, 12, 31))
    return ask(term, "renew", origin="mail", at=timezone.now())


def reminded(client, of) -> dict:
    term = subscription(client, of, ends_on=date(2099, 12, 31))
    today = date(2026, 11, 22)
    return {
        "reminders.rule": Rule.objects.first(),
        "reminders.pause": Pause.objects.create(subscription=term, starts_on=today),
        "reminders.run": Run.objects.create(day=today, finished_at=timezone.now()),
        "reminders.reminder": Reminder.objects.create(
            subscription=term,
            ends_on=term.ends_on,
            days=8,
            status=Reminder.Status.LETTER,
            why=Reminder.Why.NO_ADDRESS,
            day=today,
            written_at=timezone.now(),
        ),
    }


def address(label: str, page: str, *args) -> str:
    return reverse(f"admin:{label.replace('.', '_')}_{page}", args=args)


@pytest.mark.parametrize("label", MODELS)
def test_the_list_page_opens_in_french(staff_client, rows, label):
    answer = staff_client.get(address(label, "changelist"), follow=True)
    assert answer.status_code == 200
    assert ENGLISH.findall(answer.content.decode()) == []
    assert answer.content.decode().count("<h1") == 1


@pytest.mark.parametrize("label", MODELS)
def test_the_add_page_opens_or_is_refused(staff_client, label):
    model_admin = next(one for model, one in admin.site._registry.items() if model._meta.label_lower == label)
    may_add = model_admin.has_add_permission(staff_client.get("/admin/").wsgi_request)
    answer = staff_client.get(address(label, "add"))
    assert answer.status_code == (200 if may_add else 403)
    assert ENGLISH.findall(answer.content.decode()) == []


@pytest.mark.parametrize("label", MODELS)
def test_the_change_page_opens_in_french(staff_client, administrator, rows, label):
    row = rows.get(label, administrator if label == "accounts.user" else None)
    if row is None:
        assert label.split(".")[0] in ("exchange", "django_apscheduler", "core")
        return
    answer = staff_client.get(address(label, "change", row.pk))
    assert answer.status_code == 200
    assert ENGLISH.findall(answer.content.decode()) == []
    assert len(answer.content) < 150_000


@pytest.mark.parametrize("label", MODELS)
def test_a_page_of_a_row_that_does_not_exist_is_no_failure(staff_client, label):
    assert staff_client.get(address(label, "change", 999_999)).status_code in (302, 404)


def test_the_sign_in_page_asks_for_an_e_mail(client, db):
    html = client.get("/admin/login/", follow=True).content.decode()
    assert re.findall(r'<label for="id_\w+">([^<]+)<', html) == ["E-mail", "Mot de passe"]


def test_no_page_names_its_skin_or_calls_another_origin(staff_client, rows):
    for label in MODELS:
        html = staff_client.get(address(label, "changelist"), follow=True).content.decode()
        assert re.findall(r'(?:src|href)="(?:https?:)?//[^"]+', html) == []
        assert "jazzmin version" not in html.lower()


def test_the_roles_screen_says_what_each_permission_opens(staff_client, rows):
    html = staff_client.get(address("auth.group", "change", rows["auth.group"].pk)).content.decode()
    assert ("Modifier\xa0: clients" in html, "Can change" in html, "Can see" in html) == (True, False, False)


def test_saving_a_role_keeps_what_its_screen_does_not_show(staff_client, rows):
    role = Group.objects.get(name__in=["Administrateur", "Administrator"])
    before = set(role.permissions.values_list("pk", flat=True))
    form = staff_client.get(address("auth.group", "change", role.pk)).context["adminform"].form
    shown = [str(pk) for _room, choices in form.fields["permissions"].choices for pk, _label in choices]
    staff_client.post(address("auth.group", "change", role.pk), {"name": role.name, "permissions": shown})
    assert set(role.permissions.values_list("pk", flat=True)) == before
    assert Plan.objects.count() == 1
