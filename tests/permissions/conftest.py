"""The house is built once for all the stories of a file, and undone with it."""

import pytest
import time_machine
from django.core.cache import caches
from django.db import transaction
from django.test import override_settings

from tests.permissions import world
from tests.permissions.matrix import Matrix, probe_of
from tests.permissions.routes import every_autocomplete
from tests.permissions.rules import RULES, boxes


@pytest.fixture(scope="module")
def whole_matrix(django_db_setup, django_db_blocker, tmp_path_factory):
    media = str(tmp_path_factory.mktemp("files"))
    # Guessing has its own stories; here each door is knocked at many times in a second.
    told = override_settings(MEDIA_ROOT=media, ACCOUNT_RATE_LIMITS=False)
    with django_db_blocker.unblock(), told, time_machine.travel(world.NOW, tick=False), transaction.atomic():
        for name in ("default", "memory"):
            caches[name].clear()
        house = world.build()
        rules = RULES | {"autocomplete": boxes(every_autocomplete())}
        matrix = Matrix(house, [probe_of(house, name, one) for name, each in rules.items() for one in each])
        _ = matrix.superuser, matrix.alice
        yield matrix
        transaction.set_rollback(True)


@pytest.fixture
def matrix(whole_matrix, db) -> Matrix:
    """Whoever was invited by another story has left."""
    whole_matrix.users.clear()
    return whole_matrix
