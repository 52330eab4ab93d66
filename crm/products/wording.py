"""A term said as a person says it."""

from datetime import date

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from crm.products.models import Subscription


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
