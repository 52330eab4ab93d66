"""Terms and amounts said as a person says them."""

from datetime import date
from decimal import Decimal

from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from crm.products.models import Subscription

NO_BREAK = "\u00a0"


def euros(amount: Decimal) -> str:
    return f"{number_format(amount, decimal_pos=2, force_grouping=True)}{NO_BREAK}€"


def percent(rate: Decimal) -> str:
    return f"{number_format(rate.normalize() if rate else 0)}{NO_BREAK}%"


def days_in_words(days: int) -> str:
    """How far a day is: in 8 days, tomorrow, today, yesterday, 3 days ago."""
    near = {0: _("today"), 1: _("tomorrow"), -1: _("yesterday")}
    if days in near:
        return near[days]
    if days > 0:
        return ngettext("in %(count)d day", "in %(count)d days", days) % {"count": days}
    return ngettext("%(count)d day ago", "%(count)d days ago", -days) % {"count": -days}


def when_it_ends(subscription: Subscription, day: date) -> str:
    """In how long the service stops, or since when it is over; empty before it begins."""
    return days_in_words(subscription.days_left(day)) if subscription.subscribed_on <= day else ""
