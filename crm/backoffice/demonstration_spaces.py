"""The invented clients who may sign in to the demonstration, with passwords that are printed."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from allauth.account.models import EmailAddress

from crm.access.models import Access
from crm.accounts.models import User
from crm.clients.models import Client


def open_spaces(rows: Iterable[dict[str, Any]], *, by: User, at: datetime) -> list[User]:
    """Rows: email, password, names, and `opens`: the e-mails of the clients whose space they open."""
    return [_person(**row, by=by, at=at) for row in rows]


def _person(*, email: str, password: str, opens: list[str], by: User, at: datetime, **names: str) -> User:
    user = User.objects.create_user(email, password, **names)
    EmailAddress.objects.create(user=user, email=email, verified=True, primary=True)
    clients = Client.objects.filter(email__in=opens)
    Access.objects.bulk_create(Access(user=user, client=client, since=at, by=by) for client in clients)
    return user
