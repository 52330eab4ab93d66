"""Texts reduced to what counts when searching or comparing."""

import re

from crm.france.legal_forms import strip_legal_forms
from crm.france.letters import without_accents

_NOT_WORD = re.compile(r"[\W_]+")


def normalise(text: str) -> str:
    """
    Lower case, no accent, ligatures in two letters, one space between words.

    >>> normalise("  L’Œuvre   d'Hélène-Marie ")
    'l oeuvre d helene marie'
    """
    if not text:
        return ""
    # Twice: some compatibility characters decompose into capitals, some lower cases into accents.
    plain = without_accents(without_accents(text).casefold()).casefold()
    return _NOT_WORD.sub(" ", plain).strip()


def comparable_company(name: str) -> str:
    """
    The name of an organisation whatever its legal form, accents, case and order of words.

    >>> comparable_company("Amis du Livre (Les)") == comparable_company("LES AMIS DU LIVRE, S.A.S.")
    True
    """
    return " ".join(sorted(normalise(strip_legal_forms(name)).split()))


def comparable_person(last: str, first: str) -> str:
    """
    The name of a person whatever its accents, case, and which half was typed first.

    >>> comparable_person("Étienne", "Durand") == comparable_person("DURAND", "Etienne")
    True
    """
    return " ".join(sorted(normalise(f"{last} {first}").split()))
