"""The mails of signing in. Each link and code is made when its mail leaves: none is stored, nor shown to staff."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta

from allauth.account.forms import default_token_generator
from allauth.account.models import EmailAddress, EmailConfirmationHMAC
from allauth.account.utils import user_pk_to_url_str
from django.conf import settings
from django.core import signing
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from crm.access.codes import code_of
from crm.access.models import Access, Registration
from crm.accounts.models import User
from crm.clients.models import Client
from crm.mailing.kinds import Kind
from crm.mailing.models import Mail
from crm.mailing.variables import site_url

REGISTRATION_SALT = "crm.access.registration"


def confirmation_link(mail: Mail) -> str:
    address = EmailAddress.objects.get(user=mail.about_id, email=mail.recipient.lower())
    return site_url(reverse("account_confirm_email", args=[EmailConfirmationHMAC(address).key]))


def password_link(mail: Mail) -> str:
    """Good for PASSWORD_RESET_TIMEOUT; neither after its use, a sign-in, nor a change of address."""
    user = User.objects.get(pk=mail.about_id)
    key = default_token_generator.make_token(user)
    names = {"uidb36": user_pk_to_url_str(user), "key": key}
    return site_url(reverse("account_reset_password_from_key", kwargs=names))


def code(mail: Mail) -> str:
    return code_of(mail.created_at)


def code_link(mail: Mail) -> str:
    """The page that asks for the code, where it is filled in: it opens nothing in another browser."""
    return site_url(f"{reverse('account_confirm_login_code')}?code={code_of(mail.created_at)}")


def registration_link(mail: Mail) -> str:
    return site_url(
        reverse(
            "access:confirm_registration", args=[signing.dumps(int(mail.about_id), salt=REGISTRATION_SALT)]
        )
    )


def _of_nobody(mails: Sequence[Mail], now: datetime) -> dict[int, str]:
    """Whose owner is gone, signs in with another address, or may no longer sign in."""
    owners = User.objects.in_bulk([int(mail.about_id) for mail in mails])
    open_to = set(Access.objects.open().filter(user__in=owners).values_list("user", flat=True))
    reasons = {}
    for mail in mails:
        user = owners.get(int(mail.about_id))
        if user is None or user.email.lower() != mail.recipient.lower():
            reasons[mail.pk] = _("This person no longer signs in with this address.")
        elif not user.is_active or not (user.is_staff or user.pk in open_to):
            reasons[mail.pk] = _("This access is closed.")
    return reasons


def _too_late(mails: Sequence[Mail], now: datetime) -> dict[int, str]:
    oldest = now - timedelta(seconds=settings.ACCOUNT_LOGIN_BY_CODE_TIMEOUT)
    late = {mail.pk: _("The code is out of date.") for mail in mails if mail.created_at < oldest}
    return {**_of_nobody(mails, now), **late}


def _nothing_to_confirm(mails: Sequence[Mail], now: datetime) -> dict[int, str]:
    waiting = set(
        EmailAddress.objects.filter(user__in=[mail.about_id for mail in mails], verified=False).values_list(
            "user_id", "email"
        )
    )
    said = _("This address is confirmed already, or no longer theirs.")
    return {mail.pk: said for mail in mails if (int(mail.about_id), mail.recipient.lower()) not in waiting}


def _no_longer_asked(mails: Sequence[Mail], now: datetime) -> dict[int, str]:
    known = set(
        Registration.objects.filter(
            pk__in=[mail.about_id for mail in mails], email_confirmed_at=None
        ).values_list("pk", flat=True)
    )
    return {
        mail.pk: _("This registration is confirmed already, or gone.")
        for mail in mails
        if int(mail.about_id) not in known
    }


def _addresses(client: Client, day: date, language: str) -> dict[str, str]:
    return {"ancienne_adresse": "avant@example.org", "nouvelle_adresse": client.email or "apres@example.org"}


def _what(client: Client, day: date, language: str) -> dict[str, str]:
    return {"details": _("Password changed."), "date": "", "appareil": _("Firefox on Windows")}


def _reason(client: Client, day: date, language: str) -> dict[str, str]:
    return {"motif": _("We serve professionals only.")}


def _kind(code: str, title, sent_when, **more) -> Kind:
    return Kind(code=code, title=title, sent_when=sent_when, respects_opposition=False, **more)


CONFIRMATION = _kind(
    "access_confirmation",
    gettext_lazy("Confirm the address"),
    gettext_lazy(
        "When an access is opened to an address that nobody has confirmed, or on demand from the sheet."
    ),
    links={"lien_confirmation": confirmation_link},
    unwanted=_nothing_to_confirm,
)
ACTIVATED = _kind(
    "access_activated",
    gettext_lazy("Account activated"),
    gettext_lazy("Once the address is confirmed: the client may sign in."),
    unwanted=_of_nobody,
)
CREDENTIALS = _kind(
    "access_credentials",
    gettext_lazy("Credentials"),
    gettext_lazy(
        "On demand from the sheet or for a selection of clients. The link is good once, for 24 hours."
    ),
    links={"lien_mot_de_passe": password_link},
    unwanted=_of_nobody,
)
RESET = _kind(
    "access_reset",
    gettext_lazy("Choose another password"),
    gettext_lazy("When the client has forgotten the password, or on demand from the sheet."),
    links={"lien_mot_de_passe": password_link},
    unwanted=_of_nobody,
)
CODE = _kind(
    "access_code",
    gettext_lazy("Sign-in code"),
    gettext_lazy("When somebody asks to sign in without a password."),
    links={"code_connexion": code, "lien_connexion": code_link},
    unwanted=_too_late,
)
EMAIL_CHANGED = _kind(
    "access_email_changed",
    gettext_lazy("E-mail changed"),
    gettext_lazy("When the address to sign in with has changed: to the former address and to the new one."),
    variables=("ancienne_adresse", "nouvelle_adresse"),
    example=_addresses,
)
SECURITY = _kind(
    "access_security",
    gettext_lazy("Change of the account’s security"),
    gettext_lazy("When a password or the second step of the sign-in has changed."),
    variables=("details", "date", "appareil"),
    example=_what,
)
UNKNOWN = _kind(
    "access_unknown",
    gettext_lazy("No account at this address"),
    gettext_lazy("When somebody asks for a code or a password with an address that we do not know."),
)
REGISTRATION_CONFIRMATION = _kind(
    "registration_confirmation",
    gettext_lazy("Registration: confirm the address"),
    gettext_lazy("When somebody fills in the public registration form."),
    links={"lien_confirmation": registration_link},
    unwanted=_no_longer_asked,
)
REGISTRATION_KNOWN = _kind(
    "registration_known",
    gettext_lazy("Registration: this address has an account"),
    gettext_lazy("When somebody fills in the registration form with the address of an existing account."),
)
REGISTRATION_REFUSED = _kind(
    "registration_refused",
    gettext_lazy("Registration refused"),
    gettext_lazy("When a member of staff refuses a registration."),
    variables=("motif",),
    example=_reason,
)
