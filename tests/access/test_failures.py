"""Failed sign-ins are written where an administrator reads them: who was tried, roughly where, when (ASVS 16.3.1)."""

from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.db import connection
from django.test import Client as HttpClient
from django.test.utils import CaptureQueriesContext

from crm.access.failures import network_of
from crm.access.jobs import tidy_up
from crm.access.models import FailedSignIn
from tests.access.conftest import sign_in
from tests.factories import individual, opening, staff

LIST = "/admin/access/failedsignin/"


def written() -> list[tuple]:
    return list(FailedSignIn.objects.order_by("pk").values_list("email", "way", "network"))


def test_a_wrong_password_is_written_whether_an_account_exists_or_not(alice):
    sign_in("Alice@example.org", "wrong", REMOTE_ADDR="192.0.2.77")
    sign_in("nobody@example.org", "wrong", REMOTE_ADDR="192.0.2.77")
    sign_in("alice@example.org", REMOTE_ADDR="192.0.2.77")
    assert written() == [
        ("alice@example.org", "password", "192.0.2.0/24"),
        ("nobody@example.org", "password", "192.0.2.0/24"),
    ]


def test_a_wrong_code_is_written(alice):
    http = HttpClient()
    http.post("/espace/connexion/code/", {"email": "alice@example.org"})
    http.post("/espace/connexion/code/saisie/", {"code": "BCDF-GHJK"}, REMOTE_ADDR="192.0.2.77")
    assert written() == [("alice@example.org", "code", "192.0.2.0/24")]


def test_guesses_that_the_limits_refuse_do_not_fill_the_disk(alice):
    for number in range(60):
        sign_in("alice@example.org", f"wrong-{number}", REMOTE_ADDR="192.0.2.77")
    assert len(written()) <= 10


def test_a_secret_typed_in_the_wrong_box_is_kept_nowhere(alice):
    sign_in("correct-horse-battery", "alice@example.org")
    assert [row for row in FailedSignIn.objects.values_list("email", flat=True) if "horse" in row] == []


@pytest.mark.parametrize(
    ("ip", "network"),
    [
        ("192.0.2.77", "192.0.2.0/24"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1::/48"),
        (None, ""),
        ("nonsense", ""),
    ],
)
def test_only_the_network_of_an_address_is_kept(ip, network):
    assert network_of(ip) == network


def test_they_are_kept_six_months(db):
    now = datetime(2026, 11, 22, 9, 30, tzinfo=UTC)
    for days in (1, 182, 184):
        FailedSignIn.objects.create(
            email=f"d{days}@example.org", way="password", at=now - timedelta(days=days)
        )
    with time_machine.travel(now, tick=False):
        tidy_up()
    assert {row.email for row in FailedSignIn.objects.all()} == {"d1@example.org", "d182@example.org"}


def test_the_administrator_reads_them_in_french_and_nobody_writes_them(staff_client, alice):
    sign_in("alice@example.org", "wrong", REMOTE_ADDR="192.0.2.77")
    html = staff_client.get(LIST).content.decode()
    assert [
        word
        for word in ("Connexions refusées", "alice@example.org", "192.0.2.0/24", "Mot de passe")
        if word not in html
    ] == []
    row = FailedSignIn.objects.get()
    posts = [staff_client.post(f"{LIST}{page}", {"post": "yes"}) for page in ("add/", f"{row.pk}/delete/")]
    assert [answer.status_code for answer in posts] == [403, 403]


def test_a_manager_reads_those_of_their_own_clients(client, db):
    paul = staff("paul@example.org", "Manager")
    opening(individual(manager=paul), email="mine@example.org")
    opening(individual(), email="theirs@example.org")
    for email in ("mine@example.org", "theirs@example.org", "nobody@example.org"):
        sign_in(email, "wrong")
    client.force_login(paul)
    assert [row.email for row in client.get(LIST).context["cl"].result_list] == ["mine@example.org"]


def test_the_list_costs_the_same_for_one_and_for_three(staff_client):
    counts = []
    for number in (1, 2):
        for _time in range(number):
            FailedSignIn.objects.create(email="a@example.org", way="password", at=datetime.now(UTC))
        staff_client.get(LIST)
        with CaptureQueriesContext(connection) as captured:
            staff_client.get(LIST)
        counts.append(len(captured))
    assert counts[0] == counts[1]
