"""The address that a person signs in with follows that of the record, once its owner has confirmed it there."""

from collections.abc import Iterable
from datetime import datetime

from allauth.account.models import EmailAddress
from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from crm.access.models import Access
from crm.accounts.models import User
from crm.clients.models import Client
from crm.mailing.services import language_for, queue
from crm.mailing.variables import values_of
from crm.timeline.models import Entry
from crm.timeline.services import record


@transaction.atomic
def ask_new_address(client: Client, *, former: str, by: User, at: datetime) -> list[Access]:
    """The record's e-mail was `former`: who signs in with it is asked, at the new address, to confirm that one.

    Until its link is opened the former address opens the space, and only it. Returns the sign-ins that were asked.
    An address with which somebody else signs in can be nobody else's: then the sign-in stays as it is.
    """
    new = client.email
    if not new or new == former:
        return []
    # A former address that still waited to be confirmed is no longer the one to confirm.
    held = Q(user__email__iexact=former) | Q(
        user__emailaddress__email=former, user__emailaddress__verified=False
    )
    rows = Access.objects.open().filter(held, client=client).select_related("user", "client").distinct()
    return [access for access in rows.order_by("pk") if _ask(access, new, by=by, at=at)]


def _ask(access: Access, new: str, *, by: User, at: datetime) -> bool:
    user = access.user
    waiting = EmailAddress.objects.filter(user=user, verified=False)
    waiting.exclude(email__in=[user.email.lower(), new]).delete()
    if user.email.lower() == new:
        return False
    said = {"old": user.email, "new": new}
    if User.objects.filter(email__iexact=new).exclude(pk=user.pk).exists():
        _note(
            access, _("The sign-in stays %(old)s: somebody else signs in with %(new)s") % said, by=by, at=at
        )
        return False
    if waiting.filter(email=new).exists():
        # They have asked for it themselves, on the page of their sign-in: its link is on the way.
        return True
    EmailAddress.objects.create(user=user, email=new)
    client, language = access.client, language_for(access.client)
    values = values_of(client, language)
    queue("access_confirmation", to=new, values=values, at=at, client=client, about=user, language=language)
    words = _("The sign-in stays %(old)s until %(new)s is confirmed: a mail was sent there")
    _note(access, words % said, by=by, at=at, is_visible_to_client=True)
    return True


def awaited_addresses(users: Iterable[User]) -> dict[int, str]:
    """The address that waits to be confirmed to take the place of the one each signs in with, by their key."""
    signs_in = {user.pk: user.email.lower() for user in users}
    waiting = EmailAddress.objects.filter(user__in=signs_in, verified=False).order_by("pk")
    return {row.user_id: row.email for row in waiting if row.email != signs_in[row.user_id]}


def _note(access: Access, summary: str, *, by: User, at: datetime, **fields) -> None:
    record(access.client, Entry.Kind.ACCESS, summary, at=at, by=by, target=access, **fields)
