import pytest

from crm.accounts.models import User
from tests.factories import staff
from tests.mailing.smtp import smtp_server


@pytest.fixture
def box(settings):
    """A mail server that takes everything, unless the story plans otherwise."""
    with smtp_server(settings) as box:
        yield box


@pytest.fixture
def manager(db) -> User:
    """Paul sees only his own clients."""
    return staff("paul@example.org", "Manager", first_name="Paul", last_name="Gestion")
