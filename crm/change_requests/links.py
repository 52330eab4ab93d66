"""The links of a reminder's buttons: who holds one answers for one term, without signing in, while it makes sense.

A link names a subscription, the end of the term and a choice. It is minted when the mail leaves and kept nowhere.
Its content is masked, so that it tells no key of ours, then signed, so that nothing in it can be altered.
"""

import secrets
import struct
from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache

from django.conf import settings
from django.core.signing import BadSignature, Signer
from django.urls import reverse
from django.utils import timezone
from django.utils.crypto import salted_hmac

from crm.change_requests.models import ServiceRequest
from crm.mailing.variables import site_url
from crm.products.models import Subscription

Kind = ServiceRequest.Kind
# A late answer is welcome: the person was away, or reads the mail of the last day on the day after.
DAYS_AFTER_THE_END = 15
CHOICES = [Kind.RENEW, Kind.STOP, Kind.CALL_BACK]
SALT = "change_requests.links"
# Subscription, end of the term (proleptic day), choice (place in CHOICES), minted at (Unix seconds).
CONTENT = struct.Struct(">QIBQ")
NONCE = 12


class Forged(Exception):
    """Not a link of ours, or one that was altered."""


@dataclass(frozen=True)
class Link:
    subscription: int
    ends_on: date
    kind: Kind
    minted_at: datetime

    @property
    def last_day(self) -> date:
        return self.ends_on + timedelta(days=DAYS_AFTER_THE_END)

    def is_expired(self, day: date) -> bool:
        return day > self.last_day


def answer_url(
    subscription: Subscription | int, ends_on: date, choice: str, *, at: datetime | None = None
) -> str:
    """The address of a button: `choice` is renew, stop or call_back. `at`: when it is minted, by default now."""
    key = subscription if isinstance(subscription, int) else subscription.pk
    return _address(settings.SITE_URL).format(token=token(key, ends_on, choice, at=at or timezone.now()))


@lru_cache(maxsize=1)
def _address(_site: str) -> str:
    """What is around the token: found once for the thousands of buttons of a night."""
    return site_url(reverse("portal:answer", args=["TOKEN"])).replace("TOKEN", "{token}")


def token(subscription: int, ends_on: date, choice: str, *, at: datetime) -> str:
    place = CHOICES.index(Kind(choice))
    content = CONTENT.pack(subscription, ends_on.toordinal(), place, int(at.timestamp()))
    nonce = secrets.token_bytes(NONCE)
    masked = urlsafe_b64encode(nonce + _masked(content, nonce, settings.SECRET_KEY)).decode().rstrip("=")
    return Signer(salt=SALT).sign(masked)


def read(text: str) -> Link:
    """Raises Forged."""
    for key in [settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS]:
        try:
            signed = Signer(key=key, salt=SALT, fallback_keys=[]).unsign(text)
        except BadSignature:
            continue
        raw = urlsafe_b64decode(signed + "=" * (-len(signed) % 4))
        subscription, day, place, minted = CONTENT.unpack(_masked(raw[NONCE:], raw[:NONCE], key))
        return Link(
            subscription, date.fromordinal(day), CHOICES[place], datetime.fromtimestamp(minted, tz=UTC)
        )
    raise Forged


def _masked(content: bytes, nonce: bytes, key: str | bytes) -> bytes:
    """The content under a one-time pad drawn from the key and a nonce used once; done twice, it is itself again."""
    pad = salted_hmac(SALT, nonce, secret=key, algorithm="sha256").digest()
    return bytes(one ^ other for one, other in zip(content, pad, strict=False))
