"""Decisions on what a client asks to change, field by field."""

from collections.abc import Iterable, Mapping
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from crm.access.addresses import ask_new_address
from crm.accounts.models import User
from crm.change_requests import fields, telling
from crm.change_requests.models import AlreadyDecided, ChangedField, ChangeRequest
from crm.change_requests.services.record import (
    FieldStatus,
    close_if_decided,
    labels_of,
    locked_client,
    open_fields,
)
from crm.clients.models import Client
from crm.clients.services import correct
from crm.organisation.models import Organisation
from crm.products.renewal import Refused


class Moved(Refused):
    """The record, or the request, is no longer what the person who decides has seen. `names`: the fields concerned."""

    def __init__(self, text: str, names: Iterable[str] = ()) -> None:
        super().__init__(text)
        self.names = list(names)


@transaction.atomic
def decide(
    request: ChangeRequest,
    *,
    accept: Mapping[str, str],
    refuse: Mapping[str, str],
    by: User,
    at: datetime,
    seen_at: datetime | None = None,
) -> ChangeRequest:
    """Decide of some of its fields; it is closed, and its client told, once all are decided.

    `accept`: field -> the present value, as text, that the person has seen beside the one asked for; `refuse`: field
    -> the reason. `seen_at`: when the request that they have seen was last asked or amended. A field no longer open to
    clients is refused whatever is said of it.
    Raises AlreadyDecided; Moved when something is no longer what was seen; ValidationError when the record would break
    a rule; Refused for a refusal without its reason. Then nothing is written.
    """
    client, request = _locked(request)
    request.refuse_closed()
    if seen_at is not None and seen_at != request.last_asked_at:
        raise Moved(_("The client has amended this request since this page was shown: look at it again."))
    rows = {row.name: row for row in request.fields.open()}
    if gone := [name for name in (*accept, *refuse) if name not in rows]:
        raise AlreadyDecided(_("Already decided: %(fields)s") % {"fields": labels_of(gone)})
    refuse = {**refuse, **_no_longer_open(client, accept)}
    accept = {name: seen for name, seen in accept.items() if name not in refuse}
    if any(not reason.strip() for reason in refuse.values()):
        raise Refused(_("Say why: the client reads it."))
    _refuse_moved(client, rows, accept)
    former = client.email
    _apply(client, request, [rows[name] for name in accept], by=by, at=at)
    for name, reason in refuse.items():
        rows[name].status, rows[name].reason = FieldStatus.REFUSED, reason.strip()[:300]
        rows[name].save(update_fields=["status", "reason"])
    is_sign_in = bool(ask_new_address(client, former=former, by=by, at=at))
    if close_if_decided(request, by=by, at=at):
        telling.tell_client_of_record(request, former, at=at, is_sign_in=is_sign_in)
    return request


def accept_all(request: ChangeRequest, *, by: User, at: datetime) -> ChangeRequest:
    """Accept every field still open. Raises as `decide` does: Moved when the record changed since it was asked."""
    accept = {row.name: row.old for row in request.fields.open()}
    return decide(request, accept=accept, refuse={}, by=by, at=at)


def refuse_all(request: ChangeRequest, *, reason: str, by: User, at: datetime) -> ChangeRequest:
    """Refuse every field still open, for one reason."""
    refuse = {row.name: reason for row in request.fields.open()}
    return decide(request, accept={}, refuse=refuse, by=by, at=at)


def _locked(request: ChangeRequest) -> tuple[Client, ChangeRequest]:
    client = locked_client(request.client_id)
    rows = ChangeRequest.objects.select_for_update(of=["self"]).select_related("asked_by", "decided_by")
    locked = rows.get(pk=request.pk)
    locked.client = client
    return client, locked


def _no_longer_open(client: Client, names: Iterable[str]) -> dict[str, str]:
    known = open_fields(Organisation.objects.current(), client.kind)
    return {name: _("This can no longer be changed by clients.") for name in names if name not in known}


def _refuse_moved(client: Client, rows: Mapping[str, ChangedField], accept: Mapping[str, str]) -> None:
    """A present value that is neither the one seen nor the one asked for was written by somebody meanwhile."""
    moved = [
        name for name, seen in accept.items() if fields.text_of(client, name) not in (seen, rows[name].new)
    ]
    if moved:
        raise Moved(
            _("The record has changed since: %(fields)s. Choose on the page of the request.")
            % {"fields": labels_of(moved)},
            moved,
        )


def _apply(
    client: Client, request: ChangeRequest, accepted: list[ChangedField], *, by: User, at: datetime
) -> None:
    if not accepted:
        return
    names = {"number": request.code, "asker": request.asker[:28], "by": str(by)[:28]}
    reason = _("%(number)s, asked by %(asker)s, accepted by %(by)s") % names
    correct(client, {row.name: fields.value_of(row.name, row.new) for row in accepted}, by=by, reason=reason)
    for row in accepted:
        row.status = FieldStatus.ACCEPTED
        row.save(update_fields=["status"])
    telling.note_applied(request, labels_of(row.name for row in accepted), at=at, by=by)
