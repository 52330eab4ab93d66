"""One client: for each service that goes on, what was said of its end, what will be, on which day, and why not."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date

from django.db.models import Q
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from crm.accounts.models import User
from crm.change_requests.models import ServiceRequest
from crm.clients.models import Client
from crm.mailing.models import Mail
from crm.mailing.services import why_not_mailed
from crm.products.models import Plan, Subscription
from crm.products.wording import days_in_words
from crm.reminders.choosing import Offsets, offsets_of, why_nothing_follows
from crm.reminders.course import course_of
from crm.reminders.models import Pause, Reminder, Rule
from crm.reminders.notices import kinds_told, window_of
from crm.reminders.timetable import NoticeWindow
from crm.reminders.writing import why_by_letter

MOST_SERVICES, MOST_EARLIER = 20, 20
MAILED = Reminder.Status.MAILED


@dataclass
class Line:
    """One reminder, or the notice (without `days`): written when there is a `row`, else foreseen or kept back."""

    title: str
    due_on: date
    days: int | None = None
    row: Reminder | None = None
    said: str = ""
    is_coming: bool = False
    may_send: bool = False
    may_withhold: bool = False


@dataclass
class Service:
    term: Subscription
    when: str
    silence: str
    pauses: list[Pause]
    lines: list[Line] = field(default_factory=list)
    is_renewed_on: date | None = None


def of_client(client: Client, user: User) -> dict:
    today = timezone.localdate()
    rows = list(
        Reminder.objects.filter(subscription__client=client)
        .select_related("subscription__plan", "by")
        .prefetch_related("mails")
        .order_by("-day", "-pk")
    )
    outlook = Outlook(client, today, rows)
    services = outlook.services()
    shown = {line.row.pk for service in services for line in service.lines if line.row}
    return {
        "services": services,
        "earlier": [row for row in rows if row.pk not in shown][:MOST_EARLIER],
        "may_act": user.has_perm("reminders.change_reminder"),
        "may_pause": user.has_perm("reminders.add_pause"),
        "may_resume": user.has_perm("reminders.change_pause"),
        "may_resume_everybody": user.has_perm("reminders.pause_everybody"),
    }


class Outlook:
    """Read at once for all the services of a client."""

    def __init__(self, client: Client, today: date, rows: Iterable[Reminder]) -> None:
        self.client, self.today = client, today
        self.offsets: Offsets = Rule.objects.offsets()
        self.rows: dict[int, list[Reminder]] = defaultdict(list)
        for row in rows:
            self.rows[row.subscription_id].append(row)
        self.pauses = list(
            Pause.objects.filter(Q(ends_on=None) | Q(ends_on__gte=today))
            .filter(Q(client=client) | Q(subscription__client=client) | Q(client=None, subscription=None))
            .order_by("starts_on")
        )
        self.refusing = why_not_mailed([client.email] if client.email else [])

    def services(self) -> list[Service]:
        terms = Subscription.objects.filter(client=self.client, archived_on=None, ends_on__gte=self.today)
        terms = terms.select_related("client", "plan", "renewed_by").order_by("ends_on", "pk")
        found = list(terms[:MOST_SERVICES])
        answered = ServiceRequest.objects.silenced_terms(found)
        return [self._service(term, (term.pk, term.ends_on) in answered) for term in found]

    def _service(self, term: Subscription, has_answer: bool) -> Service:
        why = why_nothing_follows(term, self.today)
        pauses = [one for one in self.pauses if one.concerns(term)]
        service = Service(
            term,
            days_in_words((term.ends_on - self.today).days),
            why or (_("The client has answered.") if has_answer else ""),
            [one for one in pauses if one.covers(self.today)],
        )
        if term.plan.renewal == Plan.Renewal.TACIT:
            if window := window_of(term):
                service.lines.append(self._notice(term, window, service))
            service.is_renewed_on = None if service.silence else term.ends_on
        service.lines += self._reminders(term, pauses, service)
        return service

    def _reminders(self, term: Subscription, pauses: list[Pause], service: Service) -> list[Line]:
        rows = self.rows[term.pk]
        series = {
            row.days: row
            for row in rows
            if row.ends_on == term.ends_on and row.purpose == Reminder.Purpose.END
        }
        coming = {} if service.silence else self._coming(term, rows, pauses)
        days = sorted({*series, *(one.days for one in offsets_of(term, self.offsets))}, reverse=True)
        return [self._line(term, one, series.get(one), coming.get(one), service) for one in days]

    def _coming(
        self, term: Subscription, rows: list[Reminder], pauses: list[Pause]
    ) -> dict[int, tuple[str, date, int]]:
        """By offset: what becomes of it (a Reminder.Status), on which day, and which one is sent that day."""
        found = {}
        course = course_of(term, self.offsets, rows, pauses, first=self.today, last=term.ends_on)
        for day, asked in course.items():
            sent = asked.mail.days if asked.mail else 0
            if asked.mail:
                found[asked.mail.days] = (MAILED, day, sent)
            for one in asked.superseded:
                found[one.days] = (Reminder.Status.SUPERSEDED, day, sent)
            for one in asked.skipped:
                found[one.days] = (Reminder.Status.SKIPPED, day, sent)
        return found

    def _line(
        self,
        term: Subscription,
        days: int,
        row: Reminder | None,
        coming: tuple[str, date, int] | None,
        service: Service,
    ) -> Line:
        unsaved = Reminder(subscription=term, ends_on=term.ends_on, days=days)
        line = Line(unsaved.called(), unsaved.was_due_on, days, row)
        is_closed = row is not None and row.status != Reminder.Status.OWED
        if is_closed:
            line.said = row.get_why_display()
        else:
            line.said = self._foreseen(coming, term, service)
            line.is_coming = coming is not None and coming[0] == MAILED
        goes_on = not service.silence
        line.may_send = goes_on and not service.pauses and not (row and row.status == MAILED)
        line.may_withhold = goes_on and (line.is_coming or (row is not None and _waits(row)))
        return line

    def _foreseen(self, coming: tuple[str, date, int] | None, term: Subscription, service: Service) -> str:
        if service.silence:
            return service.silence
        if coming is None:
            return _("Reminders are paused.") if self.pauses else ""
        status, day, sent = coming
        if status == Reminder.Status.SKIPPED:
            return str(Reminder.Why.KNOWN_LATE.label)
        if status == Reminder.Status.SUPERSEDED:
            return _("It gives way to the one of %(days)d days.") % {"days": sent} if sent else ""
        return self._leaves(term, day)

    def _leaves(self, term: Subscription, day: date) -> str:
        said = {
            "day": date_format(day, "SHORT_DATE_FORMAT"),
            "when": days_in_words((day - self.today).days),
            "address": term.client.email,
        }
        if why := why_by_letter(term, self.refusing):
            said["why"] = str(Reminder.Why(why).label)
            return _("On %(day)s (%(when)s), by letter: %(why)s") % said
        return _("On %(day)s (%(when)s), by e-mail to %(address)s") % said

    # Tacit renewal

    def _notice(self, term: Subscription, window: NoticeWindow, service: Service) -> Line:
        rows = [
            row
            for row in self.rows[term.pk]
            if row.ends_on == term.ends_on and row.purpose == Reminder.Purpose.NOTICE
        ]
        line = Line(str(Reminder.Purpose.NOTICE.label), window.opens_on, row=next(iter(rows), None))
        if line.row and line.row.status != Reminder.Status.OWED:
            line.said = line.row.get_why_display()
        elif service.silence:
            line.said = service.silence
        elif self.client.kind not in kinds_told():
            line.said = _("This kind of client is not told: see the Settings screen.")
        elif self.today > window.deadline:
            line.said = _("Too late: the last day to refuse has passed.")
        else:
            line.is_coming = True
            line.said = self._leaves(term, max(window.opens_on, self.today))
        return line


def _waits(row: Reminder) -> bool:
    """Nothing of it has left yet."""
    if row.status == MAILED:
        return all(mail.status in (*Mail.WAITING, Mail.Status.CANCELLED) for mail in row.mails.all())
    return row.status == Reminder.Status.LETTER and row.printed_at is None
