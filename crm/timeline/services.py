from collections.abc import Iterable
from datetime import datetime

from django.db import models

from crm.accounts.models import User
from crm.clients.models import Client
from crm.timeline.models import Entry


def entry(
    client: Client,
    kind: Entry.Kind,
    summary: str,
    *,
    at: datetime,
    by: User | None = None,
    target: models.Model | None = None,
    details: dict | None = None,
    is_visible_to_client: bool = False,
) -> Entry:
    """An unsaved entry, for callers that write many at once with `record_all`."""
    return Entry(
        client=client,
        kind=kind,
        summary=str(summary)[:300],
        at=at,
        by=by,
        target_type=target._meta.label_lower if target is not None else "",
        target_id=str(target.pk) if target is not None else "",
        details=details or {},
        is_visible_to_client=is_visible_to_client,
    )


def record(client: Client, kind: Entry.Kind, summary: str, *, at: datetime, **fields) -> Entry:
    """Write what happened to a client. `fields`: by, target, details, is_visible_to_client, as for `entry`."""
    written = entry(client, kind, summary, at=at, **fields)
    written.save(force_insert=True)
    return written


def record_all(entries: Iterable[Entry]) -> int:
    """Write many entries in few statements; returns how many."""
    return len(Entry.objects.bulk_create(entries, batch_size=1000))
