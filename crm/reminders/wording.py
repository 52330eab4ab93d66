"""What became of a reminder or of its mail, as a word and a colour of the style sheet."""

from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from crm.mailing.models import Mail
from crm.reminders.models import Reminder

_STATUS = Reminder.Status
COLORS = {
    _STATUS.MAILED: "running",
    _STATUS.LETTER: "ending",
    _STATUS.OWED: "ending",
    _STATUS.SUPERSEDED: "archived",
    _STATUS.SKIPPED: "archived",
}
STATE = '<span class="state state-{}">{}</span>'


def badge(reminder: Reminder) -> SafeString:
    """Reads its mails."""
    if reminder.status == _STATUS.LETTER and reminder.printed_at:
        return format_html(STATE, "running", _("Letter printed"))
    fates = {mail.status for mail in reminder.mails.all()}
    if reminder.status == _STATUS.MAILED and fates and fates <= set(Mail.TROUBLES):
        return format_html(STATE, "cancelled", reminder.get_status_display())
    return format_html(STATE, COLORS[_STATUS(reminder.status)], reminder.get_status_display())


def fate(mail: Mail) -> SafeString:
    """What became of a mail, with a link to it."""
    return format_html(
        '<a href="{}"><span class="state mail-{}">{}</span></a>',
        reverse("admin:mailing_mail_change", args=[mail.pk]),
        mail.status,
        mail.get_status_display(),
    )
