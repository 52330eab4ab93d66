"""From a text and its values to what is sent. The preview, the test and the real sending all pass here."""

import logging
from collections.abc import Mapping
from dataclasses import dataclass

from django.core.exceptions import ValidationError
from django.template.loader import get_template
from django.utils.translation import override

from crm.mailing import rendering
from crm.mailing.dress import dressed
from crm.mailing.kinds import Kind
from crm.mailing.models import Template, TemplateText
from crm.mailing.rich_text import text_of
from crm.mailing.shipped import shipped_text
from crm.mailing.variables import values_of_office
from crm.organisation.colors import ink
from crm.organisation.models import Organisation

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Content:
    """`html` and `text` may hold marks for links that are made when the mail leaves."""

    subject: str
    html: str
    text: str

    def to_read(self) -> "Content":
        """As staff may read it: personal links are named, not shown."""
        return Content(self.subject, rendering.masked(self.html), rendering.masked(self.text))


class Composer:
    """Writes the mails of one occasion: each text is read once, however many clients receive it."""

    def __init__(self) -> None:
        self.organisation = Organisation.objects.current()
        self.layout = get_template("mailing/layout.html")
        self.office = values_of_office(self.organisation)
        self.texts: dict[tuple[str, int | None, str], tuple[str, str]] = {}

    def compose(
        self, kind: Kind, values: Mapping[str, str], *, language: str, template: Template | None = None
    ) -> Content:
        """The mail of this kind in that language, by `template` when it is given, else by the standard one."""
        return self.fill(kind, self._text(kind, template, language), values, language=language)

    def fill(self, kind: Kind, text: tuple[str, str], values: Mapping[str, str], *, language: str) -> Content:
        """`text` is a subject and a body, such as an administrator is writing."""
        subject, body = text
        known = {**self.office, **values}
        options = {"later": tuple(kind.links), "language": language}
        title = rendering.fill(subject, known, is_html=False, **options)
        inner = rendering.fill(body, known, is_html=True, **options)
        with override(language):
            html = self.layout.render(
                {
                    "subject": title,
                    "body": dressed(inner, self.organisation),
                    "organisation": self.organisation,
                    "ink": ink(self.organisation.accent_color),
                    "language": language,
                }
            )
        return Content(title[:300], html, text_of(inner))

    def _text(self, kind: Kind, template: Template | None, language: str) -> tuple[str, str]:
        key = (kind.code, template.pk if template else None, language)
        if key not in self.texts:
            self.texts[key] = _text_in_force(kind, template, language)
        return self.texts[key]


def _text_in_force(kind: Kind, template: Template | None, language: str) -> tuple[str, str]:
    """The administrator's text, the standard one in its absence, or the shipped one: never an empty or a broken mail."""
    rows = TemplateText.objects.filter(template__kind=kind.code, language=language).exclude(subject="")
    row = rows.filter(template=template).first() if template else None
    row = row or rows.filter(template__name="").first()
    if row is None:
        return shipped_text(kind.code, language)
    try:
        row.template.check_text(row.subject, row.body)
    except ValidationError as error:
        logger.error(
            "The text “%s” is broken, the shipped one goes instead: %s", row, "; ".join(error.messages)
        )
        return shipped_text(kind.code, language)
    return row.subject, row.body
