"""The sessions of a person: which are open, on which device, and how they end."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from allauth.usersessions.models import UserSession
from django.conf import settings
from django.contrib.sessions.models import Session
from django.db import transaction

from crm.access.devices import device
from crm.accounts.models import User


@dataclass(frozen=True)
class OpenSession:
    device: str
    ip: str
    since: datetime
    seen_at: datetime


def limits(user: User) -> tuple[int, int]:
    """(seconds without a request, seconds since signing in) after which a session of theirs is over."""
    return settings.STAFF_SESSION_LIMITS if user.is_staff else settings.CLIENT_SESSION_LIMITS


def open_sessions(users: Iterable[User], *, now: datetime) -> dict[int, list[OpenSession]]:
    """The sessions that would still be let in, the latest seen first, by primary key of their owner."""
    owners = {user.pk: user for user in users}
    alive = Session.objects.filter(expire_date__gt=now).values("session_key")
    found: dict[int, list[OpenSession]] = defaultdict(list)
    for row in UserSession.objects.filter(user__in=owners, session_key__in=alive).order_by("-last_seen_at"):
        idle, longest = limits(owners[row.user_id])
        if (now - row.last_seen_at).total_seconds() < idle and (
            now - row.created_at
        ).total_seconds() < longest:
            one = OpenSession(device(row.user_agent), row.ip, row.created_at, row.last_seen_at)
            found[row.user_id].append(one)
    return found


@transaction.atomic
def end_sessions(user: User, *, keep: str = "") -> int:
    """Sign this person out everywhere at once, but of the session `keep`; returns how many sessions ended."""
    rows = UserSession.objects.filter(user=user).exclude(session_key=keep)
    ended, _by_model = Session.objects.filter(session_key__in=rows.values("session_key")).delete()
    rows.delete()
    return ended


def forget_ended(*, now: datetime) -> int:
    """Erase the sessions that are over, and what was known of their devices; returns how many."""
    erased, _by_model = Session.objects.filter(expire_date__lte=now).delete()
    UserSession.objects.exclude(session_key__in=Session.objects.values("session_key")).delete()
    return erased
