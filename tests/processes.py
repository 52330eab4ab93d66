"""Other processes on the same test database and the same files: to be raced against, and killed."""

import os
import subprocess
import sys
import textwrap
import time
from collections.abc import Callable

from django.conf import settings
from django.db import connection, connections

START = """
import os, sys, time
import django
django.setup()
"""


def start(code: str, **environment: str) -> subprocess.Popen:
    """Run `code` after django.setup() on this test's database."""
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
        **environment,
    }
    return subprocess.Popen(
        [sys.executable, "-c", START + textwrap.dedent(code)],
        env=environment,
        cwd=settings.BASE_DIR,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )


def finished(process: subprocess.Popen) -> str:
    """What it printed, once it has ended well."""
    out, err = process.communicate(timeout=120)
    assert process.returncode == 0, err.decode()
    return out.decode()


def wait_until(condition: Callable[[], bool], *, seconds: float = 60) -> None:
    stop = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < stop
        time.sleep(0.005)
    connections.close_all()
