"""Who opens this client's space: the state of each sign-in, its devices, and what may be done in one click."""

from django.utils import timezone

from crm.access.addresses import awaited_addresses
from crm.access.models import Access, Impersonation
from crm.access.sessions import open_sessions
from crm.accounts.models import User
from crm.clients.models import Client

MOST_IMPERSONATIONS = 10


def access(client: Client, user: User) -> dict:
    rows = list(Access.objects.with_state().filter(client=client).select_related("user", "by").order_by("pk"))
    users = [row.user for row in rows]
    sessions, awaited = open_sessions(users, now=timezone.now()), awaited_addresses(users)
    opened = Impersonation.objects.filter(client=client).select_related("by")[:MOST_IMPERSONATIONS]
    return {
        "rows": [
            {
                "access": row,
                "sessions": sessions.get(row.user_id, []),
                "awaited": awaited.get(row.user_id, ""),
            }
            for row in rows
        ],
        "impersonations": opened if user.has_perm("access.view_impersonation") else [],
        "may_change": user.has_perm("access.change_access"),
        "may_send": user.has_perm("access.send_credentials"),
        "may_type": user.has_perm("access.set_password"),
        "may_impersonate": user.has_perm("access.impersonate"),
        "States": Access.State,
    }
