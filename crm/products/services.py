"""The verbs of a subscription. Each locks the row it changes, signs its history and tells the client's timeline."""

from collections.abc import Iterable
from datetime import date, datetime

from django.conf import settings
from django.db import transaction
from django.utils.module_loading import import_string
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from crm.accounts.models import User
from crm.products.models import Subscription
from crm.products.models.subscription import is_plausible
from crm.products.renewal import AlreadyRenewed, Refused, Stopped, next_term, refuse_renewal
from crm.timeline.models import Entry
from crm.timeline.services import record


@transaction.atomic
def subscribe(subscription: Subscription, *, at: datetime, by: User | None = None) -> Subscription:
    """Save a new subscription, its blanks filled from its formule."""
    subscription._history_user = by
    subscription.save(force_insert=True)
    summary = _("%(plan)s subscribed until %(end)s") % {
        "plan": subscription.plan,
        "end": _day(subscription.ends_on),
    }
    _tell(subscription, Entry.Kind.SUBSCRIBED, summary, at=at, by=by)
    return subscription


@transaction.atomic
def change(
    subscription: Subscription, *, fields: Iterable[str], at: datetime, by: User | None = None
) -> Subscription:
    """Write the `fields` that a form changed, and those only: a verb may have passed since the form was opened."""
    fields, edited = list(fields), subscription
    subscription = _locked(edited)
    for name in fields:
        setattr(subscription, name, getattr(edited, name))
    if fields:
        _write(subscription, fields, by)
    labels = {field.name: field.verbose_name for field in Subscription._meta.fields}
    names = [capfirst(str(labels[name])) for name in fields]
    if names:
        summary = _("%(plan)s changed: %(fields)s") % {"plan": subscription.plan, "fields": ", ".join(names)}
        _tell(subscription, Entry.Kind.SUBSCRIPTION_CHANGED, summary, at=at, by=by)
    return subscription


@transaction.atomic
def renew(subscription: Subscription, *, at: datetime, by: User | None = None) -> Subscription:
    """Create the next term, once. Raises AlreadyRenewed or Stopped."""
    subscription = _locked(subscription)
    refuse_renewal(subscription)
    renewed = next_term(subscription)
    renewed._history_user = by
    renewed.save()
    summary = _("%(plan)s renewed until %(end)s") % {"plan": renewed.plan, "end": _day(renewed.ends_on)}
    _tell(renewed, Entry.Kind.RENEWED, summary, at=at, by=by)
    return renewed


@transaction.atomic
def move_end(
    subscription: Subscription, *, ends_on: date, at: datetime, by: User | None = None
) -> Subscription:
    """Give the term another last day; the next term's anniversaries are counted from the day after it."""
    subscription = _locked(subscription)
    _refuse_put_away(subscription)
    if subscription.cancelled_on:
        raise Stopped(_("This subscription is cancelled: resume it first."))
    if not is_plausible(ends_on):
        raise Refused(_("This year is not possible here."))
    if ends_on < subscription.subscribed_on:
        days = {"end": _day(ends_on), "start": _day(subscription.subscribed_on)}
        raise Refused(_("%(end)s comes before %(start)s.") % days)
    if subscription.is_renewed and ends_on >= subscription.renewed_by.subscribed_on:
        start = _day(subscription.renewed_by.subscribed_on)
        raise Refused(_("The next term starts on %(start)s: change the end of that one.") % {"start": start})
    if ends_on == subscription.ends_on:
        return subscription
    days = {"plan": str(subscription.plan), "before": _day(subscription.ends_on), "after": _day(ends_on)}
    subscription.ends_on = ends_on
    _write(subscription, ["ends_on"], by)
    summary = _("%(plan)s: end moved from %(before)s to %(after)s") % days
    _tell(subscription, Entry.Kind.SUBSCRIPTION_CHANGED, summary, at=at, by=by)
    return subscription


@transaction.atomic
def stop(
    subscription: Subscription, *, day: date, at: datetime, reason: str = "", by: User | None = None
) -> Subscription:
    """Said on `day`: it runs to its end, then is not renewed."""
    subscription = _stoppable(subscription)
    subscription.not_renewed_on, subscription.stop_reason = day, reason
    _write(subscription, ["not_renewed_on", "stop_reason"], by)
    summary = _("%(plan)s will stop on %(end)s") % {
        "plan": subscription.plan,
        "end": _day(subscription.ends_on),
    }
    _tell(subscription, Entry.Kind.STOPPED, summary, at=at, by=by)
    return subscription


