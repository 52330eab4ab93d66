"""The same model, tables, middleware, connection and skin; nothing of our back office."""

from bench.settings import *  # noqa: F403
from bench.settings import INSTALLED_APPS, TEMPLATES

OURS = {"crm.backoffice", "crm.exchange"}
# Without autodiscovery: no admin class of ours is even imported.
INSTALLED_APPS = [
    "django.contrib.admin.apps.SimpleAdminConfig" if app == "django.contrib.admin" else app
    for app in INSTALLED_APPS
    if app not in OURS
]
_loader = ("django.template.loaders.cached.Loader", ["bench.stock.loader.Loader"])
_options = {**TEMPLATES[0]["OPTIONS"], "loaders": [_loader]}
TEMPLATES = [{**TEMPLATES[0], "DIRS": [], "APP_DIRS": False, "OPTIONS": _options}]
ROOT_URLCONF = "bench.stock.urls"
JAZZMIN_SETTINGS = {
    "site_brand": "Stock",
    "use_google_fonts_cdn": False,
    "changeform_format": "horizontal_tabs",
}
