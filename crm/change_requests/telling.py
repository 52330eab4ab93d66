"""What is written of a request: on the client's timeline, to the staff, to the client. In the caller's transaction."""

from collections.abc import Iterable
from datetime import datetime

from django.conf import settings
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import override

from crm.accounts.models import User
from crm.change_requests.models import ChangedField, ChangeRequest, Request, ServiceRequest
from crm.change_requests.recipients import staff_addresses
from crm.clients.models import Client
from crm.mailing.models import Mail
from crm.mailing.services import Draft, language_for, queue, queue_all
from crm.mailing.variables import long_date, site_url, values_of, values_of_term
from crm.organisation.models import Organisation
from crm.products.models import Subscription
from crm.timeline.models import Entry
from crm.timeline.services import record


def note_asked(request: Request, *, at: datetime) -> None:
    # A client may ask from pages in English: the timeline is in the office's language.
    with override(settings.LANGUAGE_CODE):
        summary = f"{request.code} {request.wish()}"
    _note(request, Entry.Kind.REQUESTED, summary, at=at, by=request.asked_by)


def note_closed(request: Request, *, at: datetime, by: User | None) -> None:
    with override(settings.LANGUAGE_CODE):
        summary = _("%(request)s: %(status)s") % {
            "request": f"{request.code} {request.wish()}",
            "status": str(request.get_status_display()).lower(),
        }
    _note(request, Entry.Kind.REQUEST_CLOSED, summary, at=at, by=by)


def _note(request: Request, kind: Entry.Kind, summary: str, *, at: datetime, by: User | None) -> None:
    record(request.client, kind, summary, at=at, by=by, target=request, is_visible_to_client=True)


def tell_staff(request: Request, *, at: datetime, most: int) -> list[Mail]:
    """Mail each request as it comes, when the Settings screen says so; the daily digest has a job of its own."""
    if Organisation.objects.current().request_mails != Organisation.RequestMails.EACH:
        return []
    to = staff_addresses(request.client)
    if Mail.objects.about(request).filter(kind="request_received").count() >= most * max(len(to), 1):
        return []
    with override(settings.LANGUAGE_CODE):
        values = {
            "client": str(request.client),
            "demande": request.wish(),
            "details": "\n".join(request.details()),
            "lien_demande": admin_url(request),
        }
        reason = _("Request %(number)s") % {"number": request.code}
    drafts = [
        Draft(
            "request_received",
            one,
            values,
            reason=reason,
            client=request.client,
            about=request,
            language=settings.LANGUAGE_CODE,
        )
        for one in to
    ]
    return queue_all(drafts, at=at)


def admin_url(request: Request) -> str:
    return site_url(reverse(request.page, args=[request.pk]))


def confirm_stop(request: ServiceRequest, *, at: datetime) -> None:
    """On a lasting medium, as the law wants of who ends a contract at a distance: it is received, and until when the
    service runs. It also tells the client, should someone else have clicked."""
    _to_client(request, "stop_received", service_values(request, timezone.localdate(at)), at=at)


def tell_client_of_service(request: ServiceRequest, *, at: datetime) -> None:
    language = language_for(request.client)
    values = service_values(request, timezone.localdate(at))
    with override(language):
        values |= {"decision": service_decision(request), "motif": request.decision_reason}
    _to_client(request, "service_request_decided", values, at=at)


def service_values(request: ServiceRequest, day) -> dict[str, str]:
    """The variables of a mail to the client about a request of theirs."""
    language = language_for(request.client)
    with override(language):
        asked = {"demande": request.wish(), "details": "\n".join(request.details())}
    return values_of(request.client, language) | values_of_term(request.subscription, day, language) | asked


def service_decision(request: ServiceRequest) -> str:
    """What was decided and what follows, in a sentence for the client, in the language in force."""
    kind, term = ServiceRequest.Kind(request.kind), request.subscription
    if request.status == ServiceRequest.Status.REFUSED:
        return _("We cannot do what you asked.")
    if kind == ServiceRequest.Kind.RENEW:
        # Read with the term when it was already there: a page of decisions asks once.
        following = getattr(term, "renewed_by", None) or Subscription.objects.filter(renews=term).first()
        end = long_date((following or term).last_day)
        return _("Your formule is renewed until %(day)s.") % {"day": end}
    if kind == ServiceRequest.Kind.STOP:
        return _("Your formule will stop on %(day)s, its last day of service.") % {
            "day": long_date(term.last_day)
        }
    return _("Your request is accepted.")


def note_applied(request: ChangeRequest, names: str, *, at: datetime, by: User) -> None:
    with override(settings.LANGUAGE_CODE):
        summary = _("%(number)s applied: %(fields)s") % {"number": request.code, "fields": names}
    _note(request, Entry.Kind.CHANGED, summary, at=at, by=by)


def tell_client_of_record(
    request: ChangeRequest, former: str, *, at: datetime, is_sign_in: bool = False
) -> None:
    """To the address that they had, `former`, as well as to the new one: who did not ask for it must hear of it.

    `is_sign_in`: they sign in with the former address until they have confirmed the new one.
    """
    client = request.client
    language = language_for(client)
    with override(language):
        lines = [outcome(field) for field in request.fields.all()]
        if is_sign_in:
            lines.append(
                _("To sign in, keep your former address until you have opened the link sent to the new one.")
            )
        values = values_of(client, language) | {
            "demande": request.wish(),
            "decision": record_decision(request),
            "details": "\n".join(lines),
        }
    _write_to(request, "change_request_decided", [former, client.email], values, at=at)


def record_decision(request: ChangeRequest) -> str:
    """What was decided, in a sentence for the client, in the language in force."""
    status = ChangeRequest.Status(request.status)
    sentences = {
        ChangeRequest.Status.ACCEPTED: _("Your record is up to date."),
        ChangeRequest.Status.PARTLY: _("Part of what you asked is done."),
        ChangeRequest.Status.REFUSED: _("We cannot do what you asked."),
    }
    return sentences.get(status, "")


def outcome(field: ChangedField) -> str:
    """What became of one field, on one line, without its value: mails are read over shoulders."""
    words = {"field": field.label, "status": str(field.get_status_display()).lower(), "reason": field.reason}
    if field.reason:
        return _("%(field)s: %(status)s. %(reason)s") % words
    return _("%(field)s: %(status)s") % words


def _to_client(request: Request, kind: str, values: dict[str, str], *, at: datetime) -> None:
    _write_to(request, kind, [request.client.email], values, at=at)


def _write_to(
    request: Request, kind: str, to: Iterable[str], values: dict[str, str], *, at: datetime
) -> None:
    client: Client = request.client
    with override(settings.LANGUAGE_CODE):
        reason = _("Request %(number)s") % {"number": request.code}
    for address in dict.fromkeys(filter(None, to)):
        queue(kind, to=address, values=values, at=at, client=client, reason=reason, about=request)
