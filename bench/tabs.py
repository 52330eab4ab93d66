"""What the pages that wait cost: `python -m bench.tabs` asks for what is new, when nothing is, through the whole stack.

In this process, one after the other, so that its time is the time of a core: a server's own share (the connection, the
headers) is small and the same for any page.
"""

import io
import json
import time
from collections.abc import Callable

import django

django.setup()

from allauth.account.models import EmailAddress
from django.core.wsgi import get_wsgi_application
from django.db import connection
from django.test import Client as Visitor
from django.utils import timezone

from bench.middleware import Meter
from crm.access.models import Access
from crm.accounts.models import User
from crm.clients.models import Client
from crm.conversations.models import Thread
from crm.conversations.services import send
from crm.conversations.waiting import latest_stamp

TABS, BATCHES, POLLS = 3_000, 30, 40
IDLE_SECONDS = 120


def main() -> None:
    now = timezone.now()
    keys = list(Client.objects.order_by("pk").values_list("pk", flat=True)[:TABS])
    Thread.objects.bulk_create([Thread(client_id=key, moved_at=now) for key in keys[1:]], batch_size=500)
    client = Client.objects.get(pk=keys[0])
    person = User.objects.create_user("tab@example.org", "only-for-the-bench")
    EmailAddress.objects.create(user=person, email=person.email, verified=True, primary=True)
    Access.objects.create(user=person, client=client, since=now)
    send(client, "Bonjour", kind="client", by=person, at=now)
    revision = Thread.objects.get(client=client).revision
    staff = User.objects.filter(is_staff=True).order_by("pk")[0]
    pages = {
        "client": (person, f"/espace/messages/depuis/{revision}/"),
        "badge": (staff, f"/admin/conversations/thread/unread/{latest_stamp()}/"),
        "thread": (staff, f"/admin/conversations/thread/{client.pk}/since/{revision}/"),
    }
    print(json.dumps({name: _measured(_poll(*page)) for name, page in pages.items()}))
    connection.close()


def _poll(user: User, address: str) -> Callable[[], None]:
    visitor = Visitor()
    visitor.force_login(user)
    application = get_wsgi_application()
    environ = {
        "REQUEST_METHOD": "GET",
        "PATH_INFO": address,
        "SERVER_NAME": "127.0.0.1",
        "SERVER_PORT": "80",
        "HTTP_HOST": "127.0.0.1",
        "HTTP_COOKIE": f"sessionid={visitor.cookies['sessionid'].value}",
        "HTTP_X_IDLE": "1",
        "HTTP_ACCEPT_LANGUAGE": "fr",
        "wsgi.url_scheme": "http",
    }

    def poll() -> None:
        said: list[str] = []
        body = application(
            {**environ, "wsgi.input": io.BytesIO(), "wsgi.errors": io.StringIO()},
            lambda status, headers: said.append(status),
        )
        b"".join(body)
        body.close()
        if not said[0].startswith("204"):
            raise SystemExit(f"{address}: {said[0]}")

    return poll


def _measured(poll: Callable[[], None]) -> dict[str, float]:
    """Milliseconds of a core for one poll: of the least disturbed of many batches, with the whole time spent waiting
    for a database that is a process of its own."""
    for _warm_up in range(50):
        poll()
    cpu = []
    for _batch in range(BATCHES):
        begun = time.process_time()
        for _one in range(POLLS):
            poll()
        cpu.append((time.process_time() - begun) / POLLS * 1000)
    asked = []
    for _one in range(POLLS):
        with Meter() as meter:
            poll()
        asked.append(meter.seconds * 1000)
    elsewhere = 0 if connection.vendor == "sqlite" else min(asked)
    milliseconds = min(cpu) + elsewhere
    return {
        "ms": round(milliseconds, 2),
        "sql_ms": round(min(asked), 2),
        "statements": meter.statements,
        "cores_per_1000_idle_tabs": round(milliseconds / IDLE_SECONDS, 4),
    }


if __name__ == "__main__":
    main()
