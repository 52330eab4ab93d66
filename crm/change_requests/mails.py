"""The mails that requests write."""

from collections.abc import Sequence
from datetime import date, datetime

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, override

from crm.change_requests.models import Request, ServiceRequest
from crm.clients.models import Client
from crm.mailing.kinds import Kind
from crm.mailing.models import Mail
from crm.mailing.variables import TERM, long_date, site_url, values_of, values_of_term
from crm.products.models import Subscription
from crm.products.renewal import next_term

MODELS: list[type[Request]] = [ServiceRequest]


def already_closed(mails: Sequence[Mail], now: datetime) -> dict[int, str]:
    """The staff need not hear of what is decided or withdrawn before the mail leaves."""
    reasons: dict[int, str] = {}
    for model in MODELS:
        about = [mail for mail in mails if mail.about_type == model._meta.label_lower]
        keys = [int(mail.about_id) for mail in about]
        waiting = _open_among(model, keys) if keys else set()
        reasons |= {
            mail.pk: _("The request is already closed.")
            for mail, key in zip(about, keys, strict=True)
            if key not in waiting
        }
    return reasons


def _open_among(model: type[Request], keys: list[int]) -> set[int]:
    rows = model._default_manager.filter(pk__in=keys, status=Request.Status.OPEN)
    return set(rows.values_list("pk", flat=True))


def example(client: Client, day: date, language: str) -> dict[str, str]:
    """For a preview: a renewal of the client's latest term."""
    term = (
        Subscription.objects.filter(client=client)
        .select_related("client", "plan")
        .order_by("-ends_on")
        .first()
    )
    values = values_of(client, language)
    with override(language):
        plan = term.plan.name if term else _("Example")
        values |= {
            "client": str(client),
            "demande": _("Renew %(plan)s") % {"plan": plan},
            "details": _("Thank you for your work."),
            "motif": "",
            "decision": _("Your request is accepted."),
            "lien_demande": site_url("/admin/"),
        }
        if term:
            end = long_date(next_term(term).ends_on)
            values |= {"decision": _("Your formule is renewed until %(day)s.") % {"day": end}}
    return values | (values_of_term(term, day, language) if term else {})


RECEIVED = Kind(
    code="request_received",
    title=gettext_lazy("To the staff: a client asks for something"),
    sent_when=gettext_lazy(
        "As soon as a client asks, if the Settings screen says so. To the client’s manager, else to the address for "
        "requests, else to the administrators."
    ),
    variables=("client", "demande", "details", "lien_demande"),
    unwanted=already_closed,
    example=example,
    is_for_staff=True,
)
STOP_RECEIVED = Kind(
    code="stop_received",
    title=gettext_lazy("Request to stop: received"),
    sent_when=gettext_lazy(
        "As soon as a client asks for a service to stop. The law asks for it: keep the last day of service in it."
    ),
    variables=(*TERM, "demande", "details"),
    example=example,
    respects_opposition=False,
)
SERVICE_DECIDED = Kind(
    code="service_request_decided",
    title=gettext_lazy("Request about a service: decision"),
    sent_when=gettext_lazy("When a request to renew, stop or change a service is accepted or refused."),
    variables=(*TERM, "demande", "details", "decision", "motif"),
    example=example,
    respects_opposition=False,
)
