"""Clientèle on one machine, with one command: database, static files, web server and scheduler, started and stopped
together. A server behind a proxy runs the same two processes under its own supervisor: see docs/installation.md."""

import json
import os
import secrets
import signal
import socket
import subprocess
import sys
import threading
from urllib.error import HTTPError
from urllib.parse import urljoin
from urllib.request import urlopen

from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.urls import reverse
from django.utils.translation import gettext as _

FIRST_ADMINISTRATOR = "admin@example.org"
THREADS = 8
PATIENCE_SECONDS = 60
GOODBYE_SECONDS = 20


def address_of(host: str, port: int) -> str:
    """What a person types to come here; links in mails begin with it unless SITE_URL says another."""
    return f"http://{'localhost' if host in ('127.0.0.1', '0.0.0.0') else host}:{port}"  # noqa: S104


class Command(BaseCommand):
    help = (
        "Prepare the database and the static files, then run the web server and the scheduler until Ctrl-C."
    )

    def add_arguments(self, parser) -> None:
        parser.add_argument(
            "--host", default="127.0.0.1", help="address to listen on (127.0.0.1: this machine only)"
        )
        parser.add_argument("--port", type=int, default=8000)

    def handle(self, *args, host: str, port: int, **options) -> None:
        refuse_taken_port(host, port)
        self.address = f"{address_of(host, port)}/"
        call_command("migrate", interactive=False, verbosity=0)
        call_command("collectstatic", interactive=False, verbosity=0)
        self.welcome_the_first_administrator()
        os.environ.setdefault("SITE_URL", address_of(host, port))
        self.run([server(host, port), [sys.executable, "manage.py", "runscheduler"]])

    def welcome_the_first_administrator(self) -> None:
        """An empty base has nobody to sign in: make that person, and show the password this once."""
        users = get_user_model().objects
        if users.filter(is_superuser=True, is_active=True).exists():
            return
        password = "-".join(secrets.token_hex(2) for _group in range(4))
        email = os.environ.get("ADMIN_EMAIL", FIRST_ADMINISTRATOR)
        users.create_superuser(email, password)
        self.stdout.write(
            _("First administrator: %(email)s, password: %(password)s")
            % {"email": email, "password": password}
        )
        self.stdout.write(_("Note it now: it is not shown again. Change it once signed in."))

    def run(self, commands: list[list[str]]) -> None:
        """Run the commands together: when one ends, or on Ctrl-C or SIGTERM, all end."""
        stopping = threading.Event()
        for signal_number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(signal_number, lambda *_: stopping.set())
        children = [subprocess.Popen(command, cwd=settings.BASE_DIR) for command in commands]  # noqa: S603
        try:
            if self.answers(children, stopping):
                self.stdout.write(
                    self.style.SUCCESS(_("Clientèle is ready: %(address)s") % {"address": self.address})
                )
                self.stdout.write(_("Stop with Ctrl-C."))
            while all(child.poll() is None for child in children) and not stopping.wait(0.5):
                pass
        finally:
            end(children)
        if not stopping.is_set():
            raise CommandError(_("A process stopped by itself: its message is above."))
        self.stdout.write(_("Clientèle is stopped."))

    def answers(self, children: list[subprocess.Popen], stopping: threading.Event) -> bool:
        """Wait until the health page says that server, database and scheduler work; False when one ended first."""
        address = urljoin(self.address, reverse("health"))
        for _half_second in range(PATIENCE_SECONDS * 2):
            if stopping.wait(0.5) or any(child.poll() is not None for child in children):
                return False
            if is_at_work(address):
                return True
        raise CommandError(_("%(address)s does not answer as it should.") % {"address": address})


def is_at_work(address: str) -> bool:
    """Whether server, database and scheduler answer. Any other complaint is for the staff to read, on their pages."""
    try:
        answer = urlopen(address, timeout=30)  # noqa: S310
    except HTTPError as refusal:
        answer = refusal
    except OSError:
        return False
    with answer:
        state = json.load(answer)
    return all(state[name] for name in ("database", "migrations", "scheduler"))


def server(host: str, port: int) -> list[str]:
    """The command of the web server: gunicorn, and waitress where gunicorn does not exist. One process and threads,
    as SQLite likes."""
    if sys.platform == "win32":
        return [
            sys.executable,
            "-m",
            "waitress",
            f"--listen={host}:{port}",
            f"--threads={THREADS}",
            "crm.wsgi:application",
        ]
    options = [f"--bind={host}:{port}", f"--threads={THREADS}", "--log-level=warning", "--no-control-socket"]
    return [sys.executable, "-m", "gunicorn", *options, "crm.wsgi:application"]


def refuse_taken_port(host: str, port: int) -> None:
    try:
        socket.create_server((host, port), family=socket.AF_INET6 if ":" in host else socket.AF_INET).close()
    except (OSError, OverflowError) as error:
        raise CommandError(
            _(
                "Port %(port)d of %(host)s cannot be used (%(reason)s). Choose another: make run PORT=%(other)d"
            )
            % {"port": port, "host": host, "reason": error, "other": port + 1}
        ) from error


def end(children: list[subprocess.Popen]) -> None:
    for child in children:
        child.terminate()
    for child in children:
        try:
            child.wait(GOODBYE_SECONDS)
        except subprocess.TimeoutExpired:
            child.kill()
