"""Tests: the same settings on either database, with cheap passwords."""

import os
import tempfile

os.environ.setdefault("DATA_DIR", tempfile.mkdtemp(prefix="clientele-tests-"))

from settings.base import *  # noqa: F403
from settings.base import CACHES, DATA_DIR, DATABASES, env

(DATA_DIR / "static").mkdir(parents=True, exist_ok=True)
DEBUG = False
SECRET_KEY = "only-for-tests"  # noqa: S105
ALLOWED_HOSTS = ["testserver", "localhost", "127.0.0.1"]
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
# In memory: a story that needs the shared cache asks for it. It forgets with the story.
CACHES["default"] = {
    "BACKEND": "django.core.cache.backends.locmem.LocMemCache",
    "LOCATION": "tests",
    "OPTIONS": {"MAX_ENTRIES": 100_000},
}
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
DATABASES["default"]["CONN_MAX_AGE"] = 0
# What is committed need not outlive the machine: a killed process loses nothing all the same.
if DATABASES["default"]["ENGINE"].endswith("sqlite3"):
    DATABASES["default"]["OPTIONS"]["init_command"] += " PRAGMA synchronous=OFF;"
else:
    DATABASES["default"].setdefault("OPTIONS", {})["options"] = "-c synchronous_commit=off"
_suffix = env("TEST_DB_SUFFIX", default="")
DATABASES["default"]["TEST"] = (
    # A file and not memory: threads and processes must meet real locks.
    {"NAME": str(DATA_DIR / "tests.sqlite3")}
    if DATABASES["default"]["ENGINE"].endswith("sqlite3")
    else {"NAME": f"test_clientele{_suffix}"}
)
