"""Who at the office hears of a client's request."""

from django.db.models import Q

from crm.accounts.models import User
from crm.accounts.roles import role_name
from crm.clients.models import Client
from crm.organisation.models import Organisation


def staff_addresses(client: Client) -> list[str]:
    """The client's manager; without one, the address of the Settings screen; without that, the administrators."""
    if client.manager is not None and client.manager.is_active and client.manager.email:
        return [client.manager.email]
    return office_addresses()


def office_addresses() -> list[str]:
    if address := Organisation.objects.current().requests_email:
        return [address]
    administrators = User.objects.filter(is_active=True, is_staff=True).filter(
        Q(is_superuser=True) | Q(groups__name=role_name("Administrator"))
    )
    return sorted(set(administrators.exclude(email="").values_list("email", flat=True)))
