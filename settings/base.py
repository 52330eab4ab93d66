"""What every installation shares. The environment says where it runs; the Settings screen says how it behaves."""

from settings.access import *  # noqa: F403
from settings.data import BASE_DIR, CACHES, DATA_DIR, DATABASES, env  # noqa: F401
from settings.jazzmin import JAZZMIN_SETTINGS, JAZZMIN_UI_TWEAKS  # noqa: F401
from settings.logs import LOGGING  # noqa: F401
from settings.mail import *  # noqa: F403
from settings.mail import transport
from settings.push import *  # noqa: F403
from settings.roles import ROLES  # noqa: F401
from settings.schedule import HEALTH_COMPLAINTS, SCHEDULE  # noqa: F401
from settings.security import *  # noqa: F403

SITE_URL = env("SITE_URL", default="http://localhost:8000")

INSTALLED_APPS = [
    # Ours first: our templates win over the skin's, and accounts hears of new permissions before auth does.
    "crm.backoffice",
    "crm.portal",
    "crm.exchange",
    "crm.reminders",
    "crm.conversations",
    "crm.change_requests",
    "crm.access",
    "crm.mailing",
    "crm.activity",
    "crm.products",
    "crm.timeline",
    "crm.clients",
    "crm.devices",
    "crm.organisation",
    "crm.accounts",
    "crm.core",
    # import_export before jazzmin: the skin's import and export pages are written for an older release.
    "import_export",
    "jazzmin",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "django.forms",
    "django.contrib.humanize",
    "django_countries",
    "simple_history",
    "django_prose_editor",
    "django_apscheduler",
    "anymail",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.usersessions",
    "hijack",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "crm.core.middleware.NoNulMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "hijack.middleware.HijackUserMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "simple_history.middleware.HistoryRequestMiddleware",
    "crm.core.middleware.NoStoreMiddleware",
    "crm.access.middleware.SessionMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "crm.access.middleware.DoorsMiddleware",
]

ROOT_URLCONF = "crm.urls"
WSGI_APPLICATION = "crm.wsgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "crm.organisation.context_processors.organisation",
                "crm.access.context_processors.face",
            ],
        },
    },
]
FORM_RENDERER = "django.forms.renderers.TemplatesSetting"

DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

AUTH_USER_MODEL = "accounts.User"

LANGUAGE_CODE = "fr"
LANGUAGES = [("fr", "Français"), ("en", "English")]
LOCALE_PATHS = [BASE_DIR / "crm" / "locale"]
USE_I18N = True
TIME_ZONE = "Europe/Paris"
USE_TZ = True
COUNTRIES_FIRST = ["FR"]

STATIC_URL = "/static/"
STATIC_ROOT = env("STATIC_ROOT", default=str(DATA_DIR / "static"))
# No public media: photographs, import files and logos are sent by views that check who asks.
MEDIA_ROOT = env("MEDIA_ROOT", default=str(DATA_DIR / "files"))
MEDIA_URL = "/fichiers/"
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "crm.core.storage.StaticFilesStorage"},
}
FILE_UPLOAD_PERMISSIONS = 0o640
DATA_UPLOAD_MAX_NUMBER_FIELDS = 2_000
# More than a form takes: a form says which limit was passed, Django only answers 400.
DATA_UPLOAD_MAX_NUMBER_FILES = 30

vars().update(transport(DATA_DIR))

SIMPLE_HISTORY_REVERT_DISABLED = True
SIMPLE_HISTORY_ENFORCE_HISTORY_MODEL_PERMISSIONS = True
IMPORT_EXPORT_IMPORT_PERMISSION_CODE = "import"
IMPORT_EXPORT_EXPORT_PERMISSION_CODE = "export"
IMPORT_EXPORT_SKIP_ADMIN_LOG = False
APSCHEDULER_DATETIME_FORMAT = "j F Y H:i:s"

# Rooms that hold proof about a client or a subscription: their function tells, in sentences, why it must be kept.
PROOFS_OF_A_CLIENT = [
    "crm.products.proof.of_client",
    "crm.mailing.proof.of_client",
    "crm.change_requests.proof.of_client",
]
PROOFS_OF_A_SUBSCRIPTION = ["crm.products.proof.of_subscription", "crm.change_requests.proof.of_subscription"]
# What the Settings screen offers to open to clients, of their own record: (field, name on screen).
FIELDS_TO_OPEN = "crm.change_requests.fields.choices"
FIELDS_OPEN_AT_FIRST = "crm.change_requests.fields.safe"