@transaction.atomic
def cancel(
    subscription: Subscription, *, day: date, at: datetime, reason: str = "", by: User | None = None
) -> Subscription:
    """`day` is the last day of service; instalments after it are not due. Before the start: it never begins."""
    subscription = _stoppable(subscription)
    if day > subscription.ends_on:
        raise Refused(_("It ends on %(end)s: choose a day up to then.") % {"end": _day(subscription.ends_on)})
    if not is_plausible(day):
        raise Refused(_("This year is not possible here."))
    subscription.cancelled_on, subscription.stop_reason = day, reason
    _write(subscription, ["cancelled_on", "stop_reason"], by)
    summary = _("%(plan)s cancelled, last day %(day)s") % {"plan": subscription.plan, "day": _day(day)}
    _tell(subscription, Entry.Kind.STOPPED, summary, at=at, by=by)
    return subscription


@transaction.atomic
def resume(subscription: Subscription, *, at: datetime, by: User | None = None) -> Subscription:
    """Take back a stop or a cancellation: it runs to its end and may be renewed."""
    subscription = _locked(subscription)
    _refuse_put_away(subscription)
    if not (subscription.cancelled_on or subscription.not_renewed_on):
        raise Refused(_("This subscription is not stopped."))
    subscription.cancelled_on, subscription.not_renewed_on, subscription.stop_reason = None, None, ""
    _write(subscription, ["cancelled_on", "not_renewed_on", "stop_reason"], by)
    summary = _("%(plan)s resumed") % {"plan": subscription.plan}
    _tell(subscription, Entry.Kind.SUBSCRIPTION_CHANGED, summary, at=at, by=by)
    return subscription


@transaction.atomic
def archive(subscription: Subscription, *, day: date, at: datetime, by: User | None = None) -> Subscription:
    """Put a subscription entered by mistake away: out of lists and figures. The term it renewed may be renewed again."""
    subscription = _locked(subscription)
    _refuse_put_away(subscription)
    _refuse_followed(subscription)
    subscription.archived_on, subscription.renews = day, None
    _write(subscription, ["archived_on", "renews"], by)
    summary = _("%(plan)s archived") % {"plan": subscription.plan}
    _tell(subscription, Entry.Kind.SUBSCRIPTION_CHANGED, summary, at=at, by=by)
    return subscription


@transaction.atomic
def restore(subscription: Subscription, *, at: datetime, by: User | None = None) -> Subscription:
    subscription = _locked(subscription)
    subscription.archived_on = None
    _write(subscription, ["archived_on"], by)
    summary = _("%(plan)s taken out of the archives") % {"plan": subscription.plan}
    _tell(subscription, Entry.Kind.SUBSCRIPTION_CHANGED, summary, at=at, by=by)
    return subscription


def obstacles_to_deletion(subscription: Subscription) -> list[str]:
    """Why this subscription must be kept, in sentences; empty when it may be deleted."""
    return [
        reason for path in settings.PROOFS_OF_A_SUBSCRIPTION for reason in import_string(path)(subscription)
    ]


def _locked(subscription: Subscription) -> Subscription:
    rows = Subscription.objects.select_for_update(of=["self"]).select_related("client", "plan")
    return rows.get(pk=subscription.pk)


def _stoppable(subscription: Subscription) -> Subscription:
    subscription = _locked(subscription)
    _refuse_put_away(subscription)
    if subscription.cancelled_on:
        raise Stopped(_("This subscription is already cancelled."))
    _refuse_followed(subscription)
    return subscription


def _refuse_followed(subscription: Subscription) -> None:
    if subscription.is_renewed and not subscription.renewed_by.cancelled_on:
        raise AlreadyRenewed(_("A next term renews it: see to that one first."))


def _refuse_put_away(subscription: Subscription) -> None:
    if subscription.archived_on:
        raise Stopped(_("This subscription is archived."))


def _write(subscription: Subscription, fields: list[str], by: User | None) -> None:
    subscription._history_user = by
    subscription.save(update_fields=fields)


def _tell(
    subscription: Subscription, kind: Entry.Kind, summary: str, *, at: datetime, by: User | None
) -> None:
    record(subscription.client, kind, summary, at=at, by=by, target=subscription, is_visible_to_client=True)


def _day(day: date) -> str:
    return f"{day:%d/%m/%Y}"
