"""Letters, for those who receive no e-mail: which are to be printed, and their text."""

from dataclasses import dataclass
from datetime import date

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import override

from crm.mailing.composing import Composer
from crm.mailing.models import Template
from crm.mailing.rendering import marks_in
from crm.mailing.rich_text import BOX
from crm.mailing.services import language_for
from crm.reminders.choosing import Offsets, expecting_on, offsets_of, undecided_on
from crm.reminders.mails import RENEWAL_NOTICE, TACIT_REMINDER, kind_for, notice_values, values
from crm.reminders.models import Reminder, Rule
from crm.reminders.timetable import notice_window


def to_print(day: date) -> QuerySet[Reminder]:
    """Letters not printed yet that are still worth it: the service goes on as it was, and none closer to its end
    was written since."""
    closer = Reminder.objects.filter(
        subscription=OuterRef("subscription"),
        ends_on=OuterRef("ends_on"),
        purpose=Reminder.Purpose.END,
        days__lt=OuterRef("days"),
        status__in=(Reminder.Status.LETTER, Reminder.Status.MAILED),
    )
    own = {"pk": OuterRef("subscription"), "ends_on": OuterRef("ends_on")}
    reminders = Q(Exists(expecting_on(day).filter(**own)), ~Exists(closer), purpose=Reminder.Purpose.END)
    notices = Q(Exists(undecided_on(day).filter(**own)), purpose=Reminder.Purpose.NOTICE)
    return Reminder.objects.letters_to_print().filter(ends_on__gte=day).filter(reminders | notices)


def why_too_late(letter: Reminder, day: date) -> str:
    """Why a letter of `to_print` would say something that is no longer true; empty when it does not."""
    if letter.purpose == Reminder.Purpose.NOTICE:
        window = notice_window(letter.ends_on, letter.subscription.plan.notice_months)
        if day > window.deadline:
            return _("The last day to refuse the renewal has passed.")
    return ""


@dataclass(frozen=True)
class Paragraph:
    text: str
    is_boxed: bool = False


@dataclass(frozen=True)
class LetterText:
    subject: str
    paragraphs: list[Paragraph]
    language: str


class Writer:
    """Writes letters with the texts of the mails: each text is read once, however many letters there are."""

    def __init__(self, day: date) -> None:
        self.day = day
        self.composer = Composer()
        self.offsets: Offsets = Rule.objects.offsets()
        self.templates = Template.objects.in_bulk(
            {one.template for some in self.offsets.values() for one in some if one.template}
        )

    def text_of(self, letter: Reminder) -> LetterText:
        """As the mail would say it that day, without what one clicks on."""
        term = letter.subscription
        language = language_for(term.client)
        is_notice = letter.purpose == Reminder.Purpose.NOTICE
        kind = RENEWAL_NOTICE if is_notice else kind_for(term)
        says_deadline = kind in (RENEWAL_NOTICE, TACIT_REMINDER)
        given = (
            notice_values(term, self.day, language) if says_deadline else values([term], self.day, language)
        )
        content = self.composer.compose(
            kind, given, language=language, template=None if is_notice else self._template(letter)
        )
        return LetterText(content.subject, _without_links(content.text), language)

    def _template(self, letter: Reminder) -> Template | None:
        own = (one for one in offsets_of(letter.subscription, self.offsets) if one.days == letter.days)
        offset = next(own, None)
        return self.templates.get(offset.template) if offset and offset.template else None

    def answer_in(self, language: str) -> str:
        """How to answer a letter: a sentence in that language; empty when the Settings screen tells no way."""
        organisation = self.composer.organisation
        ways = [organisation.telephone, organisation.reply_to_email or organisation.sender_email]
        with override(language):
            if known := " – ".join(way for way in ways if way):
                return _("To answer us: %(ways)s.") % {"ways": known}
            return _("To answer us, write to the address above.") if organisation.address.strip() else ""


def _without_links(text: str) -> list[Paragraph]:
    """The paragraphs of a mail's text but what one clicks on, and the words that announce it."""
    kept: list[str] = []
    for block in text.split("\n\n"):
        lines = [line for line in block.split("\n") if not marks_in(line)]
        if len(lines) <= block.count("\n"):
            if not lines and kept:
                kept[-1] = _without_announcement(kept[-1])
            lines = [_without_announcement(line) for line in lines]
        kept.append("\n".join(line for line in lines if line and set(line) != {"-"}))
    found, is_boxed = [], False
    for block in kept:
        if block == BOX:
            is_boxed = not is_boxed
        elif block:
            found.append(Paragraph(block, is_boxed))
    return found


def _without_announcement(line: str) -> str:
    """Without its last sentence when it ends with a colon: “otherwise, one click is enough:”."""
    if not line.rstrip().endswith(":"):
        return line
    before, dot, _announcement = line.rpartition(". ")
    return f"{before}." if dot else ""
