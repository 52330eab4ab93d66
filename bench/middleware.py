"""What a request cost: statements, milliseconds of SQL (fetching included) and the memory of the worker."""

import os
import time
from pathlib import Path

from django.db import connection
from django.db.backends.utils import CursorWrapper


class Meter:
    """Counts the statements of a connection while it is open, and the time spent in the database."""

    def __init__(self, *, is_told: bool = False) -> None:
        self.statements, self.seconds, self.is_told = 0, 0.0, is_told
        self.lines: list[str] = []

    def __enter__(self):
        self._wrapper = connection.execute_wrapper(self._execute)
        self._wrapper.__enter__()
        # SQLite finds its rows while they are fetched, not while the statement is executed.
        self._fetches = {
            name: vars(CursorWrapper).get(name) for name in ("fetchone", "fetchmany", "fetchall")
        }
        for name in self._fetches:
            setattr(CursorWrapper, name, self._timed(name))
        return self

    def __exit__(self, *error):
        for name, before in self._fetches.items():
            if before is None:
                delattr(CursorWrapper, name)
            else:
                setattr(CursorWrapper, name, before)
        return self._wrapper.__exit__(*error)

    def _execute(self, execute, sql, params, many, context):
        started = time.perf_counter()
        try:
            return execute(sql, params, many, context)
        finally:
            spent = time.perf_counter() - started
            self.statements += 1
            self.seconds += spent
            if self.is_told:
                self.lines.append(f"{spent * 1000:9.2f} ms  {sql[:2000]}  {params}")

    def _timed(self, name):
        def fetch(cursor, *args):
            started = time.perf_counter()
            try:
                with cursor.db.wrap_database_errors:
                    return getattr(cursor.cursor, name)(*args)
            finally:
                self.seconds += time.perf_counter() - started

        return fetch


class Cost:
    def __init__(self, get_response):
        self.get_response = get_response
        self.log = os.environ.get("BENCH_SQL_LOG")

    def __call__(self, request):
        with Meter(is_told=bool(self.log)) as meter:
            response = self.get_response(request)
        response["X-Bench-Statements"] = str(meter.statements)
        response["X-Bench-Sql-Ms"] = f"{meter.seconds * 1000:.2f}"
        if self.log:
            with Path(self.log).open("a", encoding="utf-8") as file:
                file.write("\n".join([f"== {request.get_full_path()} {meter.statements}", *meter.lines, ""]))
        return response
