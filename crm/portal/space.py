"""The pages of the client space: what one has, and what one asks. Everything starts from `request.client`."""

from allauth.core.internal.ratelimit import decorator as rate_limit
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from crm.access.addresses import awaited_addresses
from crm.access.choosing import for_client, openable
from crm.change_requests import services
from crm.change_requests.models import Request, ServiceRequest
from crm.organisation.models import Organisation
from crm.portal.asked import answered, pending_change, pending_services
from crm.portal.forms import RecordForm, ServiceForm
from crm.portal.formules import choices, formules_of
from crm.portal.record import sections
from crm.products.models import Subscription
from crm.products.renewal import Refused

Kind = ServiceRequest.Kind
# The account page shows the latest answers; the page of requests shows more.
FEW = 3
MOST_ENTRIES = 100
# Each new request is a mail to the office: a person never asks so often.
unhurried = rate_limit(app="allauth.account", action="client_request")


@for_client
@require_safe
def account(request: HttpRequest) -> HttpResponse:
    present, past = formules_of(request.client, day=timezone.localdate())
    context = {
        "client": request.client,
        "present": present,
        "past": past,
        "sections": sections(request.client),
        "pending": pending_change(request.client),
        "answered": answered(request.client, most=FEW),
        "awaited": awaited_addresses([request.user]).get(request.user.pk, ""),
        "others": len(openable(request)) > 1,
    }
    return render(request, "portal/account.html", context)


@for_client
@require_safe
def sheet(request: HttpRequest) -> HttpResponse:
    """The record and the formules on one page made to be printed."""
    day = timezone.localdate()
    present, past = formules_of(request.client, day=day)
    context = {"client": request.client, "formules": [*present, *past], "day": day}
    return render(request, "portal/sheet.html", context | {"sections": sections(request.client)})


@for_client
@require_safe
def requests(request: HttpRequest) -> HttpResponse:
    context = {
        "pending": pending_change(request.client),
        "services": pending_services(request.client),
        "answered": answered(request.client),
    }
    return render(request, "portal/requests.html", context)


@for_client
@require_safe
def history(request: HttpRequest) -> HttpResponse:
    """What happened to the client that is theirs to read: their requests, their sign-ins, who came in their place."""
    entries = request.client.timeline.filter(is_visible_to_client=True)[:MOST_ENTRIES]
    return render(request, "portal/history.html", {"entries": entries})


# A service


@for_client
@unhurried
@require_POST
def ask(request: HttpRequest, pk: int, kind: Kind) -> HttpResponse:
    """One click: renew, stop, or be called back."""
    term = _own_term(request, pk)
    try:
        _refuse_what_is_not_offered(term, kind)
        _note(request, term, kind)
    except Refused as refusal:
        messages.error(request, str(refusal))
    return redirect("portal:account")


@for_client
@unhurried
@require_http_methods(["GET", "HEAD", "POST"])
def change_service(request: HttpRequest, pk: int) -> HttpResponse:
    """Another formule, another billing, or anything said in one's own words."""
    term = _own_term(request, pk)
    form = ServiceForm(request.POST if request.method == "POST" else None, term=term)
    if form.is_valid():
        try:
            _refuse_what_is_not_offered(term, Kind.CHANGE)
            _note(request, term, Kind.CHANGE, **form.cleaned_data)
            return redirect("portal:account")
        except Refused as refusal:
            form.add_error(None, str(refusal))
    waiting = ServiceRequest.objects.of_term(term, term.ends_on).open().first()
    return render(request, "portal/change_service.html", {"term": term, "form": form, "waiting": waiting})


@for_client
@unhurried
@require_POST
def withdraw_service(request: HttpRequest, pk: int) -> HttpResponse:
    mine = ServiceRequest.objects.filter(client=request.client)
    return _withdrawn(request, get_object_or_404(mine, pk=pk))


# The record


@for_client
@unhurried
@require_http_methods(["GET", "HEAD", "POST"])
def change(request: HttpRequest) -> HttpResponse:
    """The one request to change the record: what is sent again amends it."""
    client, pending = request.client, pending_change(request.client)
    names = services.open_fields(Organisation.objects.current(), client.kind)
    data = request.POST if request.method == "POST" else None
    form = RecordForm(data, client=client, names=names, pending=pending)
    if form.is_valid() and _submitted(request, form):
        return redirect("portal:requests")
    context = {"client": client, "form": form, "pending": pending}
    return render(request, "portal/change.html", context)


@for_client
@unhurried
@require_POST
def withdraw_change(request: HttpRequest) -> HttpResponse:
    pending = pending_change(request.client)
    if pending is None:
        messages.info(request, _("Nothing waits any more."))
        return redirect("portal:requests")
    return _withdrawn(request, pending)


def _own_term(request: HttpRequest, pk: int) -> Subscription:
    terms = Subscription.objects.current().filter(client=request.client)
    return get_object_or_404(terms.select_related("client", "plan", "renewed_by"), pk=pk)


def _refuse_what_is_not_offered(term: Subscription, kind: Kind) -> None:
    """Raise Refused, with the reason where the rules give one."""
    if kind not in choices(term, day=timezone.localdate()):
        raise services.why_not(term, kind, ends_on=term.ends_on) or Refused(
            _("This can no longer be asked of this formule: write to us or call us.")
        )


def _note(request: HttpRequest, term: Subscription, kind: Kind, **details) -> None:
    origin = ServiceRequest.Origin.SPACE
    asked = services.ask(term, kind, origin=origin, by=request.author, at=timezone.now(), **details)
    messages.success(request, _("Noted: %(wish)s. We answer you as soon as we can.") % {"wish": asked.wish()})


def _submitted(request: HttpRequest, form: RecordForm) -> bool:
    """Whether there is something to go and see; else the form says what is wrong."""
    try:
        sent = services.submit(request.client, form.changes(), by=request.author, at=timezone.now())
    except ValidationError as error:
        form.add_refusals(error)
        return False
    except Refused as refusal:
        form.add_error(None, str(refusal))
        return False
    said = _("Sent. We check it, and write to you once it is decided.")
    messages.success(
        request, said if sent.is_open else _("Nothing is asked any more: your record stays as it is.")
    )
    return True


def _withdrawn(request: HttpRequest, asked: Request) -> HttpResponse:
    try:
        services.withdraw(asked, by=request.author, at=timezone.now())
        messages.success(request, _("Your request is withdrawn."))
    except Refused as refusal:
        messages.error(request, str(refusal))
    return redirect("portal:requests")
