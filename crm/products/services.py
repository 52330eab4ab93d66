from datetime import date

from django.conf import settings
from django.db import transaction
from django.utils.module_loading import import_string
from django.utils.translation import gettext as _

from crm.accounts.models import User
from crm.france.terms import eve_of_anniversary, months_between
from crm.products.models import Subscription
from crm.products.models.subscription import DAY
from crm.timeline.models import Entry
from crm.timeline.services import record


class AlreadyRenewed(Exception):
    """A term is renewed once."""


class Stopped(Exception):
    """A cancelled or archived term has no next one."""


def next_term(subscription: Subscription) -> Subscription:
    """The unsaved term that follows: same price, from the day after the end, as long as the formule's usual duration.

    Anniversaries are reckoned from the anchor, never from the previous end: 31 January, monthly, ends on
    27 February, then on 30 March.
    """
    start = subscription.ends_on + DAY
    anchor = subscription.next_anchor()
    elapsed = months_between(anchor, start)
    return Subscription(
        client=subscription.client,
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


@transaction.atomic
def renew(subscription: Subscription, *, at, by: User | None = None) -> Subscription:
    """Create the next term, once. Raises AlreadyRenewed or Stopped."""
    subscription = Subscription.objects.select_for_update().get(pk=subscription.pk)
    if subscription.cancelled_on or subscription.archived_on:
        raise Stopped(_("A cancelled or archived subscription is not renewed."))
    if Subscription.objects.filter(renews=subscription).exists():
        raise AlreadyRenewed(_("This subscription is already renewed."))
    renewed = next_term(subscription)
    renewed._history_user = by
    renewed.save()
    record(
        subscription.client,
        Entry.Kind.RENEWED,
        _("%(plan)s renewed until %(end)s") % {"plan": renewed.plan, "end": f"{renewed.ends_on:%d/%m/%Y}"},
        at=at,
        by=by,
        target=renewed,
        is_visible_to_client=True,
    )
    return renewed


def obstacles_to_deletion(subscription: Subscription) -> list[str]:
    """Why this subscription must be kept, in sentences; empty when it may be deleted."""
    return [reason for path in settings.PROOFS_OF_A_SUBSCRIPTION for reason in import_string(path)(subscription)]


def archive(subscription: Subscription, *, day: date, by: User | None = None) -> Subscription:
    """Put a subscription entered by mistake away: out of lists and figures, kept in the history."""
    subscription.archived_on = day
    subscription._history_user = by
    subscription.save(update_fields=["archived_on"])
    return subscription
