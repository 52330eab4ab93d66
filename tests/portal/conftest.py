"""Two clients with a space each, on a day that does not move."""

from datetime import UTC, date, datetime

import pytest
import time_machine
from django.apps import apps
from django.test import Client as Browser

from crm.accounts.models import User
from crm.clients.models import Client
from crm.organisation.models import Organisation
from crm.products.models import Plan, Subscription
from tests import factories

NOW = datetime(2026, 11, 22, 9, 30, tzinfo=UTC)
SPACE, CHANGE, REQUESTS = "/espace/", "/espace/modifier/", "/espace/demandes/"
# What a page writes by being read: since when the session was used.
OF_SESSIONS = {"sessions", "usersessions"}


@pytest.fixture
def clock():
    with time_machine.travel(NOW, tick=False) as travelled:
        yield travelled


@pytest.fixture
def chloe(clock, db) -> Client:
    # Its row is made when it is first asked for.
    Organisation.objects.current()
    return factories.individual(
        email="chloe@example.org",
        mobile="+33639980000",
        street="12 rue du Lac",
        postcode="75001",
        city="Paris",
    )


@pytest.fixture
def user(chloe) -> User:
    return factories.opening(chloe, email="chloe@example.org", first_name="Chloé", last_name="Petit")


@pytest.fixture
def stranger(clock, db) -> User:
    other = factories.individual(last_name="Durand", first_name="Charlie", email="charlie@example.org")
    return factories.opening(other, email="charlie@example.org")


@pytest.fixture
def confort(db) -> Plan:
    return factories.plan()


@pytest.fixture
def term(chloe, confort) -> Subscription:
    return factories.subscription(chloe, confort, ends_on=date(2026, 11, 30))


@pytest.fixture
def http(user) -> Browser:
    return signed_in(user)


def signed_in(user: User) -> Browser:
    browser = Browser()
    browser.force_login(user)
    return browser


def text_of(response) -> str:
    text = response.content.decode()
    return " ".join(text.replace("\xa0", " ").replace("\u202f", " ").replace("&nbsp;", " ").split())


def as_shown(response) -> dict[str, str]:
    """What a browser sends of the form of this page when nothing is touched."""
    fields = list(response.context["form"])
    typed = {field.html_name: str(field.value() or "") for field in fields}
    remembered = {field.html_initial_name: str(field.initial or "") for field in fields}
    return typed | remembered


def everything() -> list:
    models = [model for model in apps.get_models() if model._meta.app_label not in OF_SESSIONS]
    return [list(model._default_manager.order_by("pk").values_list()) for model in models]
