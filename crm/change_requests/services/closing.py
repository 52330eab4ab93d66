"""What ends a request of either kind in the same way."""

from datetime import datetime
from typing import TypeVar, cast

from django.db import transaction

from crm.accounts.models import User
from crm.change_requests import telling
from crm.change_requests.models import Request

AnyRequest = TypeVar("AnyRequest", bound=Request)


@transaction.atomic
def withdraw(request: AnyRequest, *, by: User | None, at: datetime) -> AnyRequest:
    """The client takes it back. Raises AlreadyDecided."""
    rows = type(request)._default_manager.select_for_update(of=["self"])
    locked = cast(AnyRequest, rows.get(pk=request.pk))
    locked.refuse_closed()
    locked.save(update_fields=locked.close(Request.Status.WITHDRAWN, by=by, at=at))
    telling.note_closed(locked, at=at, by=by)
    return locked
