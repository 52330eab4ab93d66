"""The verbs of reminders. None asks the clock: `day` is the day that is decided for, `at` the instant."""

import logging
from collections import Counter
from collections.abc import Iterable
from datetime import date, datetime, timedelta

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from crm.accounts.models import User
from crm.mailing import services as mailing
from crm.mailing.models import Mail
from crm.products.models import Subscription
from crm.products.renewal import Refused
from crm.products.services import renew
from crm.reminders.choosing import Choice, chosen, offsets_of, undecided_on
from crm.reminders.models import Pause, Reminder, Rule, Run
from crm.reminders.notices import notices_due, to_renew
from crm.reminders.returns import take_back
from crm.reminders.timetable import Due, Offset
from crm.reminders.writing import Occasion, write, write_notices
from crm.timeline.models import Entry
from crm.timeline.services import record

logger = logging.getLogger(__name__)
LOT = 200


class NotNow(Exception):
    """A reminder that cannot be sent, or kept from being sent; the message is a sentence for the person who asked."""


def send_due(*, day: date, at: datetime) -> Run:
    """Write everything that is due on `day`: notices of renewal, reminders, tacit renewals. Done twice, it adds nothing."""
    take_back(day=day)
    occasion = Occasion(day, at)
    tally: Counter[str] = Counter()
    terms = notices_due(day)
    for lot in _lots(terms):
        tally.update(_written(lambda lot=lot: write_notices(lot, occasion)))
    for lot in _lots(chosen(day)):
        tally.update(_written(lambda lot=lot: write(lot, occasion)))
    return _note_run(day, at, tally, renewed=renew_tacitly(day=day, at=at))


def _lots(rows: list) -> Iterable[list]:
    return (rows[start : start + LOT] for start in range(0, len(rows), LOT))


def _written(verb) -> list[str]:
    """The statuses written; none when another process wrote one of these first: it then wrote them all."""
    try:
        return [row.status for row in verb()]
    except IntegrityError:
        logger.warning("Another process is writing the same reminders: nothing is written twice.")
        return []


@transaction.atomic
def _note_run(day: date, at: datetime, tally: Counter[str], *, renewed: int) -> Run:
    run, _created = Run.objects.select_for_update().get_or_create(day=day, defaults={"finished_at": at})
    run.finished_at = at
    run.mailed += tally[Reminder.Status.MAILED]
    run.letters += tally[Reminder.Status.LETTER]
    run.superseded += tally[Reminder.Status.SUPERSEDED]
    run.skipped += tally[Reminder.Status.SKIPPED]
    run.renewed += renewed
    run.judge(Run.objects.usual(day))
    run.save()
    return run


def renew_tacitly(*, day: date, at: datetime) -> int:
    """Create the next term of each tacit one whose last day has come; returns how many."""
    done = 0
    for term in to_renew(day):
        try:
            renew(term, at=at)
            done += 1
        except Refused as refusal:
            logger.warning("Subscription %s is not renewed: %s", term.pk, refusal)
    return done


@transaction.atomic
def send_now(term: Subscription, *, days: int, day: date, at: datetime, by: User) -> Reminder:
    """Send at once the reminder of so many days, due or not. Raises NotNow."""
    term = (
        Subscription.objects.select_for_update(of=["self"]).select_related("client", "plan").get(pk=term.pk)
    )
    if not undecided_on(day).filter(pk=term.pk).exists():
        raise NotNow(_("This service is over, stopped or renewed: there is nothing to remind of."))
    if Pause.objects.on(day).paused_among([term]):
        raise NotNow(_("Reminders are paused for this service: resume them first."))
    earlier = list(Reminder.objects.filter(subscription=term, purpose=Reminder.Purpose.END))
    if any(one.day == day and one.status == Reminder.Status.MAILED for one in earlier):
        raise NotNow(_("A reminder already left for this service today."))
    known = {one.days: one for one in earlier if one.ends_on == term.ends_on}
    if days in known and known[days].status == Reminder.Status.MAILED:
        raise NotNow(_("This reminder was already sent."))
    offsets = offsets_of(term, Rule.objects.offsets())
    offset = next((one for one in offsets if one.days == days), None) or Offset(days=days, since=day)
    (row,) = write([Choice(term, Due(mail=offset), known)], Occasion(day, at, by))
    return row


@transaction.atomic
def do_not_send(term: Subscription, *, days: int, day: date, at: datetime, by: User) -> Reminder:
    """This reminder is not to be sent. Raises NotNow when it has left."""
    key = {"subscription": term, "ends_on": term.ends_on, "purpose": Reminder.Purpose.END, "days": days}
    defaults = {
        "status": Reminder.Status.SKIPPED,
        "why": Reminder.Why.BY_HAND,
        "day": day,
        "written_at": at,
        "by": by,
    }
    row, is_new = Reminder.objects.select_for_update().get_or_create(**key, defaults=defaults)
    if is_new:
        return row
    waiting = [mail for mail in row.mails.all() if mail.status != Mail.Status.CANCELLED]
    if any(not mailing.cancel(mail, why=str(Reminder.Why.BY_HAND.label)) for mail in waiting):
        raise NotNow(_("This reminder has already left."))
    for name, value in defaults.items():
        setattr(row, name, value)
    row.save(update_fields=list(defaults))
    return row


@transaction.atomic
def pause(term: Subscription, *, day: date, by: User) -> Pause:
    """From that day no reminder leaves for this subscription, until somebody resumes them."""
    term = Subscription.objects.select_for_update(of=["self"]).get(pk=term.pk)
    found = Pause.objects.on(day).filter(subscription=term).first()
    return found or Pause.objects.create(subscription=term, starts_on=day, by=by)


@transaction.atomic
def resume(pause: Pause, *, day: date) -> None:
    """Reminders leave again from that day: of those that were due meanwhile, the most urgent."""
    if pause.starts_on >= day:
        pause.delete()
        return
    pause.ends_on = day - timedelta(days=1)
    pause.save(update_fields=["ends_on"])


@transaction.atomic
def note_printed(reminders: Iterable[Reminder], *, at: datetime, by: User) -> int:
    """These letters are printed: each leaves the list and is told on its client's timeline. Returns how many."""
    keys = [one.pk for one in reminders]
    rows = list(
        Reminder.objects.letters_to_print()
        .filter(pk__in=keys)
        .select_for_update(of=["self"])
        .select_related("subscription__client", "subscription__plan")
    )
    for row in rows:
        row.printed_at = at
        row.save(update_fields=["printed_at"])
        summary = _("Letter printed: %(what)s") % {"what": row}
        record(
            row.subscription.client,
            Entry.Kind.MAILED_OUT,
            summary,
            at=at,
            by=by,
            target=row,
            is_visible_to_client=True,
        )
    return len(rows)
