"""What is wrong is said on every page of the staff, and to them only."""

from datetime import timedelta

import pytest
from django.core.cache import caches
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from crm.core.models import Lease
from tests.factories import individual

SILENT = "L’automate est silencieux depuis 31"


@pytest.fixture
def silence(db) -> Lease:
    now = timezone.now()
    return Lease.objects.create(
        name="scheduler", owner="x", expires_at=now, beat_at=now - timedelta(minutes=31)
    )


def test_every_page_says_that_the_scheduler_is_silent(staff_client, silence):
    client = individual()
    pages = [
        "/admin/",
        "/admin/clients/client/",
        f"/admin/clients/client/{client.pk}/change/",
        "/admin/core/job/",
    ]
    assert [SILENT in staff_client.get(page).content.decode() for page in pages] == [True] * 4


def test_nothing_is_said_when_all_goes_well(staff_client, silence):
    Lease.objects.update(beat_at=timezone.now())
    assert "complaint" not in staff_client.get("/admin/").content.decode()


def test_who_is_not_signed_in_or_sees_a_small_window_is_told_nothing(client, staff_client, silence):
    popup = staff_client.get("/admin/clients/tag/add/?_popup=1").content.decode()
    staff_client.logout()
    assert [SILENT in html for html in (popup, client.get("/admin/login/").content.decode())] == [
        False,
        False,
    ]


def test_a_page_pays_for_it_once_in_a_while_only(staff_client, silence):
    def cost() -> int:
        with CaptureQueriesContext(connection) as captured:
            staff_client.get("/admin/clients/client/")
        return len(captured)

    cost()
    warm = cost()
    for language in ("fr", "en"):
        caches["memory"].delete(f"complaints:{language}")
    assert (cost() - warm, cost()) == (4, warm)
