"""A client who writes, and the member of staff who answers."""

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest

from crm.accounts.models import User
from crm.clients.models import Client
from crm.conversations import services
from crm.conversations.models import Message, Thread
from crm.organisation.models import Organisation
from tests import factories

NOW = datetime(2026, 11, 22, 21, 10, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


@pytest.fixture
def manager(db) -> User:
    return factories.staff("paul@example.org", "Manager", first_name="Paul", last_name="Gestion")


@pytest.fixture
def chloe(manager) -> Client:
    Organisation.objects.current()
    return factories.individual(email="chloe@example.org", manager=manager)


@pytest.fixture
def person(chloe) -> User:
    return factories.opening(chloe, email="chloe@example.org", first_name="Chloé", last_name="Petit")


def from_client(client: Client, text: str = "Bonjour", **details) -> Message:
    """As their page sends it."""
    return services.send(
        client, text, **{"kind": "client", "by": None, "at": NOW, "token": uuid4(), **details}
    )


def from_office(client: Client, by: User, text: str = "Bonsoir", **details) -> Message:
    return services.send(client, text, **{"kind": "office", "by": by, "at": NOW, **details})


def note(client: Client, by: User, text: str = "Client difficile", **details) -> Message:
    return services.send(client, text, **{"kind": "note", "by": by, "at": NOW, **details})


def thread_of(client: Client) -> Thread:
    return Thread.objects.get(client=client)
