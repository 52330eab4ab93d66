"""Trying a text before clients receive it: its preview on one of them, and a test to oneself."""

from datetime import date, datetime, timedelta
from decimal import Decimal

from django.utils.translation import gettext as _
from django.utils.translation import override

from crm.clients.models import Client
from crm.france.terms import add_months
from crm.mailing.composing import Composer, Content
from crm.mailing.kinds import Kind
from crm.mailing.models import Mail
from crm.mailing.services import Draft, mail_of
from crm.mailing.variables import MEANINGS, long_date, site_url, values_of, values_of_term
from crm.products.models import Plan, Subscription
from crm.products.models.plan import BillingPeriod


def compose_trial(
    kind: Kind, text: tuple[str, str], *, client: Client | None, day: date, language: str
) -> Content:
    """What this client would receive that day by this subject and body; what the client lacks is invented."""
    values = trial_values(kind, client, day, language)
    return Composer().fill(kind, text, values, language=language)


def trial_values(kind: Kind, client: Client | None, day: date, language: str) -> dict[str, str]:
    """The client's own values; what the client lacks is invented."""
    with override(language):
        unknown = {name: f"[{MEANINGS.get(name, name)}]" for name in kind.variables}
        addresses = {name: site_url("/") for name in kind.variables if name.startswith("lien_")}
        values = {**unknown, **addresses, **_invented(day, language)}
    if client is None:
        return values
    given = kind.example(client, day, language) if kind.example else {}
    return {**values, **values_of(client, language), **given}


def _invented(day: date, language: str) -> dict[str, str]:
    """Somebody whose formule ends in eight days."""
    last_day = day + timedelta(days=8)
    term = Subscription(
        plan=Plan(name=_("Comfort")),
        subscribed_on=add_months(last_day, -12) + timedelta(days=1),
        ends_on=last_day,
        price_excl_tax=Decimal(120),
        vat_rate=Decimal(20),
        price_incl_tax=Decimal(144),
        billing_period=BillingPeriod.YEARLY,
    )
    person = {"civilite": "", "prenom": "Camille", "nom": "Martin", "nom_compte": "Camille Martin"}
    days = {
        "date_limite": long_date(day + timedelta(days=60)),
        "nouvelle_date_fin": long_date(add_months(last_day, 12)),
        "date": long_date(day),
    }
    return {**person, "numero_client": "CLT-000", **values_of_term(term, day, language), **days}


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
