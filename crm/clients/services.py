from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils.module_loading import import_string
from simple_history.utils import bulk_update_with_history

from crm.accounts.models import User
from crm.clients.correction import corrected
from crm.clients.models import Client, Tag


def obstacles_to_deletion(client: Client) -> list[str]:
    """Why this record must be kept, in sentences; empty when it may be deleted.

    The proof hangs in rooms above this one: settings.PROOFS_OF_A_CLIENT names the function of each that tells it.
    """
    return [reason for path in settings.PROOFS_OF_A_CLIENT for reason in import_string(path)(client)]


def archive(client: Client, *, day: date, by: User | None = None) -> Client:
    """Put the record away: out of lists, searches and figures, with all its proof kept."""
    return _set_archived(client, day, by)


def restore(client: Client, *, by: User | None = None) -> Client:
    return _set_archived(client, None, by)


def _set_archived(client: Client, day: date | None, by: User | None) -> Client:
    client.archived_on = day
    client._history_user = by
    client.save(update_fields=["archived_on"])
    return client


@transaction.atomic
def assign_manager(clients: Iterable[Client], *, manager: User | None, by: User) -> int:
    """Give these clients to a manager, with a signed history row each; returns how many changed hands."""
    changed = [client for client in clients if client.manager_id != (manager.pk if manager else None)]
    for client in changed:
        client.manager = manager
    if changed:
        bulk_update_with_history(changed, Client, ["manager"], batch_size=500, default_user=by)
    return len(changed)


@transaction.atomic
def add_tag(clients: Iterable[Client], *, tag: Tag) -> list[Client]:
    """Put the tag on those that lack it; returns them."""
    through = Client.tags.through
    having = set(through.objects.filter(tag=tag).values_list("client_id", flat=True))
    lacking = [client for client in clients if client.pk not in having]
    rows = [through(client_id=client.pk, tag_id=tag.pk) for client in lacking]
    through.objects.bulk_create(rows, batch_size=1000, ignore_conflicts=True)
    return lacking


@transaction.atomic
def remove_tag(clients: Iterable[Client], *, tag: Tag) -> list[Client]:
    """Take the tag off those that have it; returns them."""
    through = Client.tags.through
    having = set(through.objects.filter(tag=tag).values_list("client_id", flat=True))
    bearing = [client for client in clients if client.pk in having]
    for start in range(0, len(bearing), 500):
        through.objects.filter(tag=tag, client__in=bearing[start : start + 500]).delete()
    return bearing


@transaction.atomic
def correct(client: Client, values: Mapping[str, Any], *, by: User | None, reason: str = "") -> Client:
    """Write these fields and what follows from them, checked as on the sheet; `reason` (100 signs) goes to the history.

    The caller has locked the row. Raises ValidationError, and then nothing is written.
    """
    proposed = corrected(client, values)
    for name in values:
        setattr(client, name, getattr(proposed, name))
    client._history_user, client._change_reason = by, reason[:100]
    client.save(update_fields=Client.columns_of(values))
    return client
