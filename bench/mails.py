"""The reminders of a night, on a copy: `python -m bench.mails` with `evening` then `choose`, or `write COUNT` then `send`.

The database is tidied up in between: both preparations change every subscription, as no night does.
"""

import json
import smtplib
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, timedelta

import django

django.setup()

from django.conf import settings
from django.db import connection
from django.utils import timezone

from bench.middleware import Meter
from crm.mailing.delivery import deliver
from crm.mailing.models import Mail
from crm.mailing.sender import message_of
from crm.products.models import Subscription
from crm.reminders.choosing import chosen
from crm.reminders.models import Rule
from crm.reminders.services import LOT, send_due
from crm.reminders.writing import Occasion, write

LONG_AGO = date(2020, 1, 1)


def evening() -> dict:
    """What the nights before did: what is left is one night's."""
    _all_known()
    send_due(day=timezone.localdate() - timedelta(days=1), at=timezone.now())
    return {}


def choose() -> dict:
    """The night's choice among every subscription: statements, and the best of five times in the database."""
    today = timezone.localdate()
    best, found = None, 0
    for _night in range(5):
        with Meter() as meter:
            started = time.perf_counter()
            found = len(chosen(today))
            seconds = time.perf_counter() - started
        figures = {
            "sql_ms": round(meter.seconds * 1000, 1),
            "ms": round(seconds * 1000, 1),
            "statements": meter.statements,
        }
        best = min(best or figures, figures, key=lambda one: one["sql_ms"])
    return {**best, "found": found, "among": Subscription.objects.count()}


def write_many(count: int) -> dict:
    """So many reminders that wait to leave."""
    today = timezone.localdate()
    _all_known()
    # A window wide enough to hold that many.
    Rule.objects.create(days=180, active_from=LONG_AGO)
    choices = [one for one in chosen(today) if one.due.mail and one.term.client.email][:count]
    if len(choices) < count:
        raise SystemExit(f"only {len(choices)} reminders are due")
    for start in range(0, count, LOT):
        write(choices[start : start + LOT], Occasion(today, timezone.now()))
    return {}


def _all_known() -> None:
    Rule.objects.update(active_from=LONG_AGO)
    Subscription.objects.update(end_known_on=LONG_AGO)  # history is not measured here


def send() -> dict:
    """Ours, with every guarantee, between the two halves of a bare SMTP client's turn on the same server."""
    count = Mail.objects.waiting().count()
    with _sink() as (port, told):
        settings.MAIL_TRANSPORT = "crm.mailing.post.SmtpBackend"
        settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", port
        raw = message_of(Mail.objects.first()).message().as_bytes(linesep="\r\n")
        bare = _bare(port, raw, count // 2)
        started = time.perf_counter()
        ended = deliver(clock=timezone.now, seconds=3600)
        ours = time.perf_counter() - started
        bare += _bare(port, raw, count - count // 2)
    if ended != {Mail.Status.SENT: count}:
        raise SystemExit(f"{ended} of {count}")
    return {
        "ours": {"per_second": round(count / ours), "connections": told["connections"] - 2, "sent": count},
        "bare": {"per_second": round(count / bare)},
    }


def _bare(port: int, raw: bytes, count: int) -> float:
    started = time.perf_counter()
    with smtplib.SMTP("127.0.0.1", port) as line:
        for number in range(count):
            line.sendmail("bureau@example.org", [f"client{number}@example.org"], raw)
    return time.perf_counter() - started


@contextmanager
def _sink() -> Iterator[tuple[int, dict]]:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    process = subprocess.Popen(
        [sys.executable, "-m", "bench.sink", str(port)], stdout=subprocess.PIPE, text=True
    )
    told: dict = {}
    try:
        _wait_for(port)
        yield port, told
    finally:
        process.terminate()
        out, _err = process.communicate()
        told.update(json.loads(out))


def _wait_for(port: int) -> None:
    for _try in range(100):
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
            return
        except OSError:
            time.sleep(0.1)
    raise SystemExit("the SMTP server did not start")


if __name__ == "__main__":
    name, *count = sys.argv[1:]
    commands = {"evening": evening, "choose": choose, "write": write_many, "send": send}
    figures = commands[name](*map(int, count))
    connection.close()
    print(json.dumps(figures))
