"""Ten thousand invented histories, judged by the database and by a few plain lines of Python."""

import random
from datetime import date, datetime, time, timedelta
from decimal import Decimal

import pytest
from django.utils import timezone

from crm.activity.models import Intervention, StatusLock
from crm.activity.services import refresh
from crm.activity.status import explain, explanations
from crm.clients.models import Client
from crm.organisation.models import Organisation
from crm.products.models import Plan, Subscription
from crm.timeline.models import Entry
from tests.drills import mostly_drilled
from tests.factories import individual, intervention, plan, staff, subscription

pytestmark = pytest.mark.django_db
TODAY = date(2026, 11, 22)
State = Intervention.Status
HISTORIES = 10_000


def moment(day: date, hour: int = 12, minute: int = 0) -> datetime:
    return timezone.make_aware(datetime.combine(day, time(hour, minute)))


def settle(day: date) -> int:
    return refresh(None, day=day, at=moment(day))


def decide(**fields) -> None:
    organisation = Organisation.objects.current()
    for name, value in fields.items():
        setattr(organisation, name, value)
    organisation.save()


# The oracle: nothing of the engine's, a day at a time


def oracle(client, interventions, terms, lock, day, active_days, counts_formules) -> str:
    if lock is not None and (lock.until_on is None or day <= lock.until_on):
        return lock.status
    for one in interventions:
        if one.status == "in_progress":
            return "active"
        at = {"planned": one.planned_for, "done": one.ended_at}.get(one.status)
        if at is not None and (day - timezone.localdate(at)).days <= active_days:
            return "active"
    for term in terms if counts_formules and client.archived_on is None else []:
        last = term.cancelled_on or term.ends_on
        if term.archived_on is None and term.subscribed_on <= day <= last:
            return "active"
    return "inactive"


class Draw:
    """Random facts, from a seed."""

    def __init__(self, seed: int, clients: list[Client], of: Plan) -> None:
        self.random, self.of = random.Random(seed), of
        self.interventions = [one for client in clients for one in self._interventions(client)]
        self.terms = [one for client in clients for one in self._terms(client)]
        self.locks = [self._lock(client) for client in clients if self.random.random() < 0.15]

    def _day(self, back: int = 400, ahead: int = 200) -> date:
        return TODAY + timedelta(days=self.random.randint(-back, ahead))

    def _at(self, day: date) -> datetime:
        """Near midnight more often than not: that is where a day is mistaken for another."""
        return moment(day, *self.random.choice([(0, 0), (0, 30), (23, 59), (12, 0)]))

    def _interventions(self, client: Client) -> list[Intervention]:
        made = []
        for _number in range(self.random.choice([0, 0, 1, 1, 2, 3])):
            state, day = self.random.choice(State.values), self._day()
            start = self._at(day)
            one = Intervention(client=client, title="x", status=state, planned_for=start)
            if state in (State.IN_PROGRESS, State.DONE):
                one.started_at = start
            if state == State.DONE:
                one.ended_at = start + timedelta(hours=self.random.choice([0, 1, 30]))
            made.append(one)
        return made

    def _terms(self, client: Client) -> list[Subscription]:
        made = []
        for _number in range(self.random.choice([0, 0, 1, 1, 2])):
            start = self._day()
            term = Subscription(
                client=client, plan=self.of, subscribed_on=start, anchor_on=start, price_excl_tax=Decimal(1),
                price_incl_tax=Decimal(1), vat_rate=Decimal(20), billing_period="yearly",
                ends_on=start + timedelta(days=self.random.choice([0, 30, 365])),
            )  # fmt: skip
            if self.random.random() < 0.2:
                term.cancelled_on = term.ends_on - timedelta(days=self.random.choice([0, 10, 400]))
            if self.random.random() < 0.1:
                term.archived_on = TODAY
            made.append(term)
        return made

    def _lock(self, client: Client) -> StatusLock:
        until = self.random.choice([None, self._day(back=60, ahead=60)])
        status = self.random.choice(Client.Status.values)
        return StatusLock(client=client, status=status, until_on=until, at=moment(TODAY))


