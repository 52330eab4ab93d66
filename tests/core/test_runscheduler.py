import signal
from datetime import timedelta

import pytest
from django_apscheduler.models import DjangoJob

from crm.core.models import Lease
from tests.core.conftest import database_url, until

# The same command with a short lease, so that a succession is seen at once.
HASTY = """
import sys
from datetime import timedelta
import django
django.setup()
from django.core.management import call_command
from crm.core.management.commands import runscheduler
runscheduler.DURATION, runscheduler.BEAT_SECONDS = timedelta(seconds=2), 0.2
call_command("runscheduler")
"""


@pytest.fixture
def scheduler(transactional_db, start):
    """In this order: they are ended before the tables are emptied."""
    return lambda: start("-c", HASTY, DATABASE_URL=database_url())


def holder() -> str:
    """The process number of who holds the lease."""
    return next((lease.owner.rpartition(":")[2] for lease in Lease.objects.filter(name="scheduler")), "")


def test_a_second_scheduler_waits_and_takes_over_when_the_first_is_killed(scheduler):
    first = scheduler()
    assert until(lambda: holder() == str(first.pid))
    second = scheduler()
    assert not until(lambda: holder() != str(first.pid), seconds=5)
    first.send_signal(signal.SIGKILL)
    assert until(lambda: holder() == str(second.pid), seconds=20)


def test_a_scheduler_that_stops_properly_frees_the_lease_at_once(scheduler):
    process = scheduler()
    assert until(lambda: holder() == str(process.pid))
    process.terminate()
    assert process.wait(20) == 0
    lease = Lease.objects.get(name="scheduler")
    assert lease.expires_at < lease.beat_at + timedelta(seconds=2)


def test_the_jobs_of_the_settings_are_kept_in_the_database(scheduler, settings):
    process = scheduler()
    assert until(lambda: DjangoJob.objects.count() == len(settings.SCHEDULE))
    assert set(DjangoJob.objects.values_list("id", flat=True)) == set(settings.SCHEDULE)
    process.terminate()
    assert process.wait(20) == 0


@pytest.mark.drill
def test_the_work_goes_on_through_six_kills_in_a_row(scheduler):
    """Three schedulers at any time; whoever holds the lease is killed, and another one goes on."""
    waiting = [scheduler() for _rank in range(3)]
    for _kill in range(6):
        at_work = {str(process.pid): process for process in waiting}
        assert until(lambda alive=at_work: holder() in alive)
        gone = at_work[holder()]
        gone.send_signal(signal.SIGKILL)
        waiting = [process for process in waiting if process is not gone] + [scheduler()]
    assert until(lambda: holder() in {str(process.pid) for process in waiting})
