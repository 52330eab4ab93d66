"""Who may bring a file in, and who may read what one held."""

from crm.accounts.models import User
from crm.exchange.models import ImportRun

IMPORTING: dict[str, str] = {
    ImportRun.Target.PLAN: "products.import_plan",
    ImportRun.Target.SUBSCRIPTION: "products.import_subscription",
}
READING: dict[str, str] = {
    ImportRun.Target.PLAN: "products.view_plan",
    ImportRun.Target.SUBSCRIPTION: "products.view_subscription",
}
OF_CLIENTS = "clients.import_client"


def may_import(user: User, target: str) -> bool:
    return user.has_perm(IMPORTING.get(target, OF_CLIENTS))


def may_import_something(user: User) -> bool:
    return any(user.has_perm(name) for name in {OF_CLIENTS, *IMPORTING.values()})


def may_read(user: User, target: str) -> bool:
    """Whether the lines of such a file are theirs to read; what is not settled yet is only its sender's matter."""
    if not target:
        return True
    return may_import(user, target) or user.has_perm(READING.get(target, "clients.view_client"))
