"""Why a client or a subscription must be kept: what it billed is part of the accounts (ten years, C. com. L123-22)."""

from collections.abc import Iterable

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from crm.clients.models import Client
from crm.products.instalments import due_by
from crm.products.models import Subscription


def of_client(client: Client) -> list[str]:
    return _due_instalments(client.subscriptions.all())


def of_subscription(subscription: Subscription) -> list[str]:
    reasons = _due_instalments([subscription])
    if Subscription.objects.filter(renews=subscription).exists():
        reasons.append(_("A next term renews it."))
    return reasons


def _due_instalments(subscriptions: Iterable[Subscription]) -> list[str]:
    today = timezone.localdate()
    count = sum(bool(due.incl_tax) for subscription in subscriptions for due in due_by(subscription, today))
    if not count:
        return []
    return [
        ngettext("%(count)d instalment is already due.", "%(count)d instalments are already due.", count)
        % {"count": count}
    ]
