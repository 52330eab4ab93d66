"""Trying a text before clients receive it: its preview on one of them, and a test to oneself."""

from datetime import date, datetime

from django.utils.translation import gettext as _
from django.utils.translation import override

from crm.clients.models import Client
from crm.mailing.composing import Composer, Content
from crm.mailing.kinds import Kind
from crm.mailing.models import Mail
from crm.mailing.services import Draft, mail_of
from crm.mailing.variables import MEANINGS, values_of


def compose_trial(
    kind: Kind, text: tuple[str, str], *, client: Client | None, day: date, language: str
) -> Content:
    """What this client would receive that day by this subject and body; what the client lacks is named in brackets."""
    values = trial_values(kind, client, day, language)
    return Composer().fill(kind, text, values, language=language)


def trial_values(kind: Kind, client: Client | None, day: date, language: str) -> dict[str, str]:
    with override(language):
        invented = {name: f"[{MEANINGS.get(name, name)}]" for name in kind.variables}
        if client is None:
            return {**invented, **{name: f"[{MEANINGS[name]}]" for name in ("prenom", "nom", "nom_compte")}}
    given = kind.example(client, day, language) if kind.example else {}
    return {**invented, **values_of(client, language), **given}


def queue_test(
    kind: Kind,
    text: tuple[str, str],
    *,
    client: Client | None,
    to: str,
    language: str,
    at: datetime,
    day: date,
) -> Mail:
    """A mail like any other, to a member of staff: about nothing, and on nobody's timeline."""
    content = compose_trial(kind, text, client=client, day=day, language=language)
    with override(language):
        subject = _("Test: %(subject)s") % {"subject": content.subject}
    draft = Draft(kind.code, to, {}, reason=_("Test of a text, asked by its recipient."))
    mail = mail_of(Content(subject[:300], content.html, content.text), draft, language=language, at=at)
    mail.save()
    return mail
