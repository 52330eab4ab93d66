"""At each request: is this session still good, and is this page on this person's side of the house?"""

from collections.abc import Callable
from functools import partial

from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.conf import settings
from django.contrib import messages
from django.contrib.auth import logout
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone, translation
from django.utils.functional import SimpleLazyObject
from django.utils.translation import gettext as _

from crm.access.choosing import current_client, openable
from crm.access.impersonating import may_go_on
from crm.access.receivers import SEEN_AT
from crm.access.sessions import limits
from crm.access.takeover import SIGNED_IN_AT, give_back, impersonation_of
from crm.access.urls import DOORS
from crm.organisation.models import Organisation

SPACE, OFFICE = "/espace/", "/admin/"
# What is always answered: leaving, and being told that one may not come in.
WAYS_OUT = {"account_logout", "account_inactive", "account_login"}
# How often a session notes that it was used: a write for each page would cost more than the pages.
NOTE_SECONDS = 60
# Borne by what a page asks by itself while nobody touches it: that is no use of the session, which may come to its end.
IDLE = "X-Idle"

GetResponse = Callable[[HttpRequest], HttpResponse]


class SessionMiddleware:
    """A session ends by itself: some time after its last page, and some time after it began."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.user.is_authenticated:
            now = int(timezone.now().timestamp())
            idle, longest = limits(request.user)
            signed_in_at = request.session.get(SIGNED_IN_AT, 0)
            seen_at = request.session.get(SEEN_AT, 0)
            if now - seen_at >= idle or now - signed_in_at >= longest:
                logout(request)
                messages.info(request, _("Your session is over: sign in again."))
            elif now - seen_at >= NOTE_SECONDS and IDLE not in request.headers:
                request.session[SEEN_AT] = now
                UserSession.objects.filter(session_key=request.session.session_key).update(
                    last_seen_at=timezone.now()
                )
        return self.get_response(request)


class DoorsMiddleware:
    """Staff and clients never share a page, but those of signing in. Whatever is refused is refused before any view."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        request.author = SimpleLazyObject(partial(_author, request))  # type: ignore[attr-defined]
        if not request.path.startswith(SPACE):
            return self.get_response(request)
        with translation.override(_language(request)):
            response = self.get_response(request)
            if hasattr(response, "render") and not response.is_rendered:
                response.render()
        if not hasattr(response, "_csp_replace"):
            response._csp_config = settings.SPACE_SECURITY_POLICY  # type: ignore[attr-defined]
        response.headers.setdefault("Cache-Control", "no-store, private")
        return response

    def process_view(self, request: HttpRequest, view, args, kwargs) -> HttpResponse | None:
        if not request.user.is_authenticated:
            return None
        match = request.resolver_match
        name = match.view_name if match else ""
        if impersonation_of(request) is not None:
            return _in_place_of_a_client(request, name)
        if name in WAYS_OUT or getattr(view, "is_for_anyone", False):
            return None
        if request.user.is_staff:
            return _of_staff(request, name)
        return _of_client(request, name)


def _in_place_of_a_client(request: HttpRequest, name: str) -> HttpResponse | None:
    """Only pages that the client may open; nothing of their sign-in; nothing written, unless that was granted."""
    impersonation = impersonation_of(request)
    if name == "hijack:release":
        return None
    if not may_go_on(impersonation, now=timezone.now()):
        response = give_back(request)
        messages.info(request, _("The immediate access is over."))
        return response
    if name in DOORS or not request.path.startswith(SPACE):
        raise PermissionDenied(_("This page is not open in the place of a client."))
    if request.method not in ("GET", "HEAD") and not impersonation.may_write:
        raise PermissionDenied(_("You are reading in the place of this client: nothing can be sent."))
    return None


def _of_staff(request: HttpRequest, name: str) -> HttpResponse | None:
    if name in DOORS:
        return None
    if request.path.startswith(SPACE):
        raise PermissionDenied(_("This page belongs to clients."))
    if request.user.must_change_password:
        return redirect("account_change_password")
    if Organisation.objects.current().is_second_step_required and not _has_second_step(request.user):
        messages.warning(request, _("Set up the second step of your sign-in to go on."))
        return redirect("mfa_activate_totp")
    return None


def _has_second_step(user) -> bool:
    return Authenticator.objects.filter(user=user, type=Authenticator.Type.TOTP).exists()


def _of_client(request: HttpRequest, name: str) -> HttpResponse | None:
    if request.path.startswith(OFFICE):
        raise PermissionDenied
    if not request.path.startswith(SPACE):
        return None
    if not openable(request):
        logout(request)
        return redirect("account_inactive")
    if request.user.must_change_password and name not in DOORS:
        return redirect("account_change_password")
    return None


def _author(request: HttpRequest):
    """Who signs what this request writes: the member of staff, when they are in the place of a client."""
    impersonation = impersonation_of(request) if request.user.is_authenticated else None
    return impersonation.by if impersonation is not None else request.user


def _language(request: HttpRequest) -> str:
    """The client's own; the browser's for who is not signed in; the installation's for staff."""
    if not request.user.is_authenticated:
        return translation.get_language_from_request(request)
    client = current_client(request)
    known = dict(settings.LANGUAGES)
    if client is not None and client.preferred_language in known:
        return client.preferred_language
    return settings.LANGUAGE_CODE
