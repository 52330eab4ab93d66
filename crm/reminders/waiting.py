"""The work that reminders leave to people, for the first page: how much, what, and where it is done."""

from collections.abc import Callable
from datetime import date
from urllib.parse import urlencode

from django.core.cache import caches
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from crm.accounts.models import User
from crm.reminders.choosing import chosen_among, expecting_on, undecided_on
from crm.reminders.filters import TO_PRINT, TROUBLE
from crm.reminders.letters import to_print
from crm.reminders.models import Reminder, Run
from crm.reminders.notices import told_too_late

# The red list reads every term near its deadline, and changes once a day.
CACHE_SECONDS = 600

Work = tuple[int, str, str]


def leaving_today(user: User, day: date) -> Work:
    """Written today, or about to be."""
    mailed = Reminder.objects.visible_to(user).filter(day=day, status=Reminder.Status.MAILED).count()
    coming = chosen_among(expecting_on(day).visible_to(user), day)
    number = mailed + sum(choice.due.mail is not None for choice in coming)
    text = ngettext("reminder today", "reminders today", number)
    return number, text, reverse("admin:reminders_reminder_calendar")


def unusual_crowd(user: User, day: date) -> Work | None:
    if not Run.objects.filter(day=day, is_unusual=True).exists():
        return None
    number = Reminder.objects.visible_to(user).filter(day=day, status=Reminder.Status.MAILED).count()
    text = _("reminders written today, far more than usual: look whether their end dates are right")
    return number, text, _log(status=Reminder.Status.MAILED, day_from=day, day_to=day)


def letters(user: User, day: date) -> Work:
    number = to_print(day).visible_to(user).count()
    return number, ngettext("letter to print", "letters to print", number), _log(status=TO_PRINT)


def troubles(user: User, day: date) -> Work:
    number = Reminder.objects.visible_to(user).in_trouble(day).count()
    text = ngettext("reminder did not reach its client", "reminders did not reach their clients", number)
    return number, text, _log(status=TROUBLE)


def late_notices(user: User, day: date) -> Work:
    scope = "all" if user.has_perm("clients.see_every_client") else user.pk
    key = f"late-notices:{scope}:{day}"
    number = caches["memory"].get(key)
    if number is None:
        number = len(told_too_late(day, among=undecided_on(day).visible_to(user)))
        caches["memory"].set(key, number, CACHE_SECONDS)
    text = ngettext("client told too late of a renewal", "clients told too late of a renewal", number)
    return number, text, reverse("admin:reminders_reminder_late")


def _log(**filters: object) -> str:
    return f"{reverse('admin:reminders_reminder_changelist')}?{urlencode(filters)}"


WORK: list[Callable[[User, date], Work | None]] = [
    leaving_today,
    unusual_crowd,
    letters,
    late_notices,
    troubles,
]


def work(user: User, day: date) -> list[Work]:
    """Nothing for who may not know of it."""
    if not user.has_perms(["reminders.view_reminder", "clients.view_client"]):
        return []
    return [found for make in WORK if (found := make(user, day)) and found[0]]
