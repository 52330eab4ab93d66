"""Records that may be the same client. One rule for a form, a file and, within a file, from line to line."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from crm.clients.models import Client, NotDuplicate
from crm.clients.rules import TELEPHONES

REASONS = {
    "siret": _("same SIRET"),
    "rna": _("same RNA number"),
    "vat_number": _("same VAT number"),
    "email": _("same e-mail"),
    "telephone": _("same telephone"),
    "birth_key": _("same name and date of birth"),
    "postcode_key": _("same name and postcode"),
}
Key = tuple[str, str]


@dataclass
class Lookalike:
    """A record that resembles another, and the REASONS why, in their order."""

    client: Client
    reasons: list[str] = field(default_factory=list)

    @property
    def labels(self) -> list[str]:
        return [REASONS[reason] for reason in self.reasons]


def keys_of(client: Client) -> list[Key]:
    """What this record could be recognised by. The client must be prepared (see `Client.prepare`)."""
    keys = [(reason, getattr(client, reason)) for reason in REASONS if reason != "telephone"]
    keys += [("telephone", phone) for phone in client.telephones]
    return [key for key in keys if key[1]]


def counts(one: Client, other: Client, reasons: Iterable[str]) -> list[str]:
    """The reasons that stand between two records, in the order of REASONS; empty when they are not look-alikes.

    The VAT number alone says nothing of two establishments of one company, whose SIRETs differ.
    """
    found = set(reasons)
    if found == {"vat_number"} and one.siret and other.siret and one.siret != other.siret:
        return []
    return [reason for reason in REASONS if reason in found]


def find(clients: Sequence[Client]) -> list[list[Lookalike]]:
    """For each given record, saved or not, the look-alikes in the database; as many queries for one as for many."""
    wanted: dict[str, set[str]] = defaultdict(set)
    for client in clients:
        for reason, value in keys_of(client):
            wanted[reason].add(value)
    holders: dict[Key, list[Client]] = defaultdict(list)
    for candidate in _candidates(wanted):
        for key in keys_of(candidate):
            holders[key].append(candidate)
    apart = _pairs_told_apart(clients)
    return [_lookalikes_of(client, holders, apart) for client in clients]


def _candidates(wanted: dict[str, set[str]]) -> Iterable[Client]:
    found: dict[int, Client] = {}
    for reason, values in wanted.items():
        columns = TELEPHONES if reason == "telephone" else (reason,)
        # One query a column: each walks its own small index, where an OR of all would read the whole table.
        for column in columns:
            # Said again as the partial index says it: past 100 values, PostgreSQL no longer sees that none is empty.
            rows = Client.objects.current().filter(**{f"{column}__in": values}).exclude(**{column: ""})
            for candidate in rows.order_by():
                found[candidate.pk] = candidate
    return found.values()


def _pairs_told_apart(clients: Sequence[Client]) -> set[tuple[int, int]]:
    saved = [client.pk for client in clients if client.pk]
    if not saved:
        return set()
    pairs = NotDuplicate.objects.filter(Q(first__in=saved) | Q(second__in=saved))
    return set(pairs.values_list("first_id", "second_id"))


def _lookalikes_of(
    client: Client, holders: dict[Key, list[Client]], apart: set[tuple[int, int]]
) -> list[Lookalike]:
    reasons: dict[int, set[str]] = defaultdict(set)
    candidates: dict[int, Client] = {}
    for key in keys_of(client):
        for candidate in holders.get(key, ()):
            pair = tuple(sorted([client.pk or 0, candidate.pk]))
            if candidate.pk != client.pk and pair not in apart:
                reasons[candidate.pk].add(key[0])
                candidates[candidate.pk] = candidate
    found = [Lookalike(candidates[pk], counts(client, candidates[pk], why)) for pk, why in reasons.items()]
    return sorted(
        (one for one in found if one.reasons), key=lambda one: (-len(one.reasons), one.client.number)
    )