def drawn(seed: int, count: int) -> tuple[list[Client], Draw]:
    start = (Client.objects.order_by("-number").values_list("number", flat=True).first() or 0) + 1
    rng = random.Random(seed)
    clients = [
        Client(
            kind="individual", number=start + number, last_name="X", first_name="Y",
            archived_on=TODAY if rng.random() < 0.05 else None,
        )
        for number in range(count)
    ]  # fmt: skip
    Client.objects.bulk_create(clients)
    draw = Draw(seed, clients, Plan.objects.first() or plan())
    for model, rows in (
        (Intervention, draw.interventions),
        (Subscription, draw.terms),
        (StatusLock, draw.locks),
    ):
        model.objects.bulk_create(rows)
    return clients, draw


def expected(clients, draw, day, **rule) -> dict[int, str]:
    grouped = {client.pk: ([], []) for client in clients}
    for one in draw.interventions:
        grouped[one.client_id][0].append(one)
    for term in draw.terms:
        grouped[term.client_id][1].append(term)
    locks = {lock.client_id: lock for lock in draw.locks}
    return {
        client.pk: oracle(client, *grouped[client.pk], locks.get(client.pk), day, **rule)
        for client in clients
    }


def move_on(draw: Draw) -> None:
    """A day's work: one intervention in three goes on to another state."""
    changed = [one for one in draw.interventions if draw.random.random() < 0.3]
    for one in changed:
        one.status = draw.random.choice(State.values)
        one.started_at = one.planned_for if one.status in (State.IN_PROGRESS, State.DONE) else None
        one.ended_at = one.planned_for if one.status == State.DONE else None
    Intervention.objects.bulk_update(changed, ["status", "started_at", "ended_at"], batch_size=500)


@pytest.mark.parametrize(
    ("seed", "rule"),
    mostly_drilled(
        [
            (1, {"active_days": 90, "counts_formules": True}),
            (2, {"active_days": 90, "counts_formules": False}),
            (3, {"active_days": 1, "counts_formules": True}),
            (4, {"active_days": 365, "counts_formules": True}),
        ],
        kept=1,
    ),
)
def test_the_engine_agrees_with_the_oracle_and_tells_each_change(seed, rule):
    """S3-04: ten thousand histories in all, each followed over four days of reckoning."""
    decide(active_days=rule["active_days"], is_active_with_formule=rule["counts_formules"])
    clients, draw = drawn(seed, HISTORIES // 4)
    before = {client.pk: "inactive" for client in clients}
    for step, day in enumerate([TODAY, TODAY + timedelta(days=1), date(2027, 3, 28), date(2027, 8, 1)]):
        if step % 2:
            move_on(draw)
        last = Entry.objects.order_by("-pk").values_list("pk", flat=True).first() or 0
        changed = settle(day)
        wanted = expected(clients, draw, day, **rule)
        assert dict(Client.objects.values_list("pk", "status")) == wanted
        told = dict(
            Entry.objects.filter(pk__gt=last, kind=Entry.Kind.STATUS).values_list("client_id", "summary")
        )
        moved = {pk for pk, status in wanted.items() if status != before[pk]}
        assert (set(told), changed) == (moved, len(moved))
        words = {"active": "Actif", "inactive": "Inactif"}
        assert [pk for pk in moved if not told[pk].startswith(words[wanted[pk]])] == []
        said = explanations([client.pk for client in clients], day=day)
        assert {pk: str(one.status) for pk, one in said.items()} == wanted
        before = wanted


def test_an_oracle_that_forgets_the_formules_is_found_out():
    """The negative control: these histories do tell one rule from another."""
    clients, draw = drawn(9, 300)
    settle(TODAY)
    stored = dict(Client.objects.values_list("pk", "status"))
    rule = {"active_days": 90, "counts_formules": True}
    assert expected(clients, draw, TODAY, **rule) == stored
    for wrong in ({"counts_formules": False}, {"active_days": 89}, {"active_days": 30}):
        days = [TODAY + timedelta(days=shift) for shift in range(60)]
        assert any(
            expected(clients, draw, day, **rule | wrong) != expected(clients, draw, day, **rule)
            for day in days
        )


def test_what_is_explained_ends_when_it_is_said_to(monkeypatch):
    """“Without news: inactive on…” is the very day on which nothing new makes the client inactive."""
    clients, _draw = drawn(12, 400)
    said = explanations([client.pk for client in clients], day=TODAY)
    ending = {pk: one for pk, one in said.items() if one.status == "active" and one.until}
    assert len(ending) > 50
    locked = set(StatusLock.objects.in_force_on(TODAY).values_list("client_id", flat=True))
    for pk, one in ending.items():
        if pk in locked:
            continue
        eve = explanations([pk], day=one.until)[pk]
        after = explanations([pk], day=one.ends_on)[pk]
        lock_is_over = StatusLock.objects.filter(client=pk).exists()
        if not lock_is_over:
            assert (eve.status, after.status) == ("active", "inactive")


# The sentences


@pytest.fixture
def client_record():
    return individual()


def said(client: Client, day: date = TODAY) -> str:
    return explain(client, day=day).sentence.replace("\N{NO-BREAK SPACE}", " ")


def test_a_client_who_has_nothing_is_inactive_and_told_so(client_record):
    """S3-03."""
    assert (client_record.status, said(client_record)) == ("inactive", "inactif : ni intervention ni formule")


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"status": "done", "ended_at": moment(date(2026, 10, 12))}, "actif : intervention du 12 octobre 2026"),
        ({"status": "planned", "planned_for": moment(date(2026, 12, 1))}, "actif : intervention prévue le 1 décembre 2026"),
        ({"status": "planned", "planned_for": moment(date(2026, 11, 20))}, "actif : intervention prévue le 20 novembre 2026"),
        ({"status": "in_progress", "started_at": moment(date(2026, 1, 5))}, "actif : intervention en cours depuis le 5 janvier 2026"),
        ({"status": "cancelled"}, "inactif : ni intervention ni formule"),
        ({"status": "done", "ended_at": moment(date(2026, 8, 23))}, "inactif depuis le 22 novembre 2026 : plus d’intervention ni de formule"),
        ({"status": "done", "ended_at": moment(date(2026, 8, 24))}, "actif : intervention du 24 août 2026"),
    ],
)  # fmt: skip
def test_an_intervention_makes_the_sentence(client_record, fields, sentence):
    intervention(client_record, **fields)
    assert said(client_record) == sentence


