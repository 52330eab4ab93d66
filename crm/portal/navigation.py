"""The pages of the client space that its menu leads to. A page with something that waits says how many beside it."""

from collections.abc import Callable
from dataclasses import dataclass

from django.http import HttpRequest
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from crm.access.choosing import current_client
from crm.clients.models import Client
from crm.conversations.models import Thread
from crm.portal.asked import waiting_count

MESSAGES = "portal:messages"


@dataclass(frozen=True)
class Page:
    """`count`: how much waits there."""

    name: str
    title: str | Promise
    count: Callable[[Client], int] | None = None


def unread_messages(client: Client) -> int:
    found = Thread.objects.filter(client=client).values_list("unread_by_client", flat=True)
    return found.first() or 0


PAGES = [
    Page("portal:account", _("My account")),
    Page("portal:change", _("Change my record")),
    Page("portal:requests", _("My requests"), waiting_count),
    Page(MESSAGES, _("Messages"), unread_messages),
]


@dataclass(frozen=True)
class Item:
    title: str
    address: str
    is_here: bool
    number: int
    # Its number is kept up to date, and shown in the tab's title.
    is_messages: bool = False


def menu(request: HttpRequest) -> list[Item]:
    """What this person may open now; only the way to their account while they have not chosen which. Once a request:
    the title reads it too."""
    if not hasattr(request, "_menu"):
        request._menu = _menu(request)  # type: ignore[attr-defined]
    return request._menu  # type: ignore[attr-defined]


def unread(request: HttpRequest) -> int:
    if not request.user.is_authenticated or request.user.is_staff:
        return 0
    return next((item.number for item in menu(request) if item.is_messages), 0)


def _menu(request: HttpRequest) -> list[Item]:
    client = current_client(request)
    pages = PAGES if client is not None and not request.user.must_change_password else PAGES[:1]
    return [_item(page, client, request.path) for page in pages]


def _item(page: Page, client: Client | None, path: str) -> Item:
    number = page.count(client) if page.count and client is not None else 0
    address = reverse(page.name)
    return Item(str(page.title), address, address == path, number, page.name == MESSAGES)
