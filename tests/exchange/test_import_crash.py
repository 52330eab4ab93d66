"""G5: a kill in the middle of an import, and processes that work at the same time."""

import os
import signal
import subprocess
import sys
import textwrap
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from io import BytesIO

import pytest
from django.conf import settings
from django.db import connection, connections

from crm.clients.models import Client
from crm.exchange import services
from crm.exchange.models import ImportRun
from crm.timeline.models import Entry
from tests.exchange.importing import NOW, applied, finish, rehearsed

pytestmark = pytest.mark.django_db(transaction=True)

COUNT = 3000
START = """
import os, sys, time
from datetime import datetime, UTC
import django
django.setup()
from django.db import connection, transaction
NOW = datetime(2026, 11, 22, 10, 0, tzinfo=UTC)
"""


def people(count: int, prefix: str = "Nom") -> str:
    rows = (f";{prefix}{n};Zoé;{prefix.lower()}{n}@example.org" for n in range(count))
    return "N° client;Nom;Prénom;E-mail\r\n" + "\r\n".join(rows) + "\r\n"


@pytest.fixture
def start(transactional_db) -> Iterator[Callable[[str], subprocess.Popen]]:
    """Start another process on the same test database and the same files; whatever still runs at the end is killed."""
    started = []

    def python(code: str) -> subprocess.Popen:
        started.append(another_process(code))
        return started[-1]

    yield python
    for process in started:
        process.kill()
        process.communicate()


def another_process(code: str) -> subprocess.Popen:
    database = connection.settings_dict
    url = (
        f"sqlite:///{database['NAME']}"
        if connection.vendor == "sqlite"
        else f"postgres://{database['USER']}:{database['PASSWORD']}@{database['HOST']}:{database['PORT']}/{database['NAME']}"
    )
    environment = {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "settings.test",
        "DATABASE_URL": url,
        "DATA_DIR": str(settings.DATA_DIR),
        "MEDIA_ROOT": str(settings.MEDIA_ROOT),
    }
    return subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(START) + textwrap.dedent(code)],
        env=environment,
        cwd=settings.BASE_DIR,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )


def finished(process: subprocess.Popen) -> str:
    out, err = process.communicate(timeout=120)
    assert process.returncode == 0, err.decode()
    return out.decode()


def wait_until(condition) -> None:
    stop = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < stop
        time.sleep(0.005)
    connections.close_all()


def snapshot() -> list[tuple]:
    return list(
        Client.objects.order_by("last_name").values_list("last_name", "first_name", "email", "search_text")
    )


def kill_while(start, run: ImportRun, state: str) -> None:
    """Start the work in another process and kill it once some lots, and not all, are committed."""
    process = start(
        f"""
        from crm.exchange import services
        from crm.exchange.models import ImportRun
        services.advance(ImportRun.objects.get(pk={run.pk}), now=NOW, budget_seconds=600)
        """
    )
    wait_until(lambda: ImportRun.objects.filter(pk=run.pk, done__gt=0).exists() or process.poll() is not None)
    process.send_signal(signal.SIGKILL)
    process.communicate()
    run.refresh_from_db()
    assert run.state == state, "the work was over before the kill: make the file longer"


def test_an_import_killed_in_the_middle_resumes_and_ends_as_if_it_had_not_been(start):
    run = services.send(BytesIO(people(COUNT).encode()), "people.csv", by=None, now=NOW)
    services.rehearse(run, now=NOW)
    kill_while(start, run, "rehearsing")
    assert 0 < run.lines.count() < COUNT
    finish(run)
    assert run.count_of("new") == run.lines.count() == COUNT

    services.confirm(run, now=NOW)
    kill_while(start, run, "applying")
    assert 0 < Client.objects.count() < COUNT
    assert Client.objects.count() == run.effects.count() == Client.history.count() == Entry.objects.count()
    finish(run)

    resumed = snapshot()
    assert len(resumed) == run.count_of("created") == Client.history.count() == Entry.objects.count() == COUNT
    services.undo(run, by=None, now=NOW)
    finish(run)
    applied(people(COUNT))
    assert snapshot() == resumed


def test_without_the_mark_that_a_lot_is_done_the_same_lines_would_be_written_twice(monkeypatch):
    """The proof that the test above can fail: the mark forgotten, as if it were outside the transaction."""
    run = rehearsed("Nom;Prénom\r\nPetit;Chloé\r\n")
    services.confirm(run, now=NOW)
    finish(run)
    run.effects.all().delete()
    monkeypatch.setattr("crm.clients.lookalikes.find", lambda clients: [[] for _ in clients])
    services.confirm(run, now=NOW)
    finish(run)

    assert Client.objects.count() == 2


def test_two_workers_never_do_the_same_lot(start):
    run = rehearsed(people(2000))
    services.confirm(run, now=NOW)
    code = f"""
        from crm.exchange import services
        from crm.exchange.models import ImportRun
        while True:
            run = ImportRun.objects.get(pk={run.pk})
            if not run.is_at_work:
                break
            services.advance(run, now=NOW, budget_seconds=0.05)
        """
    workers = [start(code) for _ in range(2)]
    connections.close_all()
    for worker in workers:
        finished(worker)

    run.refresh_from_db()
    assert (run.state, run.count_of("created"), Client.objects.count()) == ("applied", 2000, 2000)


CREATE = """
    from crm.clients.models import Client
    for n in range(500):
        Client.objects.create(kind="individual", last_name=f"{prefix}{{n}}", first_name="Zoé")
    """


def test_two_processes_that_create_while_a_third_imports_leave_distinct_numbers(start):
    run = rehearsed(people(500, "Fichier"))
    services.confirm(run, now=NOW)
    workers = [start(CREATE.format(prefix=prefix)) for prefix in ("Premier", "Second")]
    connections.close_all()
    wait_until(lambda: Client.objects.count() > 20)
    while run.is_at_work:
        services.advance(run, now=datetime.now(UTC), budget_seconds=1)
    for worker in workers:
        finished(worker)

    numbers = list(Client.objects.values_list("number", flat=True))
    assert (len(numbers), len(set(numbers))) == (1500, 1500)


def test_a_counter_that_is_not_locked_gives_the_same_number_twice(start):
    """The proof that the test above can fail."""
    code = """
        from crm.clients.models import NumberCounter
        NumberCounter.objects.get_or_create(pk=1)
        given = []
        for n in range(300):
            last = NumberCounter.objects.get(pk=1).last
            time.sleep(0.0005)
            NumberCounter.objects.filter(pk=1).update(last=last + 1)
            given.append(last + 1)
        print(*given)
        """
    workers = [start(code) for _ in range(2)]
    connections.close_all()
    given = [number for worker in workers for number in finished(worker).split()]

    assert len(given) == 600
    assert len(set(given)) < 600
