"""Why a client or a subscription must be kept: what was asked and decided of a service is proof of the contract."""

from django.utils.translation import ngettext

from crm.change_requests.models import ServiceRequest
from crm.change_requests.models.service import ServiceRequestQuerySet
from crm.clients.models import Client
from crm.products.models import Subscription


def of_client(client: Client) -> list[str]:
    return _accepted(ServiceRequest.objects.filter(client=client))


def of_subscription(subscription: Subscription) -> list[str]:
    return _accepted(ServiceRequest.objects.filter(subscription=subscription))


def _accepted(requests: ServiceRequestQuerySet) -> list[str]:
    kinds = [ServiceRequest.Kind.RENEW, ServiceRequest.Kind.STOP]
    count = requests.filter(kind__in=kinds, status=ServiceRequest.Status.ACCEPTED).count()
    if not count:
        return []
    return [
        ngettext(
            "%(count)d request to renew or to stop was accepted.",
            "%(count)d requests to renew or to stop were accepted.",
            count,
        )
        % {"count": count}
    ]
