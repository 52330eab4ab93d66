"""Who should hear of a message: the people of the other side."""

from collections.abc import Iterable

from crm.access.models import Access
from crm.accounts.models import User
from crm.change_requests.recipients import staff_addresses
from crm.clients.models import Client
from crm.conversations.models import Message, Thread


def people_for(message: Message) -> list[User]:
    """Those with a sign-in who should hear of this message."""
    if message.kind == Message.Kind.OFFICE:
        return people_of(message.client)
    if message.is_note:
        return []
    return list(User.objects.filter(email__in=addresses_of_staff(message.client.thread), is_active=True))


def people_of(client: Client) -> list[User]:
    """Everyone who may open this client's space."""
    return [access.user for access in Access.objects.open().filter(client=client).select_related("user")]


def addresses_of_staff(thread: Thread) -> list[str]:
    """Who the thread is assigned to; else who hears of the client's requests: their manager, or the office."""
    assigned = thread.assigned_to
    if assigned is not None and assigned.is_active:
        return [assigned.email]
    return staff_addresses(thread.client)


def by_address(threads: Iterable[Thread]) -> dict[str, list[Thread]]:
    """These threads by the address of who answers them."""
    shared: dict[str, list[Thread]] = {}
    for thread in threads:
        for address in addresses_of_staff(thread):
            shared.setdefault(address, []).append(thread)
    return shared
