"""The session of an impersonation: django-hijack's own exchange, with what it does not keep."""

from datetime import datetime

from allauth.usersessions.models import UserSession
from django.contrib.auth import logout
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from hijack.views import AcquireUserView, ReleaseUserView

from crm.access.impersonating import end
from crm.access.models import Impersonation

KEY = "impersonation"
# What Django's sign-in signal stamps; see receivers. An impersonation does not make the staff's own session younger.
SIGNED_IN_AT = "signed_in_at"


def impersonation_of(request: HttpRequest) -> Impersonation | None:
    """The one under way in this session, read once a request."""
    if not hasattr(request, "_impersonation"):
        kept = request.session.get(KEY)
        rows = Impersonation.objects.select_related("by", "user", "client")
        request._impersonation = rows.filter(pk=kept["pk"]).first() if kept else None
    return request._impersonation


def take(request: HttpRequest, impersonation: Impersonation) -> HttpResponse:
    """`request` posts `user_pk`, which django-hijack reads and asks `may_impersonate` about."""
    signed_in_at = request.session.get(SIGNED_IN_AT)
    response = AcquireUserView.as_view(success_url=reverse("portal:account"))(request)
    if request.session.get("hijack_history"):
        request.session[KEY] = {"pk": impersonation.pk, SIGNED_IN_AT: signed_in_at}
    return response


def give_back(request: HttpRequest, *, at: datetime | None = None) -> HttpResponse:
    """The member of staff is themselves again, on the sheet of the client; or signed out when they no longer may."""
    impersonation, kept = impersonation_of(request), request.session.get(KEY, {})
    now = at or timezone.now()
    if impersonation is not None:
        end(impersonation, at=now)
    if impersonation is None or not (impersonation.by.is_active and impersonation.by.is_staff):
        logout(request)
        return redirect("account_login")
    view = ReleaseUserView()
    view.setup(request)
    view.post(request)
    request.session.pop(KEY, None)
    request.session[SIGNED_IN_AT] = kept.get(SIGNED_IN_AT) or 0
    UserSession.objects.create_from_request(request)
    request._impersonation = None
    if impersonation.client is None:
        return redirect("admin:index")
    return redirect("admin:clients_client_consult", impersonation.client.pk)
