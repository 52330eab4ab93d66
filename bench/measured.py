"""One import or export in a process of its own, so that its memory is its own."""

import json
import resource
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from django.db import connection

from bench.middleware import Meter
from crm.clients.models import Client


def main(operations: Mapping[str, Callable[[Path], Any]]) -> None:
    """Does what the command line says (verb, file) and prints seconds, memory and statements as JSON."""
    verb, path = sys.argv[1], Path(sys.argv[2])
    Client.objects.first()
    before = _memory("VmRSS")
    _forget_peak()
    started = time.perf_counter()
    with Meter() as meter:
        told = operations[verb](path)
    figures = {
        "seconds": round(time.perf_counter() - started, 2),
        "above_mb": round(_memory("VmHWM") - before, 1),
        "statements": meter.statements,
        "told": told,
    }
    connection.close()
    print(json.dumps(figures))


def _memory(name: str) -> float:
    """VmRSS: the process now; VmHWM: its highest since `_forget_peak`. In MB."""
    status = Path("/proc/self/status")
    if not status.exists():
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    line = next(line for line in status.read_text().splitlines() if line.startswith(name))
    return int(line.split()[1]) / 1024


def _forget_peak() -> None:
    reset = Path("/proc/self/clear_refs")
    if reset.exists():
        reset.write_text("5")
