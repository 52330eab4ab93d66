from collections.abc import Iterable, Sequence
from datetime import datetime

from django.core.files.base import File
from django.db import models, transaction

from crm.accounts.models import User
from crm.clients.models import Client
from crm.core.pictures import forget
from crm.timeline.files import checked, name_for
from crm.timeline.models import Action, ActionFile, Attachment, AttachmentQuerySet, Entry


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


# Manual actions


@transaction.atomic
def note_action(
    action: Action, *, at: datetime, uploads: Sequence[File] = (), by: User | None = None
) -> Action:
    """Write down a manual action, signed by its author. Raises ValidationError for a file that is not allowed."""
    action.by = action._history_user = by
    action.save(force_insert=True)
    attach(ActionFile, action, uploads, at=at, by=by)
    written = entry(action.client, Entry.Kind.ACTION, action.title, at=action.at, by=by, target=action)
    written.action = action
    written.save(force_insert=True)
    return action


@transaction.atomic
def change_action(
    action: Action,
    *,
    fields: Iterable[str],
    at: datetime,
    uploads: Sequence[File] = (),
    by: User | None = None,
) -> Action:
    """Write the `fields` that a form changed; the timeline shows the action as it now is, its history what it was."""
    if fields := list(fields):
        action._history_user = by
        action.save(update_fields=fields)
        Entry.objects.filter(action=action).update(at=action.at, summary=action.title)
    attach(ActionFile, action, uploads, at=at, by=by)
    return action


@transaction.atomic
def delete_action(action: Action, *, at: datetime, by: User | None = None) -> None:
    """Take an action away with its files. The timeline says that it was there, and who took it away."""
    forget_files(action.files.all())
    summary = f"{action.kind} – {action.title}"
    action._history_user = by
    action.delete()
    record(action.client, Entry.Kind.ACTION_DELETED, summary, at=at, by=by)


# Files


@transaction.atomic
def attach(
    model: type[Attachment],
    owner: models.Model,
    uploads: Sequence[File],
    *,
    at: datetime,
    by: User | None = None,
) -> list[Attachment]:
    """Keep these files with what they belong to: all of them, or none and a ValidationError."""
    types = [(upload, checked(upload)) for upload in uploads]
    kept = []
    for upload, found in types:
        row = model(
            **{model.OWNER: owner},
            name=name_for(upload.name or "", found),
            media_type=found.media_type,
            size=upload.size,
            added_at=at,
            added_by=by,
        )
        row.file.save(model.place(found.extensions[0]), upload, save=False)
        row.save(force_insert=True)
        kept.append(row)
    return kept


def forget_files(files: AttachmentQuerySet) -> None:
    """The files leave the disk once the transaction that takes their rows away is done."""
    for row in files.only("file"):
        forget(row.file)
