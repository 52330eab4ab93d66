from crm.products.models.plan import BillingPeriod, Plan
from crm.products.models.subscription import Subscription

__all__ = ["BillingPeriod", "Plan", "Subscription"]
