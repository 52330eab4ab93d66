"""How many clients there are, active or not, of each kind: the figures above the list."""

from collections import Counter

from django.core.cache import caches
from django.db.models import Count

from crm.accounts.models import User
from crm.backoffice import charts
from crm.backoffice.changelist import MANY, SECONDS
from crm.backoffice.dashboard import CLIENTS, Row, to
from crm.clients.models import Client

Counted = dict[tuple[str, str], int]


def counted(user: User) -> Counted:
    """(status, kind) → how many of the clients they may see, archived ones apart. A large count is kept for a minute."""
    cache, key = caches["memory"], f"census:{'all' if user.has_perm('clients.see_every_client') else user.pk}"
    if (known := cache.get(key)) is not None:
        return known
    clients = Client.objects.visible_to(user).current().order_by()
    rows = clients.values_list("status", "kind").annotate(number=Count("pk"))
    found = {(status, kind): number for status, kind, number in rows}
    if sum(found.values()) > MANY:
        cache.set(key, found, SECONDS)
    return found


def census(user: User) -> dict:
    """The total and the rows of the two charts, each linked to the list it counts."""
    found = counted(user)
    statuses, kinds = Counter[str](), Counter[str]()
    for (status, kind), number in found.items():
        statuses[status] += number
        kinds[kind] += number
    return {
        "total": sum(found.values()),
        "active": statuses[Client.Status.ACTIVE],
        "statuses": _rows("status", Client.Status.choices, statuses),
        "kinds": _rows("kind", Client.Kind.choices, kinds),
    }


def _rows(parameter: str, choices, numbers: Counter[str]) -> list[Row]:
    shares = charts.shares([numbers[key] for key, _label in choices])
    return [
        Row(str(label), numbers[key], to(CLIENTS, **{parameter: key}), share)
        for (key, label), share in zip(choices, shares, strict=True)
    ]
