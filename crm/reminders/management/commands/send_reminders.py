"""The pass of a day from the command line, or what it would do."""

from datetime import date, datetime

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.text import get_text_list
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, override

from crm.products.models.subscription import is_plausible
from crm.products.wording import days_in_words
from crm.reminders.models import Reminder
from crm.reminders.rehearsal import Line, Report, play, rehearse

FORMATS = ("%Y-%m-%d", "%d/%m/%Y")


class Command(BaseCommand):
    help = (
        "Write the reminders, notices and tacit renewals of a day (today, or --on), and tell them; the mails leave "
        "with the next delivery. --dry-run tells exactly the same and writes nothing."
    )

    def add_arguments(self, parser) -> None:
        parser.add_argument("--on", metavar="DATE", help="2026-11-30 or 30/11/2026")
        parser.add_argument("--dry-run", action="store_true")

    def handle(self, *args, on: str | None, dry_run: bool, **options) -> None:
        with override(settings.LANGUAGE_CODE):
            now = timezone.now()
            day = timezone.localdate(now) if on is None else read_day(on)
            report = (rehearse if dry_run else play)(day=day, at=now)
            self.stdout.write(_("Reminders of %(day)s") % {"day": date_format(day, "DATE_FORMAT")})
            for line in report.lines:
                self.stdout.write(told(line, report))
            self.stdout.write(summary(report))
            if dry_run:
                self.stdout.write(_("Nothing was written (--dry-run)."))


def read_day(text: str) -> date:
    for pattern in FORMATS:
        try:
            day = datetime.strptime(text.strip(), pattern).date()  # noqa: DTZ007 -- a day has no time zone
        except ValueError:
            continue
        if is_plausible(day):
            return day
    raise CommandError(
        _("“%(text)s” is not a day: write 2026-11-30 or 30/11/2026.") % {"text": text.strip()[:40]}
    )


def told(line: Line, report: Report) -> str:
    """CLT-007 Chloé Petit | Confort | ends on 30/11/2026, in 8 days | what is done, or why nothing is."""
    term = line.term
    end = _("ends on %(day)s, %(when)s") % {
        "day": f"{term.ends_on:%d/%m/%Y}",
        "when": days_in_words((term.ends_on - report.day).days),
    }
    who = f"{term.client.code} {term.client.display_name}"
    return " | ".join([who, term.plan.name, end, *_done(line)])


def _done(line: Line) -> list[str]:
    done = [
        _("%(what)s: %(how)s") % {"what": row.called(), "how": _way(row, line)}
        for row in (line.notice, line.reminder)
        if row
    ]
    if line.superseded:
        done.append(_("replaced: %(days)s") % {"days": _days(line.superseded)})
    if line.skipped:
        why = str(Reminder.Why.KNOWN_LATE.label)
        done.append(_("not sent: %(days)s (%(why)s)") % {"days": _days(line.skipped), "why": why})
    if line.renewed_until:
        done.append(_("tacitly renewed until %(day)s") % {"day": f"{line.renewed_until:%d/%m/%Y}"})
    if line.silence:
        done.append(_("nothing: %(why)s") % {"why": line.silence})
    return done


def _way(row: Reminder, line: Line) -> str:
    if row.status == Reminder.Status.LETTER:
        return _("letter (%(why)s)") % {"why": row.get_why_display()}
    return _("e-mail to %(address)s") % {"address": line.term.client.email}


def _days(rows: list[Reminder]) -> str:
    text = ngettext("%(days)s day", "%(days)s days", rows[-1].days)
    return text % {"days": get_text_list([str(row.days) for row in rows], _("and"))}


def summary(report: Report) -> str:
    lines, status = report.lines, Reminder.Status
    return _(
        "In all: by e-mail %(mailed)d, by letter %(letters)d, replaced %(superseded)d, not sent %(skipped)d, "
        "tacitly renewed %(renewed)d, kept silent %(silent)d."
    ) % {
        "mailed": report.sent(status.MAILED),
        "letters": report.sent(status.LETTER),
        "superseded": sum(len(line.superseded) for line in lines),
        "skipped": sum(len(line.skipped) for line in lines),
        "renewed": sum(line.renewed_until is not None for line in lines),
        "silent": sum(bool(line.silence) for line in lines),
    }
