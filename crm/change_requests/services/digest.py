"""Once a day, one mail to each member of staff who has requests to decide."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime, time

from django.conf import settings
from django.db import transaction
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, override

from crm.change_requests.models import ChangeRequest, Request, ServiceRequest
from crm.change_requests.recipients import manager_address, office_addresses
from crm.mailing.models import Mail
from crm.mailing.services import Draft, queue_all
from crm.mailing.variables import site_url
from crm.organisation.models import Organisation
from crm.products.wording import days_in_words

KIND = "requests_digest"
# Not before people are at work; later the same day when the machine was off.
FROM = time(7)
MOST_LINES = 50


@transaction.atomic
def send_digest(*, at: datetime) -> list[Mail]:
    """Tell who decides what waits, if the Settings screen says so and it was not told today."""
    now = timezone.localtime(at)
    midnight = now.replace(hour=0, minute=0, second=0, microsecond=0)
    is_wanted = Organisation.objects.current().request_mails == Organisation.RequestMails.DAILY
    if (
        not is_wanted
        or now.time() < FROM
        or Mail.objects.filter(kind=KIND, created_at__gte=midnight).exists()
    ):
        return []
    with override(settings.LANGUAGE_CODE):
        return queue_all(
            (_draft(address, requests, at) for address, requests in sorted(_by_address().items())), at=at
        )


def _by_address() -> dict[str, list[Request]]:
    """Every open request, the oldest first, by the address of who decides it."""
    services = ServiceRequest.objects.open().select_related("client__manager", "subscription__plan")
    records = ChangeRequest.objects.open().select_related("client__manager").prefetch_related("fields")
    waiting: list[Request] = sorted([*services, *records], key=lambda one: one.created_at)
    office = office_addresses()
    shared: dict[str, list[Request]] = defaultdict(list)
    for one in waiting:
        manager = manager_address(one.client)
        for address in [manager] if manager else office:
            shared[address].append(one)
    return shared


def _draft(address: str, requests: list[Request], at: datetime) -> Draft:
    values = {
        "nombre": ngettext("%(count)d request", "%(count)d requests", len(requests))
        % {"count": len(requests)},
        "details": "\n".join(_lines(requests, at)),
        "lien_demande": site_url(reverse("admin:index")),
    }
    return Draft(KIND, address, values, reason=_("Daily digest of requests"), language=settings.LANGUAGE_CODE)


def _lines(requests: list[Request], at: datetime) -> Iterable[str]:
    today = timezone.localdate(at)
    for one in requests[:MOST_LINES]:
        age = days_in_words((timezone.localdate(one.created_at) - today).days)
        yield _("%(client)s: %(wish)s (%(age)s)") % {"client": one.client, "wish": one.wish(), "age": age}
    if (left := len(requests) - MOST_LINES) > 0:
        yield ngettext("and %(count)d other", "and %(count)d others", left) % {"count": left}
