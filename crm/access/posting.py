"""The mails that allauth asks for, written in the outbox as mails of our own kinds."""

from datetime import datetime

from allauth.account.models import EmailAddress
from django.http import HttpRequest
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import get_language, gettext_lazy, override
from django.utils.translation import gettext as _

from crm.access.devices import device
from crm.access.models import Access
from crm.accounts.models import User
from crm.clients.models import Client
from crm.mailing.services import Draft, language_for, queue_all
from crm.mailing.variables import values_of

KINDS = {
    "account/email/email_confirmation": "access_confirmation",
    "account/email/password_reset_key": "access_reset",
    "account/email/login_code": "access_code",
    "account/email/unknown_account": "access_unknown",
    "account/email/email_changed": "access_email_changed",
}
SECURITY = {
    "account/email/password_changed": gettext_lazy("The password was changed."),
    "account/email/password_set": gettext_lazy("A password was chosen."),
    "account/email/password_reset": gettext_lazy("A new password was chosen with the link of a mail."),
    "account/email/email_deleted": gettext_lazy("An address that waited to be confirmed was removed."),
    "mfa/email/totp_activated": gettext_lazy("The second step of the sign-in was turned on."),
    "mfa/email/totp_deactivated": gettext_lazy("The second step of the sign-in was turned off."),
    "mfa/email/recovery_codes_generated": gettext_lazy("New recovery codes were made."),
}


def post(prefix: str, email: str, details: dict, *, request: HttpRequest) -> None:
    """Write the mail that allauth names by the prefix of its template. Raises KeyError for one that is not ours."""
    at = getattr(request.allauth, "code_asked_at", None) or timezone.now()
    user = _owner(details.get("to_email", email), details, request)
    client = client_of(user) if user else None
    language = language_for(client) if user else (get_language() or "fr")
    values = _values(user, client, language)
    if prefix in SECURITY:
        with override(language):
            values |= _security(prefix, request, at)
    if "from_email" in details:
        values |= {"ancienne_adresse": details["from_email"], "nouvelle_adresse": details["to_email"]}
    kind = "access_security" if prefix in SECURITY else KINDS[prefix]
    told = [email, details["to_email"]] if "to_email" in details else [email]
    queue_all([Draft(kind, to, values, client=client, about=user, language=language) for to in told], at=at)


def _owner(email: str, details: dict, request: HttpRequest) -> User | None:
    """Whose mail it is: named by allauth, or found by the address as it was when the mail was asked for."""
    if isinstance(details.get("user"), User):
        return details["user"]
    found = (
        EmailAddress.objects.filter(email=email.lower()).select_related("user").order_by("-verified").first()
    )
    if found is not None:
        return found.user
    if request.user.is_authenticated:
        return User.objects.get(pk=request.user.pk)
    return User.objects.filter(email__iexact=email).first()


def client_of(user: User) -> Client | None:
    """The client whose space this person opens; the first of several."""
    access = Access.objects.filter(user=user).select_related("client").order_by("-is_enabled", "pk").first()
    return access.client if access else None


def _values(user: User | None, client: Client | None, language: str) -> dict[str, str]:
    if client is not None:
        return values_of(client, language)
    if user is None:
        return {}
    return {"prenom": user.first_name, "nom": user.last_name, "nom_compte": str(user)}


def _security(prefix: str, request: HttpRequest, at: datetime) -> dict[str, str]:
    return {
        "details": str(SECURITY[prefix]),
        "date": date_format(timezone.localtime(at), "DATETIME_FORMAT"),
        "appareil": device(request.headers.get("user-agent", "")) or _("an unknown device"),
    }


def keep_address(user: User, *, is_confirmed: bool) -> None:
    """One confirmed address per person, the one they sign in with; another may wait to take its place."""
    email = user.email.lower()
    EmailAddress.objects.filter(user=user, verified=True).exclude(email=email).delete()
    EmailAddress.objects.update_or_create(
        user=user, email=email, defaults={"verified": is_confirmed, "primary": True}
    )
