"""One normalised column holds all that a client can be found by; a search is one LIKE per word on it."""

import re
from typing import TYPE_CHECKING

from django.db.models import CharField, Func, Q
from django.db.models.lookups import Exact

from crm.clients.rules import TELEPHONES
from crm.core.rows import shortened
from crm.france.names import normalise
from crm.france.telephones import end_of_whole_number, search_digits, telephone_digits

if TYPE_CHECKING:
    from crm.clients.models import Client

OUR_NUMBER = re.compile(r"clt[\s-]*0*(\d{1,8})", re.IGNORECASE)
NAMES = ("last_name", "first_name", "account_name", "legal_name", "trade_name", "association_name")
# Below three letters a trigram index is of no use, and nobody remembers three digits of a telephone.
SHORTEST = 3


class LastNine(Func):
    """The last nine characters, written so that the database knows its index by them again: without a parameter."""

    template = "RIGHT(%(expressions)s, 9)"
    output_field = CharField()

    def as_sqlite(self, compiler, connection, **context):
        return self.as_sql(compiler, connection, template="SUBSTR(%(expressions)s, -9)", **context)


def text_of(client: "Client") -> str:
    parts = [normalise(getattr(client, name)) for name in NAMES]
    parts += [normalise(client.external_reference), normalise(client.email), client.email]
    parts += [telephone_digits(phone) for phone in client.telephones]
    parts += [client.siret or client.siren, client.rna.lower(), client.vat_number.lower()]
    return " ".join(part for part in parts if part)


def condition(query: str) -> Q:
    """The condition that `query`, as typed in the search box, puts on clients."""
    query = shortened(query.replace("\x00", ""))
    if match := OUR_NUMBER.fullmatch(query):
        return Q(number=int(match[1]))
    if digits := search_digits(query):
        return _about_digits(query, digits)
    words = [word.lower() if "@" in word else normalise(word) for word in query.split()]
    if query and not any(words):
        return Q(pk__in=[])
    return Q(*[Q(search_text__contains=word) for word in words if word])


def _about_digits(query: str, digits: str) -> Q:
    if end := end_of_whole_number(query):
        return _about_telephone(query, end)
    found = Q(search_text__contains=digits) if len(digits) >= SHORTEST else Q(pk__in=[])
    if query.isascii() and query.isdigit() and len(query) <= len("99999999"):
        found |= Q(number=int(query))
    return found


def _about_telephone(query: str, end: str) -> Q:
    """Of a whole number, each trigram is that of many others: an index on its end finds it whatever their count."""
    found = Q(external_reference=query.strip()) & ~Q(external_reference="")
    for name in TELEPHONES:
        found |= Q(Exact(LastNine(name), end))
    return found
