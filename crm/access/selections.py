"""The same for many clients at once, with the account of those left out."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime

from django.db import transaction

from crm.access.models import Access
from crm.access.services import AddressOfStaff, NoAddress, disable, grant, send_credentials
from crm.access.sessions import end_sessions
from crm.accounts.models import User
from crm.clients.models import Client


@dataclass
class Tally:
    """What became of a selection of clients; those left out, by the reason."""

    sent: int = 0
    no_address: list[Client] = field(default_factory=list)
    of_staff: list[Client] = field(default_factory=list)
    disabled: list[Client] = field(default_factory=list)


@transaction.atomic
def invite(clients: Iterable[Client], *, by: User, at: datetime) -> Tally:
    """Send credentials to all who may open each client, or to its own e-mail when nobody may yet."""
    tally = Tally()
    for client in clients:
        accesses = list(client.accesses.select_related("user"))
        try:
            accesses = accesses or [grant(client, email=client.email, by=by, at=at, is_told=False)]
        except NoAddress:
            tally.no_address.append(client)
            continue
        except AddressOfStaff:
            tally.of_staff.append(client)
            continue
        enabled = [access for access in accesses if access.is_enabled and not client.is_archived]
        for access in enabled:
            send_credentials(access, by=by, at=at)
        tally.sent += len(enabled)
        tally.disabled += [] if enabled else [client]
    return tally


@transaction.atomic
def disable_all(clients: Iterable[Client], *, by: User, at: datetime) -> int:
    """Close every access to these clients; returns how many were open."""
    accesses = Access.objects.filter(client__in=list(clients), is_enabled=True)
    return len([disable(access, by=by, at=at) for access in accesses.select_related("user", "client")])


@transaction.atomic
def forget(clients: Iterable[Client]) -> int:
    """Before these clients are deleted: nobody keeps a sign-in that opens nothing. Returns how many were deleted."""
    gone = list(clients)
    people = User.objects.filter(accesses__client__in=gone, is_staff=False)
    alone = people.exclude(accesses__in=Access.objects.exclude(client__in=gone)).distinct()
    users = list(alone)
    for user in users:
        end_sessions(user)
        user.delete()
    return len(users)
