"""From what is due to rows: reminders, their mails in the outbox, or letters to print."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime

from django.db import transaction
from django.utils.translation import gettext as _

from crm.accounts.models import User
from crm.mailing.models import Mail, Template
from crm.mailing.services import Draft, language_for, queue_all, why_not_mailed
from crm.organisation.models import Organisation
from crm.products.models import Subscription
from crm.reminders.choosing import Choice
from crm.reminders.mails import TACIT_REMINDER, kind_for, notice_values, values
from crm.reminders.models import Reminder
from crm.reminders.timetable import Offset


@dataclass(frozen=True)
class Occasion:
    """The day that is decided for, when, and by whom when a person asked."""

    day: date
    at: datetime
    by: User | None = None


@transaction.atomic
def write(choices: Iterable[Choice], occasion: Occasion) -> list[Reminder]:
    """Write what the day asks for these subscriptions, all of it or nothing."""
    choices = list(choices)
    refusing = why_not_mailed(choice.term.client.email for choice in choices if choice.term.client.email)
    rows: list[Reminder] = []
    to_mail: list[tuple[Reminder, Offset]] = []
    for choice in choices:
        if choice.due.mail:
            row = _row(choice, choice.due.mail, occasion, Reminder.Status.MAILED)
            if why := why_by_letter(choice.term, refusing):
                row.status, row.why = Reminder.Status.LETTER, why
            else:
                to_mail.append((row, choice.due.mail))
            rows.append(row)
        rows += [_row(choice, one, occasion, Reminder.Status.SUPERSEDED) for one in choice.due.superseded]
        for one in choice.due.skipped:
            rows.append(_row(choice, one, occasion, Reminder.Status.SKIPPED, Reminder.Why.KNOWN_LATE))
    _save(rows)
    _mail(to_mail, occasion)
    return rows


@transaction.atomic
def write_notices(terms: Iterable[Subscription], occasion: Occasion) -> list[Reminder]:
    """Write the notice of tacit renewal of each of these terms."""
    terms = list(terms)
    refusing = why_not_mailed(term.client.email for term in terms if term.client.email)
    owed = _owed_notices(terms)
    rows, drafts = [], []
    for term in terms:
        row = owed.get(term.pk) or Reminder(
            subscription=term, ends_on=term.ends_on, purpose=Reminder.Purpose.NOTICE, days=0
        )
        why = why_by_letter(term, refusing)
        row.status, row.why = (Reminder.Status.LETTER, why) if why else (Reminder.Status.MAILED, "")
        row.day, row.written_at, row.by = occasion.day, occasion.at, occasion.by
        rows.append(row)
    _save(rows)
    mailed = [row for row in rows if row.status == Reminder.Status.MAILED]
    for row in mailed:
        language = language_for(row.subscription.client)
        given = notice_values(row.subscription, occasion.day, language)
        drafts.append(_draft("renewal_notice", [row], given, None))
    _link([[row] for row in mailed], queue_all(drafts, at=occasion.at))
    return rows


def _owed_notices(terms: list[Subscription]) -> dict[int, Reminder]:
    """Notices written before and never sent, by subscription."""
    ends = {term.pk: term.ends_on for term in terms}
    rows = Reminder.objects.filter(
        subscription__in=ends, purpose=Reminder.Purpose.NOTICE, status=Reminder.Status.OWED
    )
    return {row.subscription_id: row for row in rows if row.ends_on == ends[row.subscription_id]}


def why_by_letter(term: Subscription, refusing: dict[str, str]) -> str:
    """Why this client is written to on paper: a Reminder.Why, or empty when a mail can go."""
    email = term.client.email.strip().lower()
    return refusing.get(email, "") if email else Reminder.Why.NO_ADDRESS


def _row(choice: Choice, offset: Offset, occasion: Occasion, status: str, why: str = "") -> Reminder:
    row = choice.owed.get(offset.days) or Reminder(
        subscription=choice.term, ends_on=choice.term.ends_on, days=offset.days
    )
    row.subscription = choice.term
    row.status, row.why = status, why
    row.day, row.written_at, row.by = occasion.day, occasion.at, occasion.by
    return row


def _save(rows: list[Reminder]) -> None:
    """New rows meet the unique constraint: of two processes that write the same reminder, one writes nothing at all."""
    owed = [row for row in rows if row.pk is not None]
    Reminder.objects.bulk_create([row for row in rows if row.pk is None], batch_size=500)
    Reminder.objects.bulk_update(owed, ["status", "why", "day", "written_at", "by"], batch_size=500)


def _mail(to_mail: list[tuple[Reminder, Offset]], occasion: Occasion) -> None:
    templates = Template.objects.in_bulk({offset.template for _row, offset in to_mail if offset.template})
    groups, drafts = _groups(to_mail), []
    for group in groups:
        terms = [row.subscription for row, _offset in group]
        kind = kind_for(terms[0])
        language = language_for(terms[0].client)
        given = (
            notice_values(terms[0], occasion.day, language)
            if kind is TACIT_REMINDER
            else values(terms, occasion.day, language)
        )
        drafts.append(
            _draft(kind.code, [row for row, _offset in group], given, templates.get(group[0][1].template))
        )
    _link([[row for row, _offset in group] for group in groups], queue_all(drafts, at=occasion.at))


def _groups(to_mail: list[tuple[Reminder, Offset]]) -> list[list[tuple[Reminder, Offset]]]:
    """One mail each; or, when the office chose so, one for all that a client has ending the same day."""
    if not Organisation.objects.current().joins_reminders:
        return [[one] for one in to_mail]
    found = defaultdict(list)
    for row, offset in to_mail:
        term = row.subscription
        kind = kind_for(term)
        # A tacit one says its own deadline: it stays alone.
        alone = term.pk if kind is TACIT_REMINDER else None
        found[term.client_id, row.ends_on, kind.code, alone, offset].append((row, offset))
    return list(found.values())


def _draft(kind: str, rows: list[Reminder], given: dict[str, str], template: Template | None) -> Draft:
    term = rows[0].subscription
    reason = _("%(what)s of %(plans)s") % {
        "what": rows[0].called(),
        "plans": ", ".join(row.subscription.plan.name for row in rows),
    }
    return Draft(
        kind=kind,
        to=term.client.email,
        values=given,
        reason=reason,
        client=term.client,
        about=rows[0],
        template=template,
    )


def _link(groups: list[list[Reminder]], mails: list[Mail]) -> None:
    through = Reminder.mails.through
    through.objects.bulk_create(
        through(reminder=row, mail=mail) for group, mail in zip(groups, mails, strict=True) for row in group
    )
