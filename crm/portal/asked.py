"""What a client has asked, and what was answered, as they read it."""

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import chain

from crm.change_requests.models import ChangeRequest, Request, ServiceRequest
from crm.change_requests.telling import record_decision, service_decision
from crm.clients.models import Client

MOST_DECIDED = 50


@dataclass(frozen=True)
class Answered:
    request: Request
    # What was decided, in a sentence; empty for a request that was withdrawn.
    decision: str

    @property
    def is_record(self) -> bool:
        return isinstance(self.request, ChangeRequest)


def pending_change(client: Client) -> ChangeRequest | None:
    """The one request to change the record that waits, with its fields."""
    return ChangeRequest.objects.open().filter(client=client).prefetch_related("fields").first()


def pending_services(client: Client) -> list[ServiceRequest]:
    return list(_services(client).open().order_by("created_at", "pk"))


def waiting_count(client: Client) -> int:
    """How many requests wait for an answer."""
    return sum(
        model.objects.open().filter(client=client).count() for model in (ServiceRequest, ChangeRequest)
    )


def answered(client: Client, *, most: int = MOST_DECIDED) -> list[Answered]:
    """The latest requests that were decided or withdrawn, the latest first."""
    records = ChangeRequest.objects.filter(client=client).prefetch_related("fields")
    closed = [rows.exclude(status=Request.Status.OPEN) for rows in (_services(client), records)]
    found: Iterable[Request] = chain(*(rows.order_by("-decided_at", "-pk")[:most] for rows in closed))
    latest = sorted(found, key=lambda one: (one.decided_at, one.pk), reverse=True)[:most]
    return [Answered(one, _decision(one)) for one in latest]


def _services(client: Client):
    related = ("subscription__plan", "subscription__renewed_by", "wanted_plan")
    return ServiceRequest.objects.filter(client=client).select_related(*related)


def _decision(request: Request) -> str:
    if request.status == Request.Status.WITHDRAWN:
        return ""
    return service_decision(request) if isinstance(request, ServiceRequest) else record_decision(request)
