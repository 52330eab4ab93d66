"""Opening and closing the client space to people, and the links that let them in. No password ever travels by mail."""

from datetime import datetime

from allauth.account.models import EmailAddress
from django.db import transaction
from django.utils.translation import gettext as _

from crm.access.models import Access
from crm.access.sessions import end_sessions
from crm.accounts.models import User
from crm.clients.models import Client
from crm.mailing.services import language_for, queue
from crm.mailing.variables import values_of
from crm.timeline.models import Entry
from crm.timeline.services import record


class NoAddress(Exception):
    """This client has no e-mail to sign in with."""


class AddressOfStaff(Exception):
    """Somebody signs in to the back office with this address."""


class AlreadyConfirmed(Exception):
    """There is nothing left to confirm."""


class Closed(Exception):
    """This access is disabled: no link would open anything."""


@transaction.atomic
def grant(client: Client, *, email: str, by: User, at: datetime, is_told: bool = True) -> Access:
    """Let this address open the client's space, and tell its owner, who confirms it when nobody yet has.

    `is_told`: False when a link that does both follows.
    """
    user = _person(email, client)
    access, is_new = Access.objects.get_or_create(user=user, client=client, defaults={"since": at, "by": by})
    if is_new:
        _note(access, _("Access opened to %(email)s"), by=by, at=at)
        if is_told:
            _tell_open(access, at=at)
    elif not access.is_enabled:
        enable(access, by=by, at=at)
    return access


def _person(email: str, client: Client) -> User:
    email = email.strip().lower()
    if not email:
        raise NoAddress
    user = User.objects.filter(email__iexact=email).first()
    if user is None:
        user = User.objects.create_user(email, last_name=client.last_name, first_name=client.first_name)
    if user.is_staff:
        raise AddressOfStaff
    EmailAddress.objects.get_or_create(user=user, email=user.email, defaults={"primary": True})
    return user


def is_confirmed(user: User) -> bool:
    return EmailAddress.objects.filter(user=user, email=user.email.lower(), verified=True).exists()


@transaction.atomic
def enable(access: Access, *, by: User, at: datetime) -> Access:
    """Open it again; the address is confirmed first when nobody yet has."""
    access.is_enabled, access.since, access.by = True, at, by
    access.save(update_fields=["is_enabled", "since", "by"])
    _note(access, _("Access enabled: %(email)s"), by=by, at=at)
    _tell_open(access, at=at)
    return access


@transaction.atomic
def disable(access: Access, *, by: User, at: datetime) -> Access:
    """Close it at once. Who opens no other client is signed out; for the others each request asks again."""
    access.is_enabled, access.since, access.by = False, at, by
    access.save(update_fields=["is_enabled", "since", "by"])
    if not Access.objects.open().filter(user=access.user).exists():
        end_sessions(access.user)
    _note(access, _("Access disabled: %(email)s"), by=by, at=at)
    return access


@transaction.atomic
def ask_confirmation(access: Access, *, by: User, at: datetime) -> None:
    _must_be_open(access)
    if is_confirmed(access.user):
        raise AlreadyConfirmed
    _mail("access_confirmation", access, at=at)
    _note(access, _("Confirmation asked again: %(email)s"), by=by, at=at)


@transaction.atomic
def send_credentials(access: Access, *, by: User | None, at: datetime) -> None:
    """A link, good once and for a day, to choose a password; it is made when the mail leaves."""
    _must_be_open(access)
    _mail("access_credentials", access, at=at)
    _note(access, _("Link to choose a password sent to %(email)s"), by=by, at=at)


@transaction.atomic
def reset(access: Access, *, by: User, at: datetime) -> None:
    """The present password opens nothing any more, everywhere and at once; a link lets them choose another."""
    _must_be_open(access)
    access.user.set_unusable_password()
    access.user.save(update_fields=["password"])
    end_sessions(access.user)
    _mail("access_reset", access, at=at)
    _note(access, _("Password reset: %(email)s"), by=by, at=at)


@transaction.atomic
def set_password(access: Access, *, password: str, by: User, at: datetime) -> None:
    """One that somebody else typed: it must be changed at the first sign-in. `password` has been validated."""
    _must_be_open(access)
    access.user.set_password(password)
    access.user.must_change_password = True
    access.user.save(update_fields=["password", "must_change_password"])
    end_sessions(access.user)
    _note(access, _("Password typed by the staff: %(email)s"), by=by, at=at)


@transaction.atomic
def sign_out(access: Access, *, by: User, at: datetime) -> int:
    ended = end_sessions(access.user)
    _note(access, _("Signed out everywhere: %(email)s"), by=by, at=at)
    return ended


@transaction.atomic
def note_confirmed(user: User, *, at: datetime) -> None:
    """The address has just been shown to be theirs: from now on they may sign in, and are told so."""
    access = Access.objects.open().filter(user=user).select_related("client", "user").first()
    if access is not None:
        _mail("access_activated", access, at=at)
        _note(access, _("E-mail confirmed: %(email)s"), by=user, at=at, is_visible_to_client=True)


def _tell_open(access: Access, *, at: datetime) -> None:
    _mail("access_activated" if is_confirmed(access.user) else "access_confirmation", access, at=at)


def _must_be_open(access: Access) -> None:
    if not access.is_enabled or not access.user.is_active or access.client.is_archived:
        raise Closed


def _mail(kind: str, access: Access, *, at: datetime) -> None:
    language = language_for(access.client)
    values = values_of(access.client, language)
    queue(
        kind,
        to=access.user.email,
        values=values,
        at=at,
        client=access.client,
        about=access.user,
        language=language,
    )


def _note(access: Access, summary: str, *, by: User | None, at: datetime, **fields) -> None:
    said = summary % {"email": access.user.email}
    record(access.client, Entry.Kind.ACCESS, said, at=at, by=by, target=access, **fields)
