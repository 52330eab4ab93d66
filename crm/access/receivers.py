"""What other people's libraries tell: Django of a sign-in, made or failed, allauth of an address and of a code."""

from allauth.account.adapter import get_adapter
from allauth.account.models import EmailAddress
from allauth.account.signals import email_changed, email_confirmed, login_code_rejected
from allauth.mfa.signals import authentication_failed
from django.contrib.auth.signals import user_logged_in, user_login_failed
from django.dispatch import receiver
from django.utils import timezone
from django.utils.translation import gettext as _

from crm.access.failures import note_failure
from crm.access.models import Access, FailedSignIn
from crm.access.services import note_confirmed
from crm.access.takeover import SIGNED_IN_AT
from crm.timeline.models import Entry
from crm.timeline.services import entry, record_all

SEEN_AT = "seen_at"


@receiver(user_logged_in)
def stamp(sender, request, user, **kwargs) -> None:
    """Since when this session is open: without it, a session is worth nothing."""
    request.session[SIGNED_IN_AT] = request.session[SEEN_AT] = int(timezone.now().timestamp())


@receiver(user_login_failed)
def wrong_password(sender, credentials, request=None, **kwargs) -> None:
    """What the limits refuse is not written: they would let whoever guesses fill the disk."""
    _failed(request, credentials.get("email") or "", FailedSignIn.Way.PASSWORD)


@receiver(login_code_rejected)
def wrong_code(sender, request, user=None, **kwargs) -> None:
    _failed(request, user.email if user else "", FailedSignIn.Way.CODE)


@receiver(authentication_failed)
def wrong_second_step(sender, request, user, **kwargs) -> None:
    _failed(request, user.email, FailedSignIn.Way.SECOND_STEP)


def _failed(request, email: str, way: FailedSignIn.Way) -> None:
    ip = get_adapter(request).get_client_ip(request) if request is not None else None
    note_failure(email, way=way, ip=ip, at=timezone.now())


@receiver(email_confirmed)
def confirmed(sender, request, email_address, **kwargs) -> None:
    """The first address opens the account; one that replaces another is told by `changed`."""
    others = EmailAddress.objects.filter(user=email_address.user_id, verified=True).exclude(
        pk=email_address.pk
    )
    if not others.exists():
        note_confirmed(email_address.user, at=timezone.now())


@receiver(email_changed)
def changed(sender, request, user, from_email_address, to_email_address, **kwargs) -> None:
    if from_email_address is None:
        return
    said = _("Sign-in address changed: %(old)s becomes %(new)s") % {
        "old": from_email_address.email,
        "new": to_email_address.email,
    }
    at = timezone.now()
    accesses = Access.objects.filter(user=user).select_related("client")
    record_all(
        entry(access.client, Entry.Kind.ACCESS, said, at=at, by=user, is_visible_to_client=True)
        for access in accesses
    )
