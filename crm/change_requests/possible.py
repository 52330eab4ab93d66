"""What may still be asked of a term, and why not."""

from datetime import date

from django.utils.translation import gettext as _

from crm.change_requests.models import ServiceRequest
from crm.products.models import Subscription
from crm.products.renewal import AlreadyRenewed, Refused, Stopped, refuse_renewal

Kind = ServiceRequest.Kind


class Overtaken(Refused):
    """The end of the service has moved since the question was put."""


def refuse_asking(subscription: Subscription, kind: str, *, ends_on: date) -> None:
    """Raise Overtaken, AlreadyRenewed or Stopped when this cannot be asked of the term that ends on `ends_on`."""
    if subscription.archived_on or subscription.client.archived_on:
        raise Stopped(_("This subscription is archived."))
    if subscription.ends_on != ends_on:
        raise Overtaken(
            _("The end of this service has changed: it is now %(day)s.")
            % {"day": f"{subscription.ends_on:%d/%m/%Y}"}
        )
    if kind == Kind.RENEW:
        refuse_renewal(subscription)
    if kind == Kind.STOP and subscription.is_renewed and not subscription.renewed_by.cancelled_on:
        raise AlreadyRenewed(_("This subscription is already renewed."))
    if kind in (Kind.STOP, Kind.CHANGE) and subscription.cancelled_on:
        raise Stopped(_("This subscription is already cancelled."))
    if kind == Kind.STOP and subscription.not_renewed_on:
        raise Stopped(_("This subscription already stops at its end."))


def obstacle_to_acceptance(request: ServiceRequest) -> str:
    """Why accepting would fail today, in a sentence; empty when it would not."""
    term = request.subscription
    try:
        if request.kind in (Kind.RENEW, Kind.STOP):
            refuse_asking(term, request.kind, ends_on=term.ends_on)
    except Refused as refusal:
        return str(refusal)
    return ""
