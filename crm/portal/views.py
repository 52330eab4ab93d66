"""The answer to a reminder's button: GET shows, for mail scanners follow links; POST answers."""

from datetime import datetime

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils import timezone
from django.utils.translation import override
from django.views.decorators.http import require_http_methods

from crm.access.choosing import for_anyone
from crm.change_requests import links
from crm.change_requests.models import ServiceRequest
from crm.change_requests.services import ask
from crm.change_requests.telling import service_decision
from crm.mailing.services import language_for
from crm.organisation.models import Organisation
from crm.portal.answers import CLOSED, QUESTION, standing
from crm.portal.forms import AnswerForm
from crm.portal.pages import private_page, shown
from crm.products.models import Subscription
from crm.products.renewal import Refused, next_term
from crm.products.wording import days_in_words, euros
from crm.reminders.choosing import undecided_on


@for_anyone
@private_page
@require_http_methods(["GET", "HEAD", "POST"])
def answer(request: HttpRequest, token: str) -> HttpResponse:
    try:
        link = links.read(token)
    except links.Forged:
        return _lost(request)
    terms = Subscription.objects.select_related("client", "plan", "renewed_by")
    term = terms.filter(pk=link.subscription).first()
    if term is None:
        return _lost(request)
    now = timezone.now()
    stands = standing(link, term, at=now)
    form = AnswerForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and (stands.page != QUESTION or form.is_valid()):
        if stands.page == QUESTION:
            _note(link, term, form.cleaned_data["message"], at=now)
        return HttpResponseRedirect(request.path, status=303)
    language = language_for(term.client)
    with override(language):
        context = _facts(link, term, at=now) | {"form": form, "standing": stands}
        if stands.page == CLOSED and stands.request is not None:
            context |= {"decision": service_decision(stands.request)}
    return shown(request, f"answer_{stands.page}.html", context, language=language, status=stands.status)


def _lost(request: HttpRequest) -> HttpResponse:
    """The same page for a link that was altered, invented, or of a service that is no more."""
    return shown(request, "answer_lost.html", {}, status=404)


def _note(link: links.Link, term: Subscription, message: str, *, at: datetime) -> None:
    try:
        ask(
            term,
            link.kind,
            ends_on=link.ends_on,
            origin=ServiceRequest.Origin.MAIL,
            message=message,
            put_at=link.minted_at,
            at=at,
        )
    except Refused:
        # Decided, renewed or moved since the page was shown: the page that comes next says which.
        return


def _facts(link: links.Link, term: Subscription, *, at: datetime) -> dict:
    """What the pages say, in the language in force."""
    return {
        "link": link,
        "term": term,
        "when": days_in_words(term.days_left(timezone.localdate(at))),
        "next": next_term(term),
        "price": euros(term.price_incl_tax),
        "billing": str(term.get_billing_period_display()).lower(),
        "others": _others(link, term, at=at),
    }


def _others(link: links.Link, term: Subscription, *, at: datetime) -> list[tuple[Subscription, str]]:
    """The client's other terms that one mail announced with this one, each with the address of the same button."""
    if not Organisation.objects.current().joins_reminders:
        return []
    together = undecided_on(timezone.localdate(at)).filter(client=term.client_id, ends_on=link.ends_on)
    return [
        (other, links.answer_url(other, other.ends_on, link.kind, at=at))
        for other in together.exclude(pk=term.pk).select_related("plan")
    ]
