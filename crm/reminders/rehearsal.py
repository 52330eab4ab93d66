"""What a pass wrote, told subscription by subscription; and a pass that is played, told and taken back.

Both take the same path: what a rehearsal tells is what the real pass then does.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime

from django.db import transaction
from django.db.models import Exists, F
from django.utils.translation import gettext as _

from crm.change_requests.models import ServiceRequest
from crm.products.models import Subscription
from crm.reminders import services
from crm.reminders.choosing import silent_on, why_nothing_follows
from crm.reminders.models import Pause, Reminder, Run
from crm.reminders.notices import to_renew


@dataclass
class Line:
    """What a pass does for one subscription: a notice, a reminder, those it replaces or leaves out, a renewal; or
    nothing, and why."""

    term: Subscription
    notice: Reminder | None = None
    reminder: Reminder | None = None
    superseded: list[Reminder] = field(default_factory=list)
    skipped: list[Reminder] = field(default_factory=list)
    renewed_until: date | None = None
    silence: str = ""

    def add(self, row: Reminder) -> None:
        if row.status == Reminder.Status.SUPERSEDED:
            self.superseded.append(row)
        elif row.status == Reminder.Status.SKIPPED:
            self.skipped.append(row)
        elif row.purpose == Reminder.Purpose.NOTICE:
            self.notice = row
        else:
            self.reminder = row


@dataclass
class Report:
    day: date
    run: Run
    lines: list[Line]

    def sent(self, status: str) -> int:
        """How many reminders and notices took that way."""
        rows = [row for line in self.lines for row in (line.notice, line.reminder)]
        return sum(row is not None and row.status == status for row in rows)


def play(*, day: date, at: datetime) -> Report:
    """Do the pass of that day, and tell what it did."""
    ending = list(to_renew(day).values_list("pk", flat=True))
    run = services.send_due(day=day, at=at)
    return Report(day, run, _lines(day, at, ending))


def rehearse(*, day: date, at: datetime) -> Report:
    """The same, of which nothing is kept."""
    with transaction.atomic():
        report = play(day=day, at=at)
        transaction.set_rollback(True)
    return report


def _lines(day: date, at: datetime, ending: list[int]) -> list[Line]:
    """The nearest end first."""
    written: dict[int, list[Reminder]] = defaultdict(list)
    for row in Reminder.objects.filter(written_at=at, day=day).prefetch_related("mails").order_by("-days"):
        written[row.subscription_id].append(row)
    renewed = dict(Subscription.objects.filter(renews__in=ending).values_list("renews", "ends_on"))
    lines = {term.pk: Line(term) for term in _terms({*written, *renewed})}
    for pk, rows in written.items():
        for row in rows:
            lines[pk].add(row)
    for pk, ends_on in renewed.items():
        lines[pk].renewed_until = ends_on
    quiet = [line for line in _silent(day) if line.term.pk not in lines]
    return sorted([*lines.values(), *quiet], key=lambda line: (line.term.ends_on, line.term.pk))


def _terms(keys: Iterable[int]) -> list[Subscription]:
    return list(Subscription.objects.select_related("client", "plan").in_bulk(list(keys)).values())


def _silent(day: date) -> list[Line]:
    """Those whose day it is and who are told nothing."""
    terms = silent_on(day).annotate(is_paused=Exists(Pause.objects.on(day).of_term()))
    rows = Reminder.objects.settled().filter(purpose=Reminder.Purpose.END)
    rows = rows.filter(subscription__in=terms.values("pk"), ends_on=F("subscription__ends_on"))
    told = set(rows.values_list("subscription_id", "days"))
    answered = ServiceRequest.objects.silenced_terms(terms.values("pk"))
    lines = []
    for term in terms.select_related("client", "plan", "renewed_by"):
        if (term.pk, (term.ends_on - day).days) in told:
            continue
        why = why_nothing_follows(term, day)
        if not why and (term.pk, term.ends_on) in answered:
            why = _("The client has answered.")
        if not why and term.is_paused:
            why = _("Reminders are paused.")
        lines.append(Line(term, silence=why))
    return lines
