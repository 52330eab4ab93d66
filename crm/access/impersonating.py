"""Opening a client's space in their place: who may, for how long, and the trace that the client reads."""

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from crm.access.models import Access, Impersonation
from crm.accounts.models import User
from crm.clients.models import Client
from crm.timeline.models import Entry
from crm.timeline.services import record


def may_impersonate(*, hijacker: User, hijacked: User | None) -> bool:
    """django-hijack's question. Never onto staff, whoever asks; only where one may know of the client."""
    if hijacked is None or not hijacked.is_active or hijacked.is_staff or hijacked.is_superuser:
        return False
    if not (hijacker.is_active and hijacker.is_staff and hijacker.has_perm("access.impersonate")):
        return False
    return Access.objects.visible_to(hijacker).filter(user=hijacked).exists()


def may_go_on(impersonation: Impersonation, *, now: datetime) -> bool:
    """Asked at each page: the time is not over, and the member of staff still has the right."""
    return not impersonation.is_over(now) and may_impersonate(
        hijacker=impersonation.by, hijacked=impersonation.user
    )


@transaction.atomic
def begin(
    client: Client,
    *,
    user: User,
    by: User,
    reason: str,
    at: datetime,
    may_write: bool = False,
    ip: str | None = None,
) -> Impersonation:
    """Written before anything is opened."""
    impersonation = Impersonation.objects.create(
        client=client, user=user, by=by, reason=reason, may_write=may_write, ip=ip, began_at=at
    )
    sentence = (
        _("%(name)s opened your space in your place, with the right to write: %(reason)s")
        if may_write
        else _("%(name)s opened your space in your place, to read only: %(reason)s")
    )
    said = sentence % {"name": by, "reason": reason}
    record(
        client, Entry.Kind.IMPERSONATED, said, at=at, by=by, target=impersonation, is_visible_to_client=True
    )
    return impersonation


def end(impersonation: Impersonation, *, at: datetime) -> None:
    if impersonation.ended_at is None:
        impersonation.ended_at = at
        impersonation.save(update_fields=["ended_at"])
