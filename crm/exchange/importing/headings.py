"""From the headings of a file to what it holds, and to the field of each column."""

from collections.abc import Iterable, Sequence
from functools import cache

from django.utils.translation import gettext_noop

from crm.exchange.importing.client_columns import NAME_OF, columns_of
from crm.exchange.importing.columns import Column, heading_key
from crm.exchange.importing.product_columns import PLAN, SUBSCRIPTION
from crm.exchange.models import HeadingChoice, ImportRun

Target = ImportRun.Target
# The column that we add to the file of refused lines: it comes back with it, and says nothing of the client.
REASON_HEADING = gettext_noop("Reason of the refusal")
_OURS = {"motif du refus", heading_key(REASON_HEADING)}


def columns_for(target: str) -> dict[str, Column]:
    """The columns that a file of this target may bring, by key."""
    if target == Target.PLAN:
        columns = PLAN
    elif target == Target.SUBSCRIPTION:
        columns = SUBSCRIPTION
    else:
        columns = columns_of(target or Target.CLIENT)
    return {column.key: column for column in columns}


def is_ours(heading: str) -> bool:
    return heading_key(heading) in _OURS


@cache
def _known(target: str) -> dict[str, str]:
    """Heading key → key of its column; the first column to ask for a heading has it."""
    known: dict[str, str] = {}
    for column in columns_for(target).values():
        for key in column.heading_keys():
            known.setdefault(key, column.key)
    return known


def recognised(headings: Sequence[str], target: str) -> dict[str, str]:
    """Heading → key of its column, "" when unknown; ours is left out. The first to ask for a column has it."""
    known = _known(target)
    mapping = {
        heading: known.get(heading_key(heading), "")
        for heading in headings
        if heading and not is_ours(heading)
    }
    _give_name(mapping, target)
    taken: set[str] = set()
    for heading, key in mapping.items():
        if key in taken:
            mapping[heading] = ""
        taken.add(key)
    return mapping


def _give_name(mapping: dict[str, str], target: str) -> None:
    """ "Nom" alone: the organisation's in a file of organisations, unless another column is that already."""
    if target not in NAME_OF:
        return
    bare = next((heading for heading in mapping if heading_key(heading) == "nom"), None)
    if bare is None:
        return
    own = NAME_OF[target]
    others = {key for heading, key in mapping.items() if heading != bare}
    mapping[bare] = own if own not in others else ("last_name" if "last_name" not in others else "")


def proposed(headings: Sequence[str], target: str) -> dict[str, str]:
    """What is recognised, corrected by what a person chose for the same headings before."""
    mapping = recognised(headings, target)
    known = columns_for(target)
    keys = {heading_key(heading): heading for heading in mapping}
    chosen = HeadingChoice.objects.filter(target=target, heading__in=[key[:200] for key in keys])
    for choice in chosen:
        if choice.field and choice.field not in known:
            continue
        for heading, key in mapping.items():
            if choice.field and key == choice.field:
                mapping[heading] = ""
        mapping[keys[choice.heading]] = choice.field
    return mapping


def remember(mapping: dict[str, str], target: str) -> None:
    """Keep what a person chose where it differs from what we recognise, for the next file with these headings."""
    guessed = recognised(list(mapping), target)
    for heading, key in mapping.items():
        if heading not in guessed:
            continue
        known = heading_key(heading)[:200]
        if guessed[heading] == key:
            HeadingChoice.objects.filter(target=target, heading=known).delete()
        else:
            HeadingChoice.objects.update_or_create(target=target, heading=known, defaults={"field": key})


def target_of(headings: Iterable[str]) -> str:
    """What the file holds, by what only such a file has; "" when nothing tells."""
    headings = list(headings)

    def has(target: str, *keys: str) -> bool:
        return bool(set(keys) & set(recognised(headings, target).values()))

    if has(Target.SUBSCRIPTION, "plan") and has(Target.SUBSCRIPTION, "subscribed_on", "ends_on"):
        return Target.SUBSCRIPTION
    if has(Target.PLAN, "name") and has(Target.PLAN, "price_excl_tax", "duration_months"):
        return Target.PLAN
    if has(Target.CLIENT, "kind"):
        return Target.CLIENT
    bare = [heading for heading in headings if heading_key(heading) != "nom"]
    found = set(recognised(bare, Target.CLIENT).values())
    if found & {"association_name", "rna", "declared_on", "published_on", "notice_number"}:
        return Target.ASSOCIATION
    if found & {"legal_name", "trade_name", "siret", "siren", "activity_code", "legal_form"}:
        return Target.PROFESSIONAL
    return Target.INDIVIDUAL if has(Target.INDIVIDUAL, "last_name", "first_name", "email") else ""
