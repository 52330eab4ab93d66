from typing import Any

from django import template
from django.utils import timezone

from crm.backoffice import dashboard
from crm.core.models import Lease
from crm.products.wording import euros

register = template.Library()


@register.simple_tag(takes_context=True)
def desk(context) -> dict[str, Any]:
    """What the first page shows to this member of staff."""
    user, now = context["request"].user, timezone.now()
    day = timezone.localdate(now)
    shown: dict[str, Any] = {
        "waiting": dashboard.waiting(user, day),
        "last_beat": Lease.objects.of_scheduler().last_beat(),
        "queue": dashboard.mail_queue(user),
    }
    sees_clients = user.has_perm("clients.view_client")
    sees_sales = user.has_perm("products.view_subscription")
    if not (sees_clients or sees_sales):
        return shown
    found = dashboard.figures(user, day)
    if sees_clients:
        shown |= {"kinds": dashboard.kinds(found), "regions": dashboard.regions(found)}
        shown |= {"clients_url": dashboard.to(dashboard.CLIENTS), "clients": sum(found.kinds.values())}
    if sees_sales:
        shown |= {
            "plans": dashboard.plans(found, day),
            "sold": dashboard.sold_by_month(found),
            "due": dashboard.due_by_month(found, euros),
            "running": sum(found.running.values()),
            "running_url": dashboard.to(dashboard.SUBSCRIPTIONS, state="running"),
            "ending": dashboard.ending_soon(user, day),
        }
    return shown
