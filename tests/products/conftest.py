from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal
from itertools import count

import pytest
from django.contrib.auth.models import Permission

from crm.accounts.models import User
from crm.clients.models import Client
from crm.products.models import Plan, Subscription

AT = datetime(2026, 11, 22, 9, 30, tzinfo=UTC)
TODAY = date(2026, 11, 22)


def new_plan(**fields) -> Plan:
    defaults = {"name": "Essentielle", "price_excl_tax": Decimal("10.00"), "vat_rate": Decimal("20.00")}
    return Plan.objects.create(**defaults | fields)


def new_client(**fields) -> Client:
    defaults = {"kind": "individual", "last_name": "DURAND", "first_name": "Étienne"}
    return Client.objects.create(**defaults | fields)


@pytest.fixture
def plan(db) -> Plan:
    return new_plan()


@pytest.fixture
def customer(db) -> Client:
    return new_client()


@pytest.fixture
def subscribe(plan, customer) -> Callable[..., Subscription]:
    """Make a subscription of the plan, with its price unless told otherwise."""

    def make(**fields) -> Subscription:
        chosen = fields.get("plan", plan)
        defaults = {
            "client": customer,
            "plan": chosen,
            "subscribed_on": date(2026, 1, 1),
            "price_excl_tax": chosen.price_excl_tax,
            "vat_rate": chosen.vat_rate,
            "billing_period": chosen.billing_period,
        }
        return Subscription.objects.create(**defaults | fields)

    return make


@pytest.fixture
def manager(db) -> Callable[[], User]:
    """Make members of staff who see and change only their own clients."""
    numbers = count(1)

    def make() -> User:
        user = User.objects.create_user(
            f"gestion{next(numbers)}@example.org", "correct-horse-battery", is_staff=True
        )
        names = ["view_client", "view_plan", "view_subscription", "add_subscription", "change_subscription"]
        user.user_permissions.set(Permission.objects.filter(codename__in=names))
        return user

    return make
