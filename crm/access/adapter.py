"""How allauth behaves here: its mails go through the outbox, its limits lock nobody out, its secrets are enciphered."""

import hashlib
import secrets

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.models import EmailAddress
from allauth.core import context
from allauth.core.internal import ratelimit
from allauth.mfa.adapter import DefaultMFAAdapter
from django.conf import settings
from django.contrib import messages
from django.core import signing
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from crm.access import posting
from crm.access.codes import code_of
from crm.access.models import Access
from crm.accounts.models import User
from crm.core.ciphers import cipher
from crm.organisation.models import Organisation

DEVICE_COOKIE = "appareil"
DEVICE_SALT = "crm.access.device"
DEVICE_SECONDS = 365 * 24 * 3600
SECOND_STEP = "crm.access.second_step"


class AccountAdapter(DefaultAccountAdapter):
    error_messages = {
        **DefaultAccountAdapter.error_messages,
        "email_password_mismatch": _("This e-mail and this password do not go together."),
    }

    # Mails

    def generate_login_code(self) -> str:
        """Worked out from this moment, which the mail remembers: the code itself is written in no mail that waits."""
        context.request.allauth.code_asked_at = timezone.now()
        return code_of(context.request.allauth.code_asked_at)

    def send_mail(self, template_prefix: str, email: str, context: dict) -> None:
        """Not a message but a row of the outbox, of our own kind; its links are made when it leaves."""
        posting.post(template_prefix, email, context, request=self.request)

    # Failed sign-ins: allauth counts them by account whoever fails, so that anyone could lock an account from afar.
    # Here by account and place; and by account alone only where its owner has never signed in.

    def _get_login_attempts_cache_key(self, request, **credentials) -> str:
        email = credentials.get("email", "").lower()
        return f"{self._known_device(request, email) or self.get_client_ip(request)}:{email}"

    def pre_authenticate(self, request, **credentials) -> None:
        super().pre_authenticate(request, **credentials)
        email = credentials.get("email", "").lower()
        self._anywhere = None
        if not self._known_device(request, email):
            self._anywhere = ratelimit.consume(
                request, app="allauth.account", action="login_failed_anywhere", key=email
            )
            if not self._anywhere:
                raise self.validation_error("too_many_login_attempts")

    def _rollback_login_failed_rl_usage(self) -> None:
        super()._rollback_login_failed_rl_usage()
        if self._anywhere:
            self._anywhere.rollback()

    def _known_device(self, request, email: str) -> str:
        """The name of this browser when this account has signed in with it; empty otherwise."""
        try:
            name, owner = signing.loads(request.COOKIES.get(DEVICE_COOKIE, ""), salt=DEVICE_SALT)
        except (signing.BadSignature, ValueError, TypeError):
            return ""
        return name if owner == _digest(email) else ""

    # Signing in

    def pre_login(self, request, user: User, **details):
        """Staff are vouched for by whoever gave them their account; a client needs a space that is open."""
        if user.is_staff:
            posting.keep_address(user, is_confirmed=True)
        elif not Access.objects.open().filter(user=user).exists():
            return self.respond_user_inactive(request, user)
        return super().pre_login(request, user, **details)

    def post_login(self, request, user: User, *, redirect_url, **details):
        if not _may_follow(user, redirect_url):
            redirect_url = self.get_login_redirect_url(request)
        response = super().post_login(request, user, redirect_url=redirect_url, **details)
        known = signing.dumps([secrets.token_urlsafe(12), _digest(user.email)], salt=DEVICE_SALT)
        response.set_cookie(
            DEVICE_COOKIE,
            known,
            max_age=DEVICE_SECONDS,
            secure=settings.SESSION_COOKIE_SECURE,
            httponly=True,
            samesite="Lax",
        )
        return response

    def get_login_redirect_url(self, request) -> str:
        return reverse("admin:index" if request.user.is_staff else settings.LOGIN_REDIRECT_URL)

    def get_email_verification_redirect_url(self, email_address) -> str:
        if self.request.user.is_authenticated:
            return self.get_login_redirect_url(self.request)
        return reverse("account_login")

    def get_password_change_redirect_url(self, request) -> str:
        return self.get_login_redirect_url(request)

    def is_open_for_signup(self, request) -> bool:
        """By our own form, which makes a registration and no account."""
        return Organisation.objects.current().is_registration_open

    # What belongs to one person

    def set_password(self, user: User, password: str) -> None:
        """Chosen by its owner: nothing is left to change."""
        user.must_change_password = False
        super().set_password(user, password)

    def confirm_email(self, request, email_address: EmailAddress) -> bool:
        others = User.objects.filter(email__iexact=email_address.email).exclude(pk=email_address.user_id)
        if others.exists():
            self.add_message(request, messages.ERROR, message=_("This address cannot be confirmed."))
            return False
        return super().confirm_email(request, email_address)


class SecondStepAdapter(DefaultMFAAdapter):
    """Secrets of telephones and recovery codes, enciphered with the key of the installation: a copy of the database
    alone lets nobody in."""

    def get_totp_issuer(self) -> str:
        return Organisation.objects.current().name

    def encrypt(self, text: str) -> str:
        return cipher(SECOND_STEP).encrypt(text.encode()).decode()

    def decrypt(self, encrypted_text: str) -> str:
        return cipher(SECOND_STEP).decrypt(encrypted_text.encode()).decode()

    def can_delete_authenticator(self, authenticator) -> bool:
        is_required = Organisation.objects.current().is_second_step_required
        return not (is_required and authenticator.user.is_staff)


def _digest(email: str) -> str:
    return hashlib.sha256(email.lower().encode()).hexdigest()[:32]


def _may_follow(user: User, url: str | None) -> bool:
    """Whether this page is on this person's side of the house."""
    return bool(url) and not str(url).startswith("/espace/" if user.is_staff else "/admin/")
