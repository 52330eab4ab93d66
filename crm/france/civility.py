"""Civility (M. and Mme only, circular 5575/SG of 21 February 2012) and titles, kept apart."""

import re
from typing import Literal

from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from crm.france.letters import without_accents

Civility = Literal["M", "MME", ""]

_CIVILITIES: dict[str, Civility] = {
    "m": "M", "mr": "M", "monsieur": "M", "mister": "M",
    "mme": "MME", "mrs": "MME", "ms": "MME", "madame": "MME",
    "mlle": "MME", "melle": "MME", "mademoiselle": "MME", "miss": "MME",
}  # fmt: skip
_HONORIFICS = {
    "dr": "Dr", "docteur": "Dr", "docteure": "Dr",
    "me": "Me", "maitre": "Me",
    "pr": "Pr", "prof": "Pr", "professeur": "Pr", "professeure": "Pr",
    "mgr": "Mgr", "monseigneur": "Mgr",
}  # fmt: skip


def parse_civility(text: str) -> tuple[Civility, str]:
    """
    Return the civility ('M', 'MME', or '' when unknown) and the title ('Dr', 'Me', 'Pr', 'Mgr' or '').

    >>> parse_civility("Mlle"), parse_civility("Dr"), parse_civility("M. le Professeur")
    (('MME', ''), ('', 'Dr'), ('M', 'Pr'))
    """
    civility: Civility = ""
    honorific = ""
    for word in re.findall(r"\w+", without_accents(text).lower()):
        if word in _CIVILITIES and not civility:
            civility = _CIVILITIES[word]
        elif word in _HONORIFICS and not honorific:
            honorific = _HONORIFICS[word]
        elif word not in ("le", "la"):
            raise ValidationError(
                _("“%(value)s” is not a civility: type M. or Mme, a title such as Dr, or nothing."),
                code="civility",
                params={"value": text},
            )
    return civility, honorific
