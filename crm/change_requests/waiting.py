"""How much waits to be decided by a member of staff."""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, Min, QuerySet, Value
from django.urls import reverse

from crm.accounts.models import User
from crm.change_requests.models import ChangeRequest, Request, ServiceRequest

MODELS: list[type[Request]] = [ServiceRequest, ChangeRequest]


@dataclass(frozen=True)
class Waiting:
    number: int
    oldest: datetime
    url: str


def waiting(user: User, model: type[Request]) -> Waiting | None:
    """The open requests that this person may read; None when there are none, or no right to know."""
    if not _may_read(user, model):
        return None
    found = _open(user, model).aggregate(number=Count("pk"), oldest=Min("created_at"))
    return Waiting(url=_url(model), **found) if found["number"] else None


def counts(user: User) -> list[QuerySet]:
    """(address of a list, how many of it wait), a row each: the badges of the menu."""
    return [
        _open(user, model).values(address=Value(_url(model))).annotate(number=Count("pk"))
        for model in MODELS
        if _may_read(user, model)
    ]


def _may_read(user: User, model: type[Request]) -> bool:
    options = model._meta
    return user.has_perms([f"{options.app_label}.view_{options.model_name}", "clients.view_client"])


def _open(user: User, model: type[Request]) -> QuerySet:
    return model._default_manager.visible_to(user).open().order_by()  # type: ignore[attr-defined]


def _url(model: type[Request]) -> str:
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist")
