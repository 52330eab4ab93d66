"""Which client's space is open: asked anew at each request, so that a closed access is closed at once."""

from collections.abc import Callable
from functools import partial, wraps

from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.functional import SimpleLazyObject

from crm.access.models import Access
from crm.access.takeover import impersonation_of
from crm.clients.models import Client

KEY = "client"
# Enough to name a client, and to speak their language.
SHOWN = [f"client__{name}" for name in (*Client.NAMED_BY, "preferred_language")]


def openable(request: HttpRequest) -> list[Client]:
    """The clients whose space this person may open now, by name, with what is SHOWN alone; one query a request."""
    if not hasattr(request, "_openable"):
        request._openable = _openable(request)
    return request._openable


def _openable(request: HttpRequest) -> list[Client]:
    if not request.user.is_authenticated or request.user.is_staff:
        return []
    impersonation = impersonation_of(request)
    if impersonation is not None:
        # That client alone, whatever else the same person opens; even while their access is disabled.
        return [impersonation.client] if impersonation.client and not impersonation.client.is_archived else []
    accesses = Access.objects.open().filter(user=request.user).select_related("client").only(*SHOWN)
    return [access.client for access in accesses.order_by("client__sort_name", "client")]


def current_client(request: HttpRequest) -> Client | None:
    """The chosen client, or the only one; None when one must be chosen, or when there is none."""
    clients = openable(request)
    if len(clients) == 1:
        return clients[0]
    return next((client for client in clients if client.pk == request.session.get(KEY)), None)


def choose(request: HttpRequest, client: Client) -> None:
    """Raises PermissionDenied for a client that this person may not open."""
    if client not in openable(request):
        raise PermissionDenied
    request.session[KEY] = client.pk


def for_client(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """A page of the client space: `request.client` is the one whose space is open.

    It is read when it is needed: a page that only asks whether anything is new needs no more than `client_id`.
    """

    @wraps(view)
    @login_required
    def opened(request: HttpRequest, *args, **kwargs) -> HttpResponse:
        client = current_client(request)
        if client is None:
            return redirect("access:choose")
        request.client_id = client.pk
        request.client = SimpleLazyObject(partial(_whole, client))
        return view(request, *args, **kwargs)

    return opened


def _whole(client: Client) -> Client:
    """With all its fields. Deleted since the page was asked for: there is no such page any more."""
    return get_object_or_404(Client, pk=client.pk) if client.get_deferred_fields() else client


def for_anyone(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """A page of the client space that a link of a mail opens: nobody is asked to sign in, whoever is signed in."""
    view.is_for_anyone = True  # type: ignore[attr-defined]
    return view
