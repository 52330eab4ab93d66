"""Sending what waits: each notification is claimed, sent outside any transaction, and its outcome written down.

A crash sends again the one that was on its way; the device shows it in the place of the first.
"""

import json
import logging
from collections import Counter
from collections.abc import Callable
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime
from urllib.parse import urlsplit

import requests
from django.conf import settings
from django.db import transaction
from py_vapid import Vapid02
from pywebpush import WebPushException, webpush

from crm.devices.endpoints import UnknownService, service_of
from crm.devices.keys import key_pair, public_key
from crm.devices.models import CLAIM, KEPT, MOST_ATTEMPTS, Device, Push
from crm.devices.services import forget
from crm.organisation.models import Organisation

logger = logging.getLogger(__name__)
GONE = (404, 410)
TOO_MANY = 429
SERVER_ERRORS = 500
# What a service that says nothing of it, or says too much, is given.
SHORTEST_SILENCE, LONGEST_SILENCE = timedelta(minutes=1), KEPT

Clock = Callable[[], datetime]


def deliver(*, clock: Clock, seconds: float = 8) -> Counter[str]:
    """Send what is due until nothing is left or the time is over. Returns how many ended in each way."""
    now = clock()
    Push.objects.outdated(now).delete()
    tally: Counter[str] = Counter()
    if not Push.objects.due(now).exists():
        return tally
    pair = key_pair()
    # A browser that was given another key would refuse all we say: its owner must allow us again.
    Device.objects.exclude(server_key=public_key(pair)).delete()
    with _Straight() as session:
        while clock() < now + timedelta(seconds=seconds) and (push := _claim(clock())):
            tally[_carry(push, pair, session, clock())] += 1
    return tally


class _Straight(requests.Session):
    """Follows no redirection: a push service has none, and one could lead inside our own network."""

    def request(self, *args, **kwargs) -> requests.Response:
        return super().request(*args, **{**kwargs, "allow_redirects": False})


@transaction.atomic
def _claim(now: datetime) -> Push | None:
    rows = Push.objects.due(now).select_related("device").select_for_update(skip_locked=True, of=("self",))
    push = rows.first()
    if push is not None:
        push.not_before = now + CLAIM
        push.save(update_fields=["not_before"])
    return push


def _carry(push: Push, pair: Vapid02, session: requests.Session, now: datetime) -> str:
    try:
        service_of(push.device.endpoint)
        _send(push, pair, session)
    except UnknownService:
        forget(push.device)
        return "forgotten"
    except WebPushException as error:
        return _refused(push, error, now)
    except requests.RequestException as error:
        return _unreached(push, error, now)
    # Not `save`: the owner may have removed the device meanwhile.
    Push.objects.filter(pk=push.pk).update(sent_at=now)
    Device.objects.filter(pk=push.device_id).update(last_used_at=now)
    return "sent"


def _send(push: Push, pair: Vapid02, session: requests.Session) -> None:
    device = push.device
    said = {"title": push.title, "body": push.body, "url": push.url, "tag": push.key}
    webpush(
        {"endpoint": device.endpoint, "keys": {"p256dh": device.p256dh, "auth": device.auth}},
        json.dumps(said),
        vapid_private_key=pair,
        vapid_claims={"sub": _contact()},
        ttl=int(KEPT.total_seconds()),
        timeout=settings.PUSH_TIMEOUT_SECONDS,
        requests_session=session,
    )


def _contact() -> str:
    """Whom a push service writes to about us."""
    email = Organisation.objects.current().sender_email
    return f"mailto:{email}" if email else f"https://{urlsplit(settings.SITE_URL).hostname}"


def _refused(push: Push, error: WebPushException, now: datetime) -> str:
    status = error.status_code or 0
    device = Device.objects.filter(pk=push.device_id)
    if status in GONE:
        forget(push.device)
        return "forgotten"
    if status == TOO_MANY:
        device.update(silent_until=now + _asked_silence(error.retry_after, now))
        return _again(push, now, attempts=push.attempts)
    if status >= SERVER_ERRORS:
        device.update(silent_until=now + push.next_wait())
        return _again(push, now, attempts=push.attempts + 1)
    logger.warning("A push service refused a notification: %s.", status)
    push.delete()
    return "refused"


def _unreached(push: Push, error: requests.RequestException, now: datetime) -> str:
    """No device of a service that does not answer is tried for a while: those of the others would be kept waiting."""
    service = service_of(push.device.endpoint)
    logger.warning("The push service %s cannot be reached: %s.", service, type(error).__name__)
    devices = Device.objects.filter(endpoint__startswith=f"https://{service}/")
    devices.update(silent_until=now + push.next_wait())
    return _again(push, now, attempts=push.attempts + 1)


def _again(push: Push, now: datetime, *, attempts: int) -> str:
    """Given back, for when its device may be spoken to; or given up."""
    if attempts >= MOST_ATTEMPTS:
        push.delete()
        return "given up"
    Push.objects.filter(pk=push.pk).update(attempts=attempts, not_before=now)
    return "later"


def _asked_silence(retry_after: str | None, now: datetime) -> timedelta:
    """`Retry-After` is a number of seconds or a date; a minute when it is neither, a day at most."""
    text = (retry_after or "").strip()
    try:
        asked = timedelta(seconds=int(text)) if text.isdecimal() else parsedate_to_datetime(text) - now
    except (ValueError, TypeError, OverflowError):
        asked = SHORTEST_SILENCE
    return min(max(asked, SHORTEST_SILENCE), LONGEST_SILENCE)
