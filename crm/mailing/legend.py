"""The variables that a text may hold, as its page shows them."""

from dataclasses import dataclass

from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, override

from crm.mailing.models import Template
from crm.mailing.variables import CLIENT, MEANINGS, OFFICE

# What a link says when a click inserts it.
WORDS = {
    "lien_espace": gettext_lazy("My space"),
    "lien_renouveler": gettext_lazy("Renew"),
    "lien_arreter": gettext_lazy("Stop"),
    "lien_rappel": gettext_lazy("Call me back"),
    "lien_demande": gettext_lazy("See the request"),
    "lien_mot_de_passe": gettext_lazy("Choose a password"),
    "lien_confirmation": gettext_lazy("Confirm my address"),
    "lien_connexion": gettext_lazy("Sign in"),
}


@dataclass(frozen=True)
class Entry:
    name: str
    meaning: str
    # For a link: its words in each language.
    words: dict[str, str]


def legend(template: Template) -> list[tuple[str, list[Entry]]]:
    """Headings, and under each the variables with their meaning."""
    groups: dict[str, list[Entry]] = {_("The client"): [], _("This mail"): [], _("Your organisation"): []}
    client, mail, office = groups.values()
    for name in template.allowed_names:
        group = client if name in CLIENT else office if name in OFFICE else mail
        group.append(Entry(name, str(MEANINGS.get(name, name)), _words(name)))
    return [(heading, entries) for heading, entries in groups.items() if entries]


def _words(name: str) -> dict[str, str]:
    if not name.startswith("lien_"):
        return {}
    words = {}
    for language, _language_name in settings.LANGUAGES:
        with override(language):
            words[language] = str(WORDS.get(name) or MEANINGS.get(name, name))
    return words
