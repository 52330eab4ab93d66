"""What the clients of the demonstration have asked for in the last days."""

from datetime import datetime, time, timedelta
from typing import Any

from django.utils import timezone

from crm.accounts.models import User
from crm.change_requests.models import ServiceRequest
from crm.change_requests.services import ask, refuse, submit
from crm.clients.models import Client
from crm.clients.services import correct
from crm.products.models import Subscription


def ask_in_the_past(fixture: dict[str, list[dict[str, Any]]], *, by: User, now: datetime) -> None:
    for row in fixture["service_requests"]:
        _about_a_service(by=by, now=now, **row)
    for row in fixture["change_requests"]:
        _about_a_record(by=by, now=now, **row)


def _about_a_service(
    *, email: str, kind: str, days_ago: int, by: User, now: datetime, refused: str = "", **details: Any
) -> None:
    """Of the service of theirs that ends first."""
    day = timezone.localdate(now)
    term = Subscription.objects.filter(client__email=email, ends_on__gte=day).order_by("ends_on", "pk")[0]
    details = {"origin": ServiceRequest.Origin.MAIL, **details}
    request = ask(term, kind, at=_morning(days_ago, now), **details)
    if refused:
        refuse(request, reason=refused, by=by, at=_morning(days_ago - 1, now))


def _about_a_record(
    *,
    email: str,
    days_ago: int,
    fields: dict[str, str],
    by: User,
    now: datetime,
    meanwhile: dict | None = None,
) -> None:
    """`meanwhile`: what the office wrote on the record since."""
    client = Client.objects.get(email=email)
    submit(client, fields, by=None, at=_morning(days_ago, now))
    if meanwhile:
        client._history_date = _morning(1, now)
        correct(client, meanwhile, by=by)


def _morning(days_ago: int, now: datetime) -> datetime:
    """Nine o'clock on that day, or now when that is still to come."""
    day = timezone.localdate(now) - timedelta(days=days_ago)
    return min(timezone.make_aware(datetime.combine(day, time(9))), now)
