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


_PARTICLES = {"de", "du", "des", "d", "la", "le", "les", "von", "van", "der", "den", "y", "e", "dit", "dite"}


def with_capitals(name: str) -> str:
    """
    The name with its capitals when it was typed without any; else as it is.

    >>> with_capitals("jean-pierre"), with_capitals("d'arc de la tour")
    ('Jean-Pierre', "d'Arc de la Tour")
    """
    if not name.islower():
        return name
    words = re.split(r"([\s'’-]+)", name)
    return "".join(word if word in _PARTICLES else word[:1].upper() + word[1:] for word in words)
