"""Asking to become a client: confirmed by mail, decided by a member of staff, and only then a client."""

from collections.abc import Iterable
from contextlib import suppress
from datetime import datetime

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from crm.access.models import Registration
from crm.access.services import grant, send_credentials
from crm.accounts.models import User
from crm.clients.lookalikes import Lookalike, find
from crm.clients.models import Client, NotDuplicate
from crm.mailing.services import queue
from crm.timeline.models import Entry
from crm.timeline.services import record


class AlreadyDecided(Exception):
    """Somebody has accepted or refused this registration."""


class NotConfirmed(Exception):
    """Nobody has shown that the address is theirs."""


@transaction.atomic
def register(registration: Registration, *, at: datetime) -> None:
    """Keep what was asked and have the address confirmed. Whether an account has it is told to that address alone."""
    user = User.objects.filter(email__iexact=registration.email).first()
    if user is not None:
        queue("registration_known", to=registration.email, values={}, at=at, language=registration.language)
        return
    registration.created_at = at
    registration.save()
    _mail("registration_confirmation", registration, at=at)


@transaction.atomic
def confirm(registration: Registration, *, at: datetime) -> Registration:
    """The address is theirs. Done again, it changes nothing."""
    registration = Registration.objects.select_for_update().get(pk=registration.pk)
    if registration.email_confirmed_at is None:
        registration.email_confirmed_at = at
        registration.save(update_fields=["email_confirmed_at"])
    return registration


def lookalikes(registration: Registration) -> list[Lookalike]:
    """The records that may be of the same client."""
    client = registration.to_client()
    # What was kept by an older rule is compared as it is; accepting it says what is wrong.
    with suppress(ValidationError):
        client.clean()
    client.prepare()
    return find([client])[0]


@transaction.atomic
def accept(registration: Registration, *, by: User, at: datetime, client: Client | None = None) -> Client:
    """Make it a client, or give access to the one it already is; send the link to choose a password."""
    registration = _undecided(registration)
    if registration.email_confirmed_at is None:
        raise NotConfirmed
    alike = [one.client for one in lookalikes(registration)] if client is None else []
    client = client or _created(registration, alike, by=by, at=at)
    access = grant(client, email=registration.email, by=by, at=at, is_told=False)
    access.user.emailaddress_set.filter(email=registration.email.lower()).update(verified=True)
    send_credentials(access, by=by, at=at)
    _decide(registration, Registration.Status.ACCEPTED, by=by, at=at, client=client)
    return client


def _created(registration: Registration, alike: Iterable[Client], *, by: User, at: datetime) -> Client:
    client = registration.to_client()
    client.source = _("Online registration")
    client.manager = None if by.has_perm("clients.see_every_client") else by
    client.full_clean()
    client._history_user = by
    client.save()
    for other in alike:
        NotDuplicate.objects.remember(client, other, by=by)
    record(client, Entry.Kind.CREATED, _("Registration accepted"), at=at, by=by, target=registration)
    if registration.message:
        client.notes = registration.message
        client.save(update_fields=["notes"])
    return client


@transaction.atomic
def refuse(registration: Registration, *, by: User, at: datetime, reason: str) -> None:
    """Say no, and why."""
    registration = _undecided(registration)
    _decide(registration, Registration.Status.REFUSED, by=by, at=at, reason=reason)
    _mail("registration_refused", registration, at=at, motif=reason)


def _undecided(registration: Registration) -> Registration:
    locked = Registration.objects.select_for_update().get(pk=registration.pk)
    if locked.status != Registration.Status.PENDING:
        raise AlreadyDecided
    return locked


def _decide(registration: Registration, status: str, *, by: User, at: datetime, **fields) -> None:
    registration.status, registration.decided_by, registration.decided_at = status, by, at
    for name, value in fields.items():
        setattr(registration, name, value)
    registration.save()


def _mail(kind: str, registration: Registration, *, at: datetime, **values: str) -> None:
    names = {"prenom": registration.first_name, "nom": registration.last_name}
    queue(
        kind,
        to=registration.email,
        values={**names, **values},
        at=at,
        client=registration.client,
        about=registration,
        language=registration.language,
    )


def forget_unconfirmed(*, before: datetime) -> int:
    """Erase what nobody confirmed: it may have been written by anyone. Returns how many."""
    old = Registration.objects.filter(email_confirmed_at=None, created_at__lt=before)
    return old.delete()[0]
