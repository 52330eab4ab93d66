"""What is wrong, in sentences for the staff: each check of settings.HEALTH_COMPLAINTS answers with those it has."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.core.cache import caches
from django.db.models import Exists
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.module_loading import import_string
from django.utils.timesince import timesince
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from crm.core.models import Hold, Job, Lease

SILENCE = timedelta(minutes=30)
# Every page asks: one of them every few seconds pays for all.
CACHE_SECONDS = 10

Check = Callable[[datetime], list[str]]


@dataclass(frozen=True)
class Complaint:
    check: str
    sentence: str


def checks() -> dict[str, Check]:
    """By the name of their function, which the health page shows."""
    return {path.rpartition(".")[2]: import_string(path) for path in settings.HEALTH_COMPLAINTS}


def complaints(now: datetime) -> list[Complaint]:
    return [Complaint(name, sentence) for name, check in checks().items() for sentence in check(now)]


def recent_complaints() -> list[Complaint]:
    """Those of the last few seconds, in the language of the reader."""
    key = _key(get_language())
    found = caches["memory"].get(key)
    if found is None:
        found = complaints(timezone.now())
        caches["memory"].set(key, found, CACHE_SECONDS)
    return found


def forget_recent() -> None:
    caches["memory"].delete_many([_key(language) for language, _name in settings.LANGUAGES])


def _key(language: str | None) -> str:
    return f"complaints:{language}"


def scheduler(now: datetime) -> list[str]:
    """Silence of half an hour. A scheduler that holds its breath has its own complaint."""
    lease = Lease.objects.of_scheduler().annotate(is_on_hold=Exists(Hold.objects.open())).first()
    # Before the first beat there is no lease to ask.
    is_on_hold = lease.is_on_hold if lease else Hold.objects.open().exists()
    last_beat = lease.beat_at if lease else None
    if is_on_hold or (last_beat is not None and last_beat >= now - SILENCE):
        return []
    start = _("To start it: “make run” on an office computer, “manage.py runscheduler” on a server.")
    if last_beat is None:
        said = _("The scheduler has never run: reminders, mails and imports wait for it.")
    else:
        said = _("The scheduler has been silent for %(ago)s: reminders, mails and imports wait for it.")
        said %= {"ago": timesince(last_beat, now, depth=1)}
    return [f"{said} {start}"]


def clock(now: datetime) -> list[str]:
    """A clock that jumped, until an administrator confirms it."""
    hold = Hold.objects.open().order_by("pk").first()
    if hold is None:
        return []
    said = _(
        "The computer’s clock has jumped: it said “%(read)s” instead of “%(expected)s”. Nothing runs by itself until "
        "an administrator has looked at it. It now says “%(now)s”: if that is right, confirm it; otherwise, set the "
        "clock first."
    )
    return [
        said % {"read": _moment(hold.read_at), "expected": _moment(hold.expected_at), "now": _moment(now)}
    ]


def late_jobs(now: datetime) -> list[str]:
    """A scheduler that says it works, and does not."""
    if not Lease.objects.of_scheduler().filter(expires_at__gt=now).exists() or Hold.objects.open().exists():
        return []
    late = Job.objects.filter(next_run_time__lt=now - SILENCE).order_by("next_run_time").first()
    if late is None:
        return []
    said = _("“%(job)s” should have started %(ago)s ago, though the scheduler is at work: restart it.")
    return [said % {"job": late.title, "ago": timesince(late.next_run_time, now, depth=1)}]


def _moment(at: datetime) -> str:
    return date_format(timezone.localtime(at), "j F Y H:i")
