"""The database and what is remembered beside it. DATABASE_URL and CACHE_URL choose; SQLite by default."""

from pathlib import Path
from typing import Any

import environ

env = environ.Env()


def database(data_dir: Path) -> dict[str, Any]:
    chosen: dict[str, Any] = env.db("DATABASE_URL", default=f"sqlite:///{data_dir / 'clientele.sqlite3'}")
    if not chosen["ENGINE"].endswith("sqlite3"):
        return {**chosen, "CONN_MAX_AGE": 60, "CONN_HEALTH_CHECKS": True}
    # IMMEDIATE: a transaction that reads then writes would otherwise fail at once under a second writer.
    # No WAL: SQLite before 3.51.3 can corrupt a WAL database shared by two processes.
    chosen["OPTIONS"] = {
        "transaction_mode": "IMMEDIATE",
        "timeout": 20,
        "init_command": "PRAGMA foreign_keys=ON; PRAGMA journal_mode=DELETE; PRAGMA synchronous=FULL; PRAGMA cache_size=-64000;",
    }
    return chosen


# Shared by every process, or a limit of guesses would be as many limits as there are processes, and a one-time code
# good for one use in each: the database by default, whose insertions are atomic where those of files are not.
# What each process may remember for itself is in `memory`, which asks the database nothing.
CACHES: dict[str, Any] = {
    "default": env.cache("CACHE_URL", default="dbcache://shared_cache"),
    "memory": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"},
}
if CACHES["default"]["BACKEND"].endswith("DatabaseCache"):
    CACHES["default"]["OPTIONS"] = {"MAX_ENTRIES": 100_000}
