"""The jobs of settings.SCHEDULE in people's words: what each does, and how often."""

from collections.abc import Callable
from datetime import timedelta

from django.conf import settings
from django.utils.functional import Promise
from django.utils.module_loading import import_string
from django.utils.translation import gettext as _
from django.utils.translation import ngettext_lazy

Job = Callable[[], None]

UNITS = {
    timedelta(days=1): ngettext_lazy("every day", "every %(number)d days", "number"),
    timedelta(hours=1): ngettext_lazy("every hour", "every %(number)d hours", "number"),
    timedelta(minutes=1): ngettext_lazy("every minute", "every %(number)d minutes", "number"),
    timedelta(seconds=1): ngettext_lazy("every second", "every %(number)d seconds", "number"),
}


def titled(title: Promise) -> Callable[[Job], Job]:
    """Give a job the name by which its screens call it: settings, which list the jobs, cannot be translated."""

    def named(job: Job) -> Job:
        job.title = title  # type: ignore[attr-defined]
        return job

    return named


def title(path: str) -> str:
    """The name of a job; its dotted path when it has none or is gone."""
    try:
        return str(getattr(import_string(path), "title", path))
    except ImportError:
        return path


def interval(path: str) -> timedelta | None:
    """None for a job that the settings no longer have."""
    return timedelta(**settings.SCHEDULE[path]) if path in settings.SCHEDULE else None


def often(every: timedelta | None) -> str:
    """“every 15 minutes”, in the largest unit that needs no remainder."""
    if every is None:
        return _("no longer")
    unit = next((unit for unit in UNITS if not every % unit), timedelta(seconds=1))
    return UNITS[unit] % {"number": every // unit}
