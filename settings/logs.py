"""Errors reach the terminal or the service manager, whatever DEBUG says."""

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "handlers": {"console": {"class": "logging.StreamHandler"}},
    "root": {"handlers": ["console"], "level": "WARNING"},
    # A refused page is an answer, not an incident: no traceback for each 403 or 404.
    "loggers": {"django.request": {"level": "ERROR"}},
}
