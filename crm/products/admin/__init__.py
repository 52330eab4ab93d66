from crm.products.admin.plan import PlanAdmin
from crm.products.admin.subscription import SubscriptionAdmin

__all__ = ["PlanAdmin", "SubscriptionAdmin"]
