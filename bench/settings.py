"""The product's own settings, on the database that the bench made, with what each request cost in its headers."""

from settings.base import *  # noqa: F403
from settings.base import DATA_DIR, MIDDLEWARE

DATA_DIR.mkdir(parents=True, exist_ok=True)
DEBUG = False
SECRET_KEY = "only-for-the-bench"
ALLOWED_HOSTS = ["127.0.0.1"]
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
STATIC_ROOT = DATA_DIR / "static"
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
# Both sides sign in with the same session, and both are measured from the first middleware to the last.
STATIC_ROOT.mkdir(exist_ok=True)
SESSION_COOKIE_NAME = "sessionid"
MIDDLEWARE = ["bench.middleware.Cost", *MIDDLEWARE]
