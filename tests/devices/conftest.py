from collections.abc import Callable

import pytest
from django.utils import timezone

from crm.accounts.models import User
from crm.devices.models import Device
from crm.devices.services import notify, subscribe
from tests.devices.service import Service, Subscription, push_service
from tests.factories import staff


@pytest.fixture
def service(settings, monkeypatch, tmp_path):
    with push_service(settings, monkeypatch, tmp_path) as running:
        yield running


@pytest.fixture
def paul(db) -> User:
    return staff("paul@example.org")


@pytest.fixture
def allow(service: Service) -> Callable[..., Device]:
    """A person allows a browser; the one of this name, with these keys."""

    def allowed(user: User, name: str = "un", subscription: Subscription | None = None) -> Device:
        keys = (subscription or Subscription()).keys
        return subscribe(
            user, endpoint=service.endpoint(name), **keys, name="Firefox sur Windows", at=timezone.now()
        )

    return allowed


def tell(user: User, key: str = "message-1") -> int:
    return notify(user, title="Nouveau message", body="Clientèle", url="/admin/", key=key)
