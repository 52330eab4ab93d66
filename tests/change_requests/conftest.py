from datetime import UTC, date, datetime, timedelta

import pytest

from crm.accounts.models import User
from crm.change_requests.models import ServiceRequest
from crm.change_requests.services import ask
from crm.products.models import Subscription
from tests import factories

NOW = datetime(2026, 11, 22, 9, 30, tzinfo=UTC)
LATER = NOW + timedelta(hours=2)
END = date(2026, 12, 31)


@pytest.fixture
def manager(db) -> User:
    return factories.staff("paul@example.org", "Manager", first_name="Paul", last_name="Gestion")


@pytest.fixture
def term(db) -> Subscription:
    client = factories.individual(email="chloe@example.org")
    return factories.subscription(client, factories.plan(), ends_on=END)


@pytest.fixture
def request_to_renew(term) -> ServiceRequest:
    return asked(term, "renew")


def asked(term: Subscription, kind: str, **details) -> ServiceRequest:
    return ask(term, kind, **{"origin": "mail", "at": NOW, **details})
