"""The people at the desk, and what their forms send."""

import pytest

from crm.accounts.models import User
from tests.factories import staff

LIST = "/admin/clients/client/"
ADD = "/admin/clients/client/add/"
EMPTY_INLINES = {
    f"{prefix}-{name}": "0"
    for prefix in ("subscriptions", "addresses")
    for name in ("TOTAL_FORMS", "INITIAL_FORMS", "MIN_NUM_FORMS", "MAX_NUM_FORMS")
}


def sheet(**fields) -> dict[str, str]:
    """What the browser sends of a client's sheet with nothing in its inlines."""
    return {
        "country": "FR",
        "preferred_language": "fr",
        "created_on": "22/11/2026",
        **EMPTY_INLINES,
        **fields,
    }


@pytest.fixture
def manager(db) -> User:
    """Paul sees and edits only his own clients."""
    return staff("paul@example.org", "Manager", first_name="Paul", last_name="Gestion")


@pytest.fixture
def other_manager(db) -> User:
    return staff("olga@example.org", "Manager", first_name="Olga", last_name="Voisine")


@pytest.fixture
def manager_client(client, manager):
    client.force_login(manager)
    return client
