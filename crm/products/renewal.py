"""What the next term of a subscription is, and why there may be none."""

from django.utils.translation import gettext as _

from crm.france.terms import eve_of_anniversary, months_between
from crm.products.models import Plan, Subscription
from crm.products.models.subscription import DAY, is_plausible


class Refused(Exception):
    """A verb that was not done; the message is a sentence for the person who asked."""


class AlreadyRenewed(Refused):
    """A term is renewed once."""


class Stopped(Refused):
    """A cancelled, archived or denounced term has no next one."""


def next_term(subscription: Subscription) -> Subscription:
    """The unsaved term that follows: same price, from the day after the end, as long as the formule's usual duration.

    Anniversaries are reckoned from the anchor, never from the previous end: 31 January, monthly, ends on
    27 February, then on 30 March.
    """
    start = subscription.ends_on + DAY
    anchor = subscription.next_anchor()
    elapsed = months_between(anchor, start)
    return Subscription(
        client_id=subscription.client_id,
        plan=subscription.plan,
        subscribed_on=start,
        ends_on=eve_of_anniversary(anchor, elapsed + subscription.plan.duration_months),
        description=subscription.description,
        origin=subscription.origin,
        price_excl_tax=subscription.price_excl_tax,
        vat_rate=subscription.vat_rate,
        vat_exemption_reason=subscription.vat_exemption_reason,
        billing_period=subscription.billing_period,
        anchor_on=anchor,
        renews=subscription,
    )


def refuse_renewal(subscription: Subscription) -> None:
    """Raise AlreadyRenewed or Stopped, with the reason, when this term can have no next one."""
    if subscription.is_renewed:
        raise AlreadyRenewed(_("This subscription is already renewed."))
    if subscription.cancelled_on or subscription.archived_on or subscription.client.archived_on:
        raise Stopped(_("A cancelled or archived subscription is not renewed."))
    if subscription.not_renewed_on:
        raise Stopped(
            _("It was said on %(day)s that it is not renewed.")
            % {"day": f"{subscription.not_renewed_on:%d/%m/%Y}"}
        )
    if subscription.plan.renewal == Plan.Renewal.NONE:
        raise Stopped(_("This formule is never renewed."))
    if not is_plausible(subscription.ends_on):
        raise Stopped(_("This year is not possible here."))
