"""The key pair of our notifications (VAPID): browsers take its public half, push services check what the other signs."""

import base64
import logging

from cryptography.fernet import InvalidToken
from cryptography.hazmat.primitives import serialization
from django.conf import settings
from django.db import transaction
from py_vapid import Vapid02

from crm.core.ciphers import cipher
from crm.devices.models import ServerKey

logger = logging.getLogger(__name__)
PURPOSE = "crm.devices.server_key"


def key_pair() -> Vapid02:
    """The one of the environment, or the one of the database, made when it is first needed."""
    if settings.VAPID_PRIVATE_KEY:
        return Vapid02.from_string(settings.VAPID_PRIVATE_KEY)
    row = ServerKey.objects.filter(pk=1).first()
    return (row and _read(row)) or _made()


def public_key(pair: Vapid02 | None = None) -> str:
    """As `PushManager.subscribe` takes it."""
    form = serialization.Encoding.X962, serialization.PublicFormat.UncompressedPoint
    return _text((pair or key_pair()).public_key.public_bytes(*form))


def _read(row: ServerKey) -> Vapid02 | None:
    try:
        return Vapid02.from_string(cipher(PURPOSE).decrypt(row.enciphered.encode()).decode())
    except InvalidToken:
        logger.warning("SECRET_KEY changed: devices must be allowed again before they show notifications.")
        return None


@transaction.atomic
def _made() -> Vapid02:
    """Two pages may ask at once for the first key: the row of one of them is the one that both read."""
    fresh = {"enciphered": _enciphered(_new())}
    row, _is_new = ServerKey.objects.select_for_update().get_or_create(pk=1, defaults=fresh)
    pair = _read(row)
    if pair is None:
        row.enciphered = fresh["enciphered"]
        row.save(update_fields=["enciphered"])
        pair = _read(row)
    assert pair is not None  # noqa: S101 -- what was enciphered a line ago
    return pair


def _new() -> Vapid02:
    pair = Vapid02()
    pair.generate_keys()
    return pair


def _enciphered(pair: Vapid02) -> str:
    number = pair.private_key.private_numbers().private_value
    return cipher(PURPOSE).encrypt(_text(number.to_bytes(32, "big")).encode()).decode()


def _text(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()
