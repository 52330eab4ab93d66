"""What the desks of the formules do. The back office registers them, with what the rooms above add to them."""

from crm.products.admin.plan import PlanAdmin
from crm.products.admin.subscription import SubscriptionAdmin

__all__ = ["PlanAdmin", "SubscriptionAdmin"]
