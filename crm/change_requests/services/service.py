"""Requests about a service. Whoever writes locks the subscription first, then the request: no two verbs cross."""

from datetime import date, datetime
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from crm.accounts.models import User
from crm.activity.services import refresh
from crm.change_requests import telling
from crm.change_requests.models import ServiceRequest
from crm.change_requests.possible import refuse_asking
from crm.products import services as products
from crm.products.models import Plan, Subscription
from crm.products.renewal import Refused

Kind, Status = ServiceRequest.Kind, ServiceRequest.Status
# A person may change their mind; after so many times the staff read it in the queue and no longer by mail.
MOST_ANNOUNCED = 5
# Field of the request -> value.
Asked = dict[str, Any]


@transaction.atomic
def ask(
    subscription: Subscription,
    kind: str,
    *,
    origin: str,
    at: datetime,
    by: User | None = None,
    ends_on: date | None = None,
    message: str = "",
    plan: Plan | None = None,
    billing_period: str = "",
    put_at: datetime | None = None,
) -> ServiceRequest:
    """Note what a client asks of a term (`ends_on`, by default the present one). The same request again is the one
    already open; another answer amends it. `put_at`: when the question was put, for a link that serves once.

    Raises Overtaken, AlreadyRenewed or Stopped when it makes no sense any more, AlreadyDecided when a request of this
    term was decided since the question was put, Refused for an empty change of service.
    """
    subscription = _locked_subscription(subscription)
    ends_on = ends_on or subscription.ends_on
    refuse_asking(subscription, kind, ends_on=ends_on)
    asked: Asked = {"kind": kind, "message": message.strip()[:1000], "wanted_plan": plan}
    asked["wanted_billing"] = billing_period
    _refuse_nonsense(subscription, asked)
    if put_at is not None:
        _refuse_used(subscription, ends_on, put_at)
    of_term = ServiceRequest.objects.of_term(subscription, ends_on)
    request = of_term.open().select_for_update(of=["self"]).first()
    if request is None:
        values = {"client": subscription.client, "ends_on": ends_on, "origin": origin, "asked_by": by}
        request = ServiceRequest(subscription=subscription, created_at=at, **values, **asked)
        request.save(force_insert=True)
    elif not _amend(request, asked, origin=origin, by=by, at=at):
        return request
    _announce(request, at=at)
    return request


def why_not(subscription: Subscription, kind: str, *, ends_on: date) -> Refused | None:
    """Why `ask` would refuse this of the term; None when it would not."""
    try:
        refuse_asking(subscription, kind, ends_on=ends_on)
    except Refused as refusal:
        return refusal
    return None


@transaction.atomic
def accept(request: ServiceRequest, *, by: User, at: datetime, note: str = "") -> ServiceRequest:
    """Do what is asked: renew, or stop at the end. Raises AlreadyDecided, or the reason why it cannot be done, with
    the request left open. A call and a change of service are done by people: accepting says so to the client."""
    request = _locked(request)
    request.refuse_closed()
    if request.kind == Kind.RENEW:
        products.renew(request.subscription, at=at, by=by)
    elif request.kind == Kind.STOP:
        reason = _("Asked by the client (%(number)s)") % {"number": request.code}
        products.stop(request.subscription, day=timezone.localdate(at), at=at, reason=reason, by=by)
    refresh([request.client_id], day=timezone.localdate(at), at=at)
    return _decided(request, Status.ACCEPTED, by=by, at=at, reason=note)


@transaction.atomic
def settle(request: ServiceRequest, *, by: User, at: datetime) -> ServiceRequest:
    """Close as accepted what has been done by hand already. Raises AlreadyDecided, or Refused when it has not."""
    request = _locked(request)
    request.refuse_closed()
    if not request.is_met:
        raise Refused(_("What is asked is not done yet."))
    return _decided(request, Status.ACCEPTED, by=by, at=at)


@transaction.atomic
def refuse(request: ServiceRequest, *, reason: str, by: User, at: datetime) -> ServiceRequest:
    """Raises AlreadyDecided, or Refused without a reason: the client reads it."""
    request = _locked(request)
    request.refuse_closed()
    if not reason.strip():
        raise Refused(_("Say why: the client reads it."))
    return _decided(request, Status.REFUSED, by=by, at=at, reason=reason.strip())


def _locked_subscription(subscription: Subscription) -> Subscription:
    rows = Subscription.objects.select_for_update(of=["self"]).select_related("client", "plan", "renewed_by")
    return rows.get(pk=subscription.pk)


def _locked(request: ServiceRequest) -> ServiceRequest:
    subscription = _locked_subscription(request.subscription)
    rows = ServiceRequest.objects.select_for_update(of=["self"]).select_related("client", "decided_by")
    locked = rows.get(pk=request.pk)
    locked.subscription = subscription
    return locked


def _refuse_nonsense(subscription: Subscription, asked: Asked) -> None:
    if asked["kind"] != Kind.CHANGE:
        asked |= {"wanted_plan": None, "wanted_billing": ""}
        return
    if asked["wanted_plan"] == subscription.plan:
        asked["wanted_plan"] = None
    if asked["wanted_billing"] == subscription.billing_period:
        asked["wanted_billing"] = ""
    if asked["wanted_plan"] is not None and not asked["wanted_plan"].is_on_sale:
        raise Refused(_("This formule is no longer offered."))
    if not any(value for name, value in asked.items() if name != "kind"):
        raise Refused(_("Say what you would like to change."))


def _refuse_used(subscription: Subscription, ends_on: date, put_at: datetime) -> None:
    of_term = ServiceRequest.objects.of_term(subscription, ends_on)
    for earlier in of_term.filter(decided_at__gte=put_at).exclude(status=Status.OPEN):
        earlier.refuse_closed()


def _amend(request: ServiceRequest, asked: Asked, **said) -> bool:
    """Whether anything new is asked. A bare second click keeps the words said the first time."""
    if asked["kind"] == request.kind and not asked["message"]:
        asked = asked | {"message": request.message}
    if all(getattr(request, name) == value for name, value in asked.items()):
        return False
    for name, value in asked.items():
        setattr(request, name, value)
    request.origin, request.asked_by, request.amended_at = said["origin"], said["by"], said["at"]
    request.save(update_fields=[*asked, "origin", "asked_by", "amended_at"])
    return True


def _announce(request: ServiceRequest, *, at: datetime) -> None:
    telling.note_asked(request, at=at)
    if request.kind == Kind.STOP:
        telling.confirm_stop(request, at=at)
    telling.tell_staff(request, at=at, most=MOST_ANNOUNCED)


def _decided(
    request: ServiceRequest, status: str, *, by: User, at: datetime, reason: str = ""
) -> ServiceRequest:
    request.save(update_fields=request.close(status, by=by, at=at, reason=reason))
    telling.note_closed(request, at=at, by=by)
    if request.kind != Kind.CALL_BACK or status == Status.REFUSED:
        telling.tell_client_of_service(request, at=at)
    return request
