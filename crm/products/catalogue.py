"""The formules on offer: what leaves the catalogue, and how."""

from collections.abc import Iterable

from django.db import transaction
from django.utils.translation import ngettext
from simple_history.utils import bulk_update_with_history

from crm.accounts.models import User
from crm.products.models import Plan


def obstacles_to_deletion(plan: Plan) -> list[str]:
    """Why this formule must be kept, in sentences; empty when it may be deleted."""
    count = plan.subscriptions.count()
    if not count:
        return []
    return [
        ngettext("%(count)d subscription holds it.", "%(count)d subscriptions hold it.", count)
        % {"count": count}
    ]


@transaction.atomic
def set_on_sale(plans: Iterable[Plan], *, is_on_sale: bool, by: User | None = None) -> int:
    """Put formules on sale or take them off, with a signed history row each; returns how many changed."""
    changed = [plan for plan in plans if plan.is_on_sale != is_on_sale]
    for plan in changed:
        plan.is_on_sale = is_on_sale
    if changed:
        bulk_update_with_history(changed, Plan, ["is_on_sale"], batch_size=500, default_user=by)
    return len(changed)
