"""What a client asks to change on their record. Whoever writes locks the client first, then the request."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.text import get_text_list
from django.utils.translation import gettext as _

from crm.access.models import Access
from crm.accounts.models import User
from crm.change_requests import fields, telling
from crm.change_requests.models import ChangedField, ChangeRequest
from crm.clients.correction import corrected
from crm.clients.models import Client
from crm.organisation.models import Organisation
from crm.products.renewal import Refused

Status, FieldStatus = ChangeRequest.Status, ChangedField.Status
# After so many amendments the staff read them in the queue and no longer by mail.
MOST_ANNOUNCED = 5


class NothingToChange(Refused):
    """Every value asked for is the one on the record."""


def open_fields(organisation: Organisation, kind: str = "") -> list[str]:
    """The fields that a client (of that kind, when it is given) may ask to change, in the order of the sheet."""
    return fields.open_fields(organisation, kind)


@transaction.atomic
def submit(client: Client, changes: Mapping[str, Any], *, by: User | None, at: datetime) -> ChangeRequest:
    """Ask for these values (field -> value), or amend what is already asked: a field named again takes its new value,
    one that is back to what the record says is asked no more, and a request left empty is withdrawn.

    Raises ValidationError by field (a field that is not open, a value that the record's rules refuse), and
    NothingToChange.
    """
    client = locked_client(client.pk)
    if client.is_archived:
        raise Refused(_("This record is archived."))
    _refuse_other_fields(client, changes)
    request = _open_request(client)
    rows = {row.name: row for row in request.fields.open()} if request else {}
    asked = {name: fields.value_of(name, row.new) for name, row in rows.items()} | dict(changes)
    proposed = corrected(client, asked)
    wanted = {name: fields.text_of(proposed, name) for name in changes}
    if request is None:
        if not any(text != fields.text_of(client, name) for name, text in wanted.items()):
            raise NothingToChange(_("Nothing differs from your record."))
        request = ChangeRequest(client=client, asked_by=by, created_at=at)
        request.save(force_insert=True)
        _write_fields(request, client, rows, wanted)
    elif _write_fields(request, client, rows, wanted):
        request.asked_by, request.amended_at = by, at
        request.save(update_fields=["asked_by", "amended_at"])
        if close_if_decided(request, by=by, at=at):
            if request.status != Status.WITHDRAWN:
                telling.tell_client_of_record(request, client.email, at=at)
            return request
    else:
        return request
    telling.note_asked(request, at=at)
    telling.tell_staff(request, at=at, most=MOST_ANNOUNCED)
    return request


@transaction.atomic
def follow_sign_in(user: User, *, former: str, at: datetime) -> list[ChangeRequest]:
    """They have confirmed another address to sign in with than `former`. The record is the office's: where it holds the
    former address, it is asked to follow, and somebody decides. Where clients may not ask for it, the timeline alone
    tells of the new sign-in.
    """
    opened = Access.objects.open().filter(user=user)
    clients = Client.objects.current().filter(accesses__in=opened, email__iexact=former).distinct()
    asked = []
    for client in clients.order_by("pk"):
        if "email" in open_fields(Organisation.objects.current(), client.kind):
            asked.append(submit(client, {"email": user.email}, by=user, at=at))
    return asked


def locked_client(pk: int) -> Client:
    """Locked against whoever changes the record, and not against whoever refers to it: a withdrawal, which holds the
    request, adds its line to the client's timeline, and would wait for us while we wait for the request."""
    return Client.objects.select_for_update(of=["self"], no_key=True).select_related("manager").get(pk=pk)


def _open_request(client: Client) -> ChangeRequest | None:
    rows = ChangeRequest.objects.select_for_update(of=["self"]).select_related("asked_by")
    request = rows.filter(client=client, status=Status.OPEN).first()
    if request is not None:
        request.client = client
    return request


def _refuse_other_fields(client: Client, changes: Mapping[str, Any]) -> None:
    known = open_fields(Organisation.objects.current(), client.kind)
    if others := [name for name in changes if name not in known]:
        raise ValidationError(
            _("This cannot be changed here: %(fields)s."),
            params={"fields": ", ".join(sorted(others))},
            code="not_open",
        )


def _write_fields(
    request: ChangeRequest, client: Client, rows: dict[str, ChangedField], wanted: dict[str, str]
) -> bool:
    """Whether anything differs from what was asked before."""
    is_changed = False
    for name, text in wanted.items():
        row, present = rows.get(name), fields.text_of(client, name)
        if text == present:
            is_changed |= row is not None
            if row is not None:
                row.delete()
        elif row is None or row.new != text:
            is_changed = True
            values = {"old": present, "new": text, "status": FieldStatus.OPEN, "reason": ""}
            request.fields.update_or_create(name=name, defaults=values)
    return is_changed


def close_if_decided(request: ChangeRequest, *, by: User | None, at: datetime) -> bool:
    """Close a request of which nothing is left to decide: by what was decided, or withdrawn when nothing was."""
    statuses = set(request.fields.values_list("status", flat=True))
    if FieldStatus.OPEN in statuses:
        return False
    both = {FieldStatus.ACCEPTED, FieldStatus.REFUSED}
    status = Status.PARTLY if both <= statuses else Status(next(iter(statuses), Status.WITHDRAWN))
    reasons = set(request.fields.exclude(reason="").values_list("reason", flat=True))
    reason = reasons.pop() if len(reasons) == 1 else ""
    request.save(update_fields=request.close(status, by=by, at=at, reason=reason))
    telling.note_closed(request, at=at, by=by)
    return True


def labels_of(names: Iterable[str]) -> str:
    return get_text_list([fields.label(name) for name in names], _("and"))
