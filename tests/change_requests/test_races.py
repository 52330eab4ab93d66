"""Two people decide at once (B2, B3): real threads, each with its own line to the database."""

from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from django.db import connection

from crm.change_requests.models import AlreadyDecided, ChangeRequest, ServiceRequest
from crm.change_requests.services import accept, accept_all, ask, deciding, refuse_all, submit, withdraw
from crm.clients.models import Client
from crm.mailing.models import Mail
from crm.products.models import Subscription
from tests import factories
from tests.change_requests.conftest import END, LATER, NOW
from tests.drills import mostly_drilled

pytestmark = pytest.mark.django_db(transaction=True)
SOME_THEN_MANY = pytest.mark.parametrize("times", mostly_drilled([20, 200], kept=1))


def together(*verbs: Callable[[], object]) -> list[str]:
    """What each says, all begun at the same moment."""
    start = Barrier(len(verbs))

    def run(verb: Callable[[], object]) -> str:
        start.wait(timeout=30)
        try:
            verb()
        except AlreadyDecided:
            return "already decided"
        finally:
            connection.close()
        return "done"

    with ThreadPoolExecutor(len(verbs)) as pool:
        return [work.result(timeout=60) for work in [pool.submit(run, verb) for verb in verbs]]


@pytest.fixture
def two_administrators():
    return [factories.staff(f"{name}@example.org", is_superuser=True) for name in ("ada", "bob")]


def request_of(number: int) -> ChangeRequest:
    client = factories.individual(city="Paris", email=f"client{number}@example.org")
    return submit(client, {"city": "Lyon", "street": f"{number} rue du Lac"}, by=None, at=NOW)


@SOME_THEN_MANY
def test_double_approvals_are_applied_once_each(two_administrators, times):
    requests = [request_of(number) for number in range(times)]
    said: Counter[str] = Counter()
    for request in requests:
        said.update(
            together(
                *(lambda by=by, one=request: accept_all(one, by=by, at=LATER) for by in two_administrators)
            )
        )
    assert said == {"done": times, "already decided": times}
    assert Client.history.filter(history_type="~").count() == times
    assert Mail.objects.filter(kind="change_request_decided").count() == times
    assert set(ChangeRequest.objects.values_list("status", flat=True)) == {"accepted"}


@SOME_THEN_MANY
def test_double_acceptances_renew_once_each(two_administrators, times):
    plan = factories.plan()
    said: Counter[str] = Counter()
    for number in range(times):
        client = factories.individual(email=f"client{number}@example.org")
        request = ask(factories.subscription(client, plan, ends_on=END), "renew", origin="mail", at=NOW)
        said.update(
            together(*(lambda by=by, one=request: accept(one, by=by, at=LATER) for by in two_administrators))
        )
    assert said == {"done": times, "already decided": times}
    assert Subscription.objects.exclude(renews=None).count() == times
    assert Mail.objects.filter(kind="service_request_decided").count() == times


def test_without_the_lock_both_are_applied(two_administrators, monkeypatch):
    """The proof that the tests above can fail: the same verb without its transaction, its lock and what it reads under
    it, both people having read before either writes."""
    both_have_read = Barrier(2)
    monkeypatch.setattr(
        deciding, "_locked", lambda request: (Client.objects.get(pk=request.client_id), request)
    )
    monkeypatch.setattr(deciding, "_refuse_moved", lambda *args: both_have_read.wait(timeout=30))
    unlocked = deciding.decide.__wrapped__
    request = request_of(1)
    accept_these = {"city": "Paris", "street": ""}
    said = together(
        *(
            lambda by=by, one=request: unlocked(one, accept=accept_these, refuse={}, by=by, at=LATER)
            for by in two_administrators
        )
    )
    assert said == ["done", "done"]
    assert Mail.objects.filter(kind="change_request_decided").count() == 2 * Client.objects.count()
    assert request.fields.count() == 2


def test_approving_refusing_and_withdrawing_at_once_ends_in_one_state(two_administrators):
    ada, bob = two_administrators
    for number in range(30):
        request = request_of(number)
        said = together(
            lambda one=request: accept_all(one, by=ada, at=LATER),
            lambda one=request: refuse_all(one, reason="Non", by=bob, at=LATER),
            lambda one=request: withdraw(one, by=None, at=LATER),
        )
        request.refresh_from_db()
        client = Client.objects.get(pk=request.client_id)
        assert sorted(said) == ["already decided", "already decided", "done"]
        winner = ["accepted", "refused", "withdrawn"][said.index("done")]
        assert (request.status, client.city) == (winner, "Lyon" if winner == "accepted" else "Paris")


def test_two_clicks_at_once_are_one_request():
    plan = factories.plan()
    for number in range(30):
        client = factories.individual(email=f"client{number}@example.org")
        term = factories.subscription(client, plan, ends_on=END)
        together(
            *[
                lambda one=term, kind=kind: ask(one, kind, origin="mail", at=NOW)
                for kind in ("renew", "renew", "stop")
            ]
        )
    assert ServiceRequest.objects.count() == 30


def test_two_sendings_of_the_form_at_once_are_one_request():
    for number in range(30):
        client = factories.individual(city="Paris", email=f"client{number}@example.org")
        together(
            *[
                lambda one=client, city=city: submit(one, {"city": city}, by=None, at=NOW)
                for city in ("Lyon", "Dijon")
            ]
        )
    assert ChangeRequest.objects.count() == 30
