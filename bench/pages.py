"""Pages timed over HTTP: two gunicorn servers of two workers, one per side, asked in turn by one visitor.

A real server rather than Django's test client: the middleware, the kept database connection and the sending of the
page are part of what a person waits for.
"""

import http.client
import os
import socket
import statistics
import subprocess
import sys
import time
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field

from bench.databases import ROOT

WORKERS = 2
WARM_UPS = 3 * WORKERS


@dataclass
class Page:
    """One page on both sides. `holds`: what must be read in it, or the measure would be of an error page."""

    name: str
    ours: str
    stock: str = ""
    holds: str = ""
    is_slow: bool = False  # asked once, without warming up

    def path(self, side: str) -> str:
        return self.stock if side == "stock" else self.ours


@dataclass
class Cost:
    """What one page cost, over its timed requests."""

    milliseconds: list[float] = field(default_factory=list)
    sql_ms: list[float] = field(default_factory=list)
    statements: int = 0
    size: int = 0

    def summary(self) -> dict:
        ordered = sorted(self.milliseconds)
        return {
            "p50": round(statistics.median(ordered), 1),
            "p95": round(ordered[min(len(ordered) - 1, int(0.95 * len(ordered)))], 1),
            "n": len(ordered),
            "sql_ms": round(statistics.median(self.sql_ms), 2),
            "statements": self.statements,
            "bytes": self.size,
        }


class BadPage(Exception):
    """The page that came is not the one to measure."""


@contextmanager
def serve(settings: str, environment: dict[str, str], port: int):
    """One side's server, answering; ended with the block."""
    command = [
        sys.executable,
        "-m",
        "gunicorn",
        "-w",
        str(WORKERS),
        "-b",
        f"127.0.0.1:{port}",
        "--timeout",
        "600",
    ]
    command += ["--log-level", "error", "django.core.wsgi:get_wsgi_application()"]
    environment = {**os.environ, **environment, "DJANGO_SETTINGS_MODULE": settings}
    server = subprocess.Popen(command, cwd=ROOT, env=environment)
    try:
        _wait(server, port)
        yield Visitor(port)
    finally:
        server.terminate()
        server.wait(30)


def _wait(server: subprocess.Popen, port: int) -> None:
    for _attempt in range(300):
        if server.poll() is not None:
            raise BadPage("The server did not start.")
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.1)
    raise BadPage("The server does not answer.")


class Visitor:
    def __init__(self, port: int):
        self.port, self.session = port, ""

    def get(self, page_path: str) -> tuple[http.client.HTTPResponse, bytes, float]:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=600)
        headers = {
            "Cookie": f"sessionid={self.session}",
            "Accept-Language": "fr",
            "X-Forwarded-Proto": "https",
        }
        started = time.perf_counter()
        connection.request("GET", page_path, headers=headers)
        response = connection.getresponse()
        body = response.read()
        spent = (time.perf_counter() - started) * 1000
        connection.close()
        return response, body, spent


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@dataclass
class Side:
    """A server to start: whose settings, on which database, and the session that its visitor shows."""

    settings: str
    environment: dict[str, str]
    session: str


def compare(pages: list[Page], sides: dict[str, Side], *, times: int, seconds: float):
    """Each page asked from one side and from the other in turn; yields (page, {side: summary}).

    `seconds`: a page is not asked again once it has taken that long in all, warm-up included.
    """
    with ExitStack() as stack:
        visitors = {}
        for name, side in sides.items():
            visitors[name] = stack.enter_context(serve(side.settings, side.environment, free_port()))
            visitors[name].session = side.session
        for page in pages:
            yield page, _compare_one(page, visitors, times, seconds)


def _compare_one(page: Page, visitors: dict[str, Visitor], times: int, seconds: float) -> dict[str, dict]:
    costs = {side: Cost() for side in visitors if page.path(side)}
    started = time.perf_counter()
    warm_ups, times = (0, 1) if page.is_slow else (WARM_UPS, times)
    for turn in range(warm_ups + times):
        for side in sorted(costs, reverse=bool(turn % 2)):
            _ask(page, visitors[side], side, costs[side], is_timed=turn >= warm_ups)
        if time.perf_counter() - started > seconds and turn >= warm_ups:
            break
    return {side: cost.summary() for side, cost in costs.items()}


def _ask(page: Page, visitor: Visitor, side: str, cost: Cost, *, is_timed: bool) -> None:
    response, body, spent = visitor.get(page.path(side))
    if response.status != 200 or page.holds not in body.decode():
        raise BadPage(f"{side} {page.path(side)}: {response.status}, {len(body)} bytes, {response.headers}")
    if not is_timed:
        return
    cost.milliseconds.append(spent)
    cost.sql_ms.append(float(response.headers["X-Bench-Sql-Ms"]))
    cost.statements = max(cost.statements, int(response.headers["X-Bench-Statements"]))
    cost.size = len(body)
