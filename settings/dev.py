"""A laptop: everything on disk, nothing to configure."""

import os

from settings.base import *  # noqa: F403
from settings.base import DATA_DIR, env

DATA_DIR.mkdir(parents=True, exist_ok=True)
_key = DATA_DIR / ".secret-key"
if not _key.exists():
    from django.core.management.utils import get_random_secret_key

    _key.touch(mode=0o600)
    _key.write_text(get_random_secret_key(), encoding="ascii")

DEBUG = env.bool("DEBUG", default=False)
# Not by env(), which takes a leading "$" for the name of another variable: one random key in fifty begins so.
SECRET_KEY = os.environ.get("SECRET_KEY") or _key.read_text(encoding="ascii")
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=["localhost", "127.0.0.1", "[::1]"])
