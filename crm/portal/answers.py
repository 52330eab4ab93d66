"""Where the question that a link puts stands today."""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import QuerySet
from django.utils import timezone

from crm.change_requests.links import Link
from crm.change_requests.models import ServiceRequest
from crm.change_requests.possible import Overtaken
from crm.change_requests.services import why_not
from crm.products.models import Subscription
from crm.products.renewal import AlreadyRenewed

QUESTION, NOTED, CLOSED, EXPIRED, MOVED, RENEWED, STOPPED = (
    "question", "noted", "closed", "expired", "moved", "renewed", "stopped",
)  # fmt: skip


@dataclass(frozen=True)
class Standing:
    """The page to show, and the request it speaks of: the one noted, the one decided, or the one about to be amended."""

    page: str
    request: ServiceRequest | None = None

    @property
    def status(self) -> int:
        return 410 if self.page == EXPIRED else 200


def standing(link: Link, term: Subscription, *, at: datetime) -> Standing:
    if link.is_expired(timezone.localdate(at)):
        return Standing(EXPIRED)
    requests = ServiceRequest.objects.of_term(term, link.ends_on).select_related(
        "subscription__plan", "client"
    )
    if closed := _closed_since(requests, link.minted_at):
        return Standing(CLOSED, closed)
    if refusal := why_not(term, link.kind, ends_on=link.ends_on):
        pages = {Overtaken: MOVED, AlreadyRenewed: RENEWED}
        return Standing(pages.get(type(refusal), STOPPED))
    asked = requests.open().first()
    return Standing(NOTED if asked and asked.kind == link.kind else QUESTION, asked)


def _closed_since(requests: QuerySet[ServiceRequest], moment: datetime) -> ServiceRequest | None:
    """A link serves once: what was decided after it was sent is its answer."""
    return (
        requests.filter(decided_at__gte=moment)
        .exclude(status=ServiceRequest.Status.OPEN)
        .order_by("decided_at")
        .last()
    )
