"""The formules of a client as they read them: what ends first on top, with what may be asked of each today."""

from dataclasses import dataclass
from datetime import date

from crm.change_requests.links import DAYS_AFTER_THE_END
from crm.change_requests.models import ServiceRequest
from crm.change_requests.services import why_not
from crm.clients.models import Client
from crm.organisation.models import Organisation
from crm.products.models import Plan, Subscription
from crm.products.wording import days_in_words

Kind = ServiceRequest.Kind
# In the order of their buttons.
CHOICES = [Kind.RENEW, Kind.CHANGE, Kind.CALL_BACK, Kind.STOP]
# Of a service that is over: what makes sense for as long as a late answer to its reminder does.
WHEN_OVER = [Kind.RENEW, Kind.CALL_BACK]


@dataclass(frozen=True)
class Formule:
    term: Subscription
    state: Subscription.State
    # How far its last day is: in 8 days.
    when: str
    days_left: int
    # What waits to be decided of this term.
    asked: ServiceRequest | None
    choices: list[Kind]

    @property
    def is_past(self) -> bool:
        """Over, with nothing left to ask of it."""
        return self.days_left < 0 and Kind.RENEW not in self.choices

    @property
    def stops(self) -> bool:
        return bool(self.term.cancelled_on or self.term.not_renewed_on)

    @property
    def is_tacit(self) -> bool:
        """Carries on by itself at its end."""
        is_tacit = self.term.plan.renewal == Plan.Renewal.TACIT and self.days_left >= 0
        return is_tacit and not self.stops and not self.term.is_renewed


def formules_of(client: Client, *, day: date) -> tuple[list[Formule], list[Formule]]:
    """(those that count today, the one that ends first on top; the past ones, the latest first)."""
    terms = list(Subscription.objects.current().filter(client=client).select_related("plan", "renewed_by"))
    open_requests = ServiceRequest.objects.open().filter(client=client).select_related("wanted_plan")
    asked = {(one.subscription_id, one.ends_on): one for one in open_requests}
    soon = Organisation.objects.current().ending_soon_days
    read = []
    for term in terms:
        term.client = client
        request = asked.get((term.pk, term.ends_on))
        if request is not None:
            request.subscription = term
        read.append(_read(term, request, day=day, soon=soon))
    read.sort(key=lambda one: (one.term.last_day, one.term.pk))
    return [one for one in read if not one.is_past], [one for one in reversed(read) if one.is_past]


def _read(term: Subscription, asked: ServiceRequest | None, *, day: date, soon: int) -> Formule:
    left = term.days_left(day)
    state = term.state_on(day, ending_soon_days=soon)
    return Formule(term, state, days_in_words(left), left, asked, choices(term, day=day))


def choices(term: Subscription, *, day: date) -> list[Kind]:
    """What may be asked of this term today. Reads the client, the formule and the next term."""
    left = term.days_left(day)
    if left < -DAYS_AFTER_THE_END:
        return []
    offered = CHOICES if left >= 0 else WHEN_OVER
    if term.subscribed_on > day:
        offered = [kind for kind in offered if kind != Kind.RENEW]
    return [kind for kind in offered if why_not(term, kind, ends_on=term.ends_on) is None]
