"""The addresses where browsers say that they can be reached. They come from outside: only known services are called."""

import base64
import binascii
import re

from cryptography.hazmat.primitives.asymmetric import ec
from django.conf import settings

LONGEST = 1000
# All before the first slash is the name of the service: neither port nor credentials, and nothing that two programs
# could read differently.
ADDRESS = re.compile(r"https://([a-z0-9.:-]+)/[!-\[\]-~]*", re.ASCII)
POINT_BYTES, SECRET_BYTES = 65, 16


class UnknownService(Exception):
    """This address is not one of a push service that we know."""


class BadKeys(Exception):
    """No browser makes such keys: nothing could be enciphered for it."""


def service_of(endpoint: str) -> str:
    """The name of the push service. Raises UnknownService."""
    found = ADDRESS.fullmatch(endpoint)
    if found is None or len(endpoint) > LONGEST or not _is_known(found[1]):
        raise UnknownService
    return found[1]


def _is_known(service: str) -> bool:
    return any(_names(pattern, service) for pattern in settings.PUSH_SERVICES)


def _names(pattern: str, service: str) -> bool:
    if not pattern.startswith("*."):
        return service == pattern
    name = service.removesuffix(pattern[1:])
    return name != service and all(re.fullmatch(r"[a-z0-9-]+", part) for part in name.split("."))


def check_keys(p256dh: str, auth: str) -> None:
    """Raise BadKeys unless something can be enciphered with them."""
    try:
        point, secret = _bytes_of(p256dh), _bytes_of(auth)
        ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), point)
    except (ValueError, binascii.Error) as error:
        raise BadKeys from error
    if (len(point), len(secret)) != (POINT_BYTES, SECRET_BYTES):
        raise BadKeys


def _bytes_of(text: str) -> bytes:
    return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
