"""The people at the door, and the letter box that they read."""

import re
from collections.abc import Callable

import pytest
from django.conf import settings as django_settings
from django.test import Client as HttpClient
from django.utils import timezone

from crm.access.models import Access
from crm.accounts.models import User
from crm.clients.models import Client
from crm.mailing.delivery import deliver
from tests.factories import association, individual, opening, staff
from tests.mailing.smtp import Box, smtp_server

PASSWORD = "correct-horse-battery"
SIGN_IN = "/espace/connexion/"
SPACE = "/espace/"


@pytest.fixture
def shop(db) -> Client:
    """CLT-001, which alice owns with bob."""
    return association(email="bureau@example.org")


@pytest.fixture
def alice(shop) -> User:
    return opening(shop, email="alice@example.org", first_name="Alice")


@pytest.fixture
def bob(shop) -> User:
    """He opens the same client as alice, and another of his own."""
    return opening(shop, individual(last_name="Martin", first_name="Bob"), email="bob@example.org")


@pytest.fixture
def charlie(db) -> User:
    """A stranger: another client."""
    return opening(individual(last_name="Durand", first_name="Charlie"), email="charlie@example.org")


@pytest.fixture
def dora(shop) -> User:
    """Her access is disabled."""
    user = opening(shop, email="dora@example.org")
    Access.objects.filter(user=user).update(is_enabled=False)
    return user


@pytest.fixture
def paul(db) -> User:
    """The manager of none of these clients."""
    return staff("paul@example.org", "Manager")


@pytest.fixture
def sent(settings) -> Callable[[], Box]:
    """Delivers what waits by a real SMTP server, and tells what arrived."""
    with smtp_server(settings) as box:

        def delivered() -> Box:
            deliver(clock=timezone.now, senders=1)
            return box

        yield delivered


def sign_in(email: str, password: str = PASSWORD, *, http: HttpClient | None = None, **extra):
    """(browser, answer) of an attempt by the form."""
    http = http or HttpClient()
    return http, http.post(SIGN_IN, {"login": email, "password": password}, **extra)


def is_in(http: HttpClient) -> bool:
    return http.get(SPACE).status_code == 200


def text_of(message) -> str:
    return message.get_body(("plain",)).get_content()


def links_in(message) -> list[str]:
    """Our own addresses in a mail, without their host."""
    return re.findall(rf"{re.escape(django_settings.SITE_URL)}(/\S+?)(?=[)\s]|$)", text_of(message))
