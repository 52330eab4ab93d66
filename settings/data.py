"""Where the data is: the folder and the database."""

from pathlib import Path
from typing import Any

import environ
from django.core.exceptions import ImproperlyConfigured

BASE_DIR = Path(__file__).resolve().parent.parent
env = environ.Env()

DATA_DIR = Path(env("DATA_DIR", default=str(BASE_DIR / "data")))
if env.ENVIRON.get("DATABASE_URL", "").startswith("$"):
    # The library would look for a variable of that name and, without one, take SQLite and say nothing.
    raise ImproperlyConfigured(
        "DATABASE_URL is the address itself: a variable that it names is not put in its place."
    )
DATABASES = {"default": env.db("DATABASE_URL", default=f"sqlite:///{DATA_DIR / 'clientele.sqlite3'}")}
if DATABASES["default"]["ENGINE"].endswith("sqlite3"):
    # IMMEDIATE: a transaction that reads then writes would otherwise fail at once under a second writer.
    # No WAL: SQLite before 3.51.3 can corrupt a WAL database shared by two processes.
    DATABASES["default"]["OPTIONS"] = {
        "transaction_mode": "IMMEDIATE",
        "timeout": 20,
        "init_command": "PRAGMA foreign_keys=ON; PRAGMA journal_mode=DELETE; PRAGMA synchronous=FULL; PRAGMA cache_size=-24000;",
    }
else:
    DATABASES["default"]["CONN_MAX_AGE"] = 60
    DATABASES["default"]["CONN_HEALTH_CHECKS"] = True

# Shared by every process, or a limit of guesses would be as many limits as there are processes, and a one-time code
# good for one use in each: the database by default, whose insertions are atomic where those of files are not.
# What each process may remember for itself is in `memory`, which asks the database nothing.
CACHES: dict[str, Any] = {
    "default": env.cache("CACHE_URL", default="dbcache://shared_cache"),
    "memory": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"},
}
if CACHES["default"]["BACKEND"].endswith("DatabaseCache"):
    CACHES["default"]["OPTIONS"] = {"MAX_ENTRIES": 100_000}
