import threading
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from django.db.models import Q

from crm.core.models import Execution, Job, Lease, LeaseQuerySet

NOW = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


def take(owner: str, *, now: datetime = NOW, name: str = "scheduler") -> bool:
    return Lease.objects.take(name, owner=owner, now=now, duration=MINUTE)


def test_the_first_to_ask_takes_the_lease(db):
    assert take("one")
    lease = Lease.objects.get()
    assert (lease.owner, lease.expires_at, lease.beat_at) == ("one", NOW + MINUTE, NOW)


def test_a_second_owner_waits_until_the_lease_expires(db):
    take("one")
    assert not take("two", now=NOW + MINUTE - timedelta(microseconds=1))
    assert take("two", now=NOW + MINUTE)


def test_the_owner_prolongs_its_lease(db):
    take("one")
    assert take("one", now=NOW + MINUTE / 2)
    assert not take("two", now=NOW + MINUTE)


def test_who_lost_the_lease_does_not_get_it_back_while_it_is_held(db):
    take("one")
    take("two", now=NOW + MINUTE)
    assert not take("one", now=NOW + MINUTE + timedelta(seconds=1))


def test_a_refusal_does_not_move_the_heartbeat(db):
    take("one")
    take("two", now=NOW + MINUTE / 2)
    assert Lease.objects.get().beat_at == NOW


def test_a_released_lease_is_free_at_once(db):
    take("one")
    Lease.objects.release("scheduler", owner="one", now=NOW)
    assert take("two")


def test_only_its_owner_releases_a_lease(db):
    take("one")
    Lease.objects.release("scheduler", owner="two", now=NOW)
    assert not take("two")


def test_a_lease_is_held_by_its_owner_until_it_expires(db):
    take("one")
    held = [
        Lease.objects.is_held("scheduler", owner=owner, now=NOW + after)
        for owner, after in [("one", MINUTE / 2), ("two", MINUTE / 2), ("one", MINUTE)]
    ]
    assert held == [True, False, False]


def test_leases_of_different_names_do_not_meet(db):
    take("one")
    assert take("two", name="other")


# Runs


def test_the_last_run_of_a_job_is_the_latest_that_took_place(db, django_assert_num_queries):
    jobs = [Job.objects.create(id=name, job_state=b"") for name in ("never", "once", "often")]
    for job, status, minutes in [
        (jobs[1], "Error!", 5),
        (jobs[2], "Executed", 9),
        (jobs[2], "Missed!", 3),
        (jobs[2], "Max instances!", 1),
    ]:
        Execution.objects.create(job=job, status=status, run_time=NOW - minutes * MINUTE)
    with django_assert_num_queries(1):
        last = {job.pk: (job.last_status, job.last_run_time) for job in Job.objects.with_last_run()}
    assert last == {
        "never": (None, None),
        "once": ("Error!", NOW - 5 * MINUTE),
        "often": ("Missed!", NOW - 3 * MINUTE),
    }


def race(verb, contenders: int = 4) -> int:
    """How many of the contenders, starting together on an expired lease, were told that they hold it."""
    barrier = threading.Barrier(contenders)
    won = []

    def contend(owner: str) -> None:
        barrier.wait()
        try:
            won.append(verb(owner))
        finally:
            connection.close()

    threads = [threading.Thread(target=contend, args=[f"owner {n}"]) for n in range(contenders)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sum(won)


@pytest.fixture
def expired_lease(transactional_db):
    return Lease.objects.create(name="scheduler", owner="gone", expires_at=NOW - MINUTE, beat_at=None)


def test_of_four_processes_asking_together_one_holds_the_lease(expired_lease):
    assert race(take) == 1


def test_a_lease_asked_for_the_first_time_is_given_once(transactional_db):
    assert race(take) == 1


def test_without_the_conditional_update_several_would_hold_it(expired_lease):
    """Negative control: reading first and writing after lets everyone in."""
    everyone_has_read = threading.Barrier(4)

    def read_then_write(owner: str) -> bool:
        free = LeaseQuerySet(Lease).filter(Q(owner=owner) | Q(expires_at__lte=NOW), name="scheduler").exists()
        everyone_has_read.wait()
        Lease.objects.filter(name="scheduler").update(owner=owner, expires_at=NOW + MINUTE)
        return free

    assert race(read_then_write) == 4