def test_a_formule_in_service_makes_the_sentence(client_record):
    subscription(
        client_record, plan(name="Maintenance"), subscribed_on=date(2026, 1, 1), ends_on=date(2026, 12, 31)
    )
    assert said(client_record) == "actif : Maintenance jusqu’au 31 décembre 2026"
    assert said(client_record, date(2027, 1, 1)).startswith("inactif depuis le 1 janvier 2027")


def test_without_news_the_terms_that_follow_without_a_gap_still_count(client_record):
    days = [
        (date(2025, 11, 27), date(2026, 11, 26)),
        # Written down before the one it follows; then one that is given up before it begins, and one after a gap.
        (date(2027, 11, 1), date(2028, 10, 31)),
        (date(2026, 11, 27), date(2027, 11, 26)),
        (date(2028, 11, 1), date(2029, 10, 31)),
        (date(2028, 11, 2), date(2029, 11, 1)),
    ]
    of = plan()
    terms = [subscription(client_record, of, subscribed_on=first, ends_on=last) for first, last in days]
    Subscription.objects.filter(pk=terms[3].pk).update(cancelled_on=date(2028, 10, 15))
    assert explain(client_record, day=TODAY).ends_on == date(2028, 11, 1)


def test_the_last_day_of_service_counts_and_the_next_does_not(client_record):
    subscription(client_record, plan(), subscribed_on=date(2026, 1, 1), ends_on=TODAY)
    settle(TODAY)
    client_record.refresh_from_db()
    first = client_record.status
    settle(TODAY + timedelta(days=1))
    client_record.refresh_from_db()
    assert (first, client_record.status) == ("active", "inactive")


def test_a_decision_by_hand_names_who_decided_and_why(client_record):
    who = staff("paul@example.org", "Manager", first_name="Paul", last_name="Gestion")
    StatusLock.objects.create(
        client=client_record, status="inactive", until_on=date(2026, 12, 31), reason="litige", by=who, at=moment(TODAY)
    )  # fmt: skip
    told = explain(client_record, day=TODAY)
    assert said(client_record) == "inactif : décidé à la main par Paul Gestion le 22 novembre 2026 (litige)"
    assert told.ends_on == date(2027, 1, 1)


def test_explaining_many_costs_as_many_queries_as_one(client_record, django_assert_num_queries):
    Organisation.objects.current()
    others = [individual() for _number in range(20)]
    for one in others:
        intervention(one)
    with django_assert_num_queries(4):
        explanations([client_record.pk], day=TODAY)
    with django_assert_num_queries(4):
        explanations([one.pk for one in others], day=TODAY)
