"""What every story starts from."""

import pytest

from crm.accounts.models import User


@pytest.fixture
def administrator(db) -> User:
    return User.objects.create_superuser("admin@example.org", "correct-horse-battery", first_name="Ada", last_name="Admin")


@pytest.fixture
def staff_client(client, administrator):
    """A browser signed in as the administrator."""
    client.force_login(administrator)
    return client
