"""The variables that a text may hold, with their meaning; and their values for a client and a term.

Their names are French: the administrator writes them.
"""

from datetime import date
from urllib.parse import urljoin

from django.conf import settings
from django.utils.formats import date_format
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import override

from crm.clients.models import Client
from crm.organisation.models import Organisation
from crm.products.models import Subscription
from crm.products.wording import days_in_words, euros, percent

CLIENT: dict[str, str | Promise] = {
    "civilite": _("Civility of the person: M., Mme"),
    "prenom": _("First name"),
    "nom": _("Last name"),
    "nom_compte": _("Name of the account: the person, the company or the association"),
    "numero_client": _("Client number, such as CLT-007"),
}
OFFICE: dict[str, str | Promise] = {
    "organisation": _("Name of your organisation"),
    "telephone_organisation": _("Your telephone"),
    "email_organisation": _("The address that answers reach"),
    "lien_espace": _("Address of the client’s space"),
}
TERM: dict[str, str | Promise] = {
    "formule": _("Name of the formule"),
    "date_debut": _("First day of the term"),
    "date_fin": _("Last day of service"),
    "jours_restants": _("Number of days left: 8"),
    "echeance": _("When it ends, in words: in 8 days, tomorrow, today"),
    "prix_ht": _("Price without tax, per billing period"),
    "taux_tva": _("VAT rate"),
    "prix_ttc": _("Price with tax, per billing period"),
    "facturation": _("Billing: monthly, yearly…"),
}
OTHERS: dict[str, str | Promise] = {
    "date_limite": _("Last day to say that one does not renew"),
    "nouvelle_date_fin": _("Last day of the next term"),
    "demande": _("What was asked"),
    "decision": _("What was decided"),
    "motif": _("The reason given"),
    "nombre": _("How many there are"),
    "details": _("The details, one per line"),
    "client": _("Number and name of the client"),
    "date": _("The day concerned"),
    "lien_demande": _("Address of the request in the back office"),
    "lien_messages": _("Address of the conversation"),
    "lien_renouveler": _("Link of the button: renew"),
    "lien_arreter": _("Link of the button: stop"),
    "lien_rappel": _("Link of the button: call me back"),
    "lien_mot_de_passe": _("One-time link to choose a password"),
    "lien_confirmation": _("One-time link to confirm the address"),
    "lien_connexion": _("One-time link to sign in"),
    "code_connexion": _("One-time code to sign in"),
    "appareil": _("The browser and the system that were used"),
    "ancienne_adresse": _("The former e-mail address"),
    "nouvelle_adresse": _("The new e-mail address"),
}
MEANINGS = {**CLIENT, **OFFICE, **TERM, **OTHERS}
# Empty ones that stand together give way to one polite form: see rendering.
PERSON = ("civilite", "prenom", "nom")


def values_of(client: Client, language: str) -> dict[str, str]:
    """The values of CLIENT."""
    with override(language):
        return {
            "civilite": str(client.get_civility_display()) if client.civility else "",
            "prenom": client.first_name,
            "nom": client.last_name,
            "nom_compte": client.display_name,
            "numero_client": client.code,
        }


def values_of_office(organisation: Organisation) -> dict[str, str]:
    """The values of OFFICE."""
    return {
        "organisation": organisation.name,
        "telephone_organisation": organisation.telephone,
        "email_organisation": organisation.reply_to_email or organisation.sender_email,
        "lien_espace": site_url("/espace/"),
    }


def values_of_term(subscription: Subscription, day: date, language: str) -> dict[str, str]:
    """The values of TERM, seen from that day."""
    with override(language):
        left = subscription.days_left(day)
        return {
            "formule": subscription.plan.name,
            "date_debut": long_date(subscription.subscribed_on),
            "date_fin": long_date(subscription.last_day),
            "jours_restants": str(left),
            "echeance": days_in_words(left),
            "prix_ht": euros(subscription.price_excl_tax),
            "taux_tva": percent(subscription.vat_rate),
            "prix_ttc": euros(subscription.price_incl_tax),
            "facturation": str(subscription.get_billing_period_display()).lower(),
        }


def long_date(day: date) -> str:
    """30 novembre 2026, in the language in force."""
    return date_format(day, "DATE_FORMAT")


def site_url(path: str) -> str:
    """An address of ours for a mail: built from the installation's own, never from what a request claims."""
    return urljoin(settings.SITE_URL.rstrip("/") + "/", path.lstrip("/"))
