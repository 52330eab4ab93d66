"""Small invented records. Each maker takes any field of its model."""

from datetime import UTC, date, datetime
from decimal import Decimal

from allauth.account.models import EmailAddress
from django.contrib.auth.models import Group
from django.utils import timezone

from crm.access.models import Access
from crm.accounts.models import User
from crm.accounts.roles import role_name
from crm.activity.models import Intervention
from crm.clients.models import Client
from crm.products.models import Plan, Subscription
from crm.timeline.models import Action, ActionKind


def individual(**fields) -> Client:
    fields = {"last_name": "Petit", "first_name": "Chloé", **fields}
    return Client.objects.create(kind=Client.Kind.INDIVIDUAL, **fields)


def professional(**fields) -> Client:
    fields = {"legal_name": "Boulangerie Imaginaire", **fields}
    return Client.objects.create(kind=Client.Kind.PROFESSIONAL, **fields)


def association(**fields) -> Client:
    fields = {"association_name": "Les Amis du Livre Imaginaire", **fields}
    return Client.objects.create(kind=Client.Kind.ASSOCIATION, **fields)


def plan(**fields) -> Plan:
    fields = {"name": "Confort", "price_excl_tax": Decimal("100.00"), **fields}
    return Plan.objects.create(**fields)


def subscription(client: Client, of: Plan, **fields) -> Subscription:
    fields = {
        "subscribed_on": date(2026, 1, 1),
        "price_excl_tax": of.price_excl_tax,
        "vat_rate": of.vat_rate,
        "billing_period": of.billing_period,
        **fields,
    }
    return Subscription.objects.create(client=client, plan=of, **fields)


def opening(*clients: Client, email: str, is_confirmed: bool = True, **fields) -> User:
    """A person who opens the space of these clients."""
    fields = {"password": "correct-horse-battery", **fields}
    user = User.objects.create_user(email, **fields)
    EmailAddress.objects.create(user=user, email=email, verified=is_confirmed, primary=True)
    for client in clients:
        Access.objects.create(user=user, client=client, since=timezone.now())
    return user


def action_kind(**fields) -> ActionKind:
    fields = {"name": "Visite", "icon": "location-dot", "color": "#1f5f8b", **fields}
    return ActionKind.objects.get_or_create(name=fields["name"], defaults=fields)[0]


def action(client: Client, **fields) -> Action:
    """Unsaved: `note_action` writes it down."""
    fields = {"title": "Passage au magasin", "at": datetime(2026, 11, 20, 14, 30, tzinfo=UTC), **fields}
    return Action(client=client, kind=fields.pop("kind", None) or action_kind(), **fields)


def intervention(client: Client, **fields) -> Intervention:
    """Saved as it is: `add_intervention` is the verb that has an effect."""
    fields = {"title": "Dépannage", "planned_for": datetime(2026, 12, 1, 9, tzinfo=UTC), **fields}
    return Intervention.objects.create(client=client, **fields)


def staff(email: str, role: str | None = None, **fields) -> User:
    """A member of staff in a shipped role: Administrator, Manager or Read-only."""
    user = User.objects.create_user(email, "correct-horse-battery", is_staff=True, **fields)
    if role:
        user.groups.add(Group.objects.get(name=role_name(role)))
    return user
