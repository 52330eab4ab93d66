import json
import re
import signal
import socket
from http import HTTPStatus
from urllib.error import HTTPError
from urllib.request import urlopen

import pytest


@pytest.fixture
def port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return probe.getsockname()[1]


@pytest.fixture
def serve(start, tmp_path, port):
    """`manage.py serve` on a new base of its own, on SQLite whatever this run tests on."""

    def serve(*arguments: str, **environment: str):
        database = f"sqlite:///{tmp_path / 'served.sqlite3'}"
        command = ("manage.py", *(arguments or ("serve",)), "--port", str(port))
        return start(*command, settings="settings.dev", DATABASE_URL=database, **environment)

    return serve


def answers(address: str) -> bool:
    try:
        with urlopen(address, timeout=10) as response:
            return response.status == HTTPStatus.OK
    except OSError:
        return False


def test_one_command_starts_everything_and_a_signal_stops_it(serve, port):
    process = serve(ADMIN_EMAIL="chef@example.org")
    address = f"http://localhost:{port}"
    opening = ""
    while f"{address}/" not in opening:  # the last line that it says once all is ready
        line = process.stdout.readline()
        assert line, opening
        opening += line
    assert answers(f"{address}/sante/")
    with urlopen(f"{address}/admin/login/") as page:
        styles = re.findall(r'href="(/static/[^"]+\.css)"', page.read().decode())
    assert all(answers(f"{address}{style}") for style in styles)
    # A hashed name, as only collectstatic gives.
    assert all(re.search(r"\.[0-9a-f]{12}\.css$", style) for style in styles)
    assert len(styles) > 0
    process.send_signal(signal.SIGTERM)
    closing, _nothing = process.communicate(timeout=60)
    said = opening + closing
    assert process.returncode == 0, said
    assert said.count("chef@example.org") == 1
    assert re.search(r"\b[0-9a-f]{4}(-[0-9a-f]{4}){3}\b", said)
    with socket.create_server(("127.0.0.1", port)):
        "the port is free again"


@pytest.mark.drill
def test_a_complaint_for_the_staff_does_not_stop_the_start(serve, start, port, tmp_path):
    """A clock that must be confirmed on a page needs the pages."""
    doubt = "import django; django.setup(); from django.core.management import call_command; "
    doubt += "from django.utils import timezone; from crm.core import services; call_command('migrate', verbosity=0); "
    doubt += "services.hold(expected_at=timezone.now(), read_at=timezone.now())"
    database = f"sqlite:///{tmp_path / 'served.sqlite3'}"
    said, _nothing = start("-c", doubt, settings="settings.dev", DATABASE_URL=database).communicate(
        timeout=120
    )
    process, opening = serve(), ""
    while f"http://localhost:{port}/" not in opening:
        line = process.stdout.readline()
        assert line, said + opening
        opening += line
    with pytest.raises(HTTPError) as refusal:
        urlopen(f"http://localhost:{port}/sante/")
    assert json.load(refusal.value)["clock"] is False
    process.send_signal(signal.SIGTERM)
    process.communicate(timeout=60)
    assert process.returncode == 0


def test_a_port_that_is_taken_is_told_before_anything_is_done(serve, port, tmp_path):
    with socket.create_server(("127.0.0.1", port)):
        process = serve()
        said, _nothing = process.communicate(timeout=60)
    assert process.returncode == 1
    assert f"PORT={port + 1}" in said
    assert "Traceback" not in said
    assert not (tmp_path / "served.sqlite3").exists()
