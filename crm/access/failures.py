"""Sign-ins that failed: written down for who answers for the place, and forgotten after some months."""

from datetime import datetime
from ipaddress import ip_address, ip_network

from django.core.exceptions import ValidationError
from django.core.validators import validate_email

from crm.access.models import FailedSignIn

# What is kept of an address on the network: enough to see that one place tries many, too little to name a home.
KEPT_BITS = {4: 24, 6: 48}


def note_failure(email: str, *, way: FailedSignIn.Way, ip: str | None, at: datetime) -> FailedSignIn:
    return FailedSignIn.objects.create(email=_address(email), way=way, network=network_of(ip), at=at)


def network_of(ip: str | None) -> str:
    """192.0.2.0/24 for 192.0.2.77; empty for what is no address."""
    try:
        address = ip_address(ip or "")
    except ValueError:
        return ""
    return str(ip_network((address, KEPT_BITS[address.version]), strict=False))


def _address(typed: str) -> str:
    """Only what looks like an address: in a hurry, people type their password there."""
    email = typed.strip().lower()
    try:
        validate_email(email)
    except ValidationError:
        return ""
    return email if len(email) <= 254 else ""


def forget_failures(*, before: datetime) -> int:
    """Erase those that are older; returns how many."""
    erased, _by_model = FailedSignIn.objects.filter(at__lt=before).delete()
    return erased
