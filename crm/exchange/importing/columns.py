"""A column of a file: the headings it is known by, how a cell of it is read, and how its value is shown."""

import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

from django.db import models
from django.utils.functional import Promise
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _
from django.utils.translation import override

from crm.exchange import cells
from crm.exchange.cells import Parsed, Raw
from crm.exchange.formulas import escape_formula, unescape_formula
from crm.exchange.parsed import as_text, nearest, refusal
from crm.france.names import normalise, with_capitals


@dataclass(slots=True)
class Reading:
    """What the cells of a file are read against: the day, and the names that columns may refer to."""

    today: date
    user: Any = None
    names: dict[str, dict[str, tuple[Any, str]]] = field(default_factory=dict)


Reader = Callable[[Raw, Reading], Parsed]


def _same(value: Any) -> str:
    return str(value)


@dataclass(frozen=True)
class Column:
    """One thing that a file may bring. `attribute`: of the model, when it is not `key`.

    `is_mended`: the cell is kept as written, and the model's own `clean()` puts it right or refuses it;
    `is_usual(cell, value)` then tells a writing that needs no remark.
    """

    key: str
    label: str | Promise
    read: Reader
    headings: tuple[str, ...] = ()
    show: Callable[[Any], str] = _same
    attribute: str = ""
    is_mended: bool = False
    is_usual: Callable[[str, str], bool] = str.__eq__
    is_required: bool = False

    @property
    def target(self) -> str:
        return self.attribute or self.key

    def heading_keys(self) -> list[str]:
        """The headings it answers to, as `heading_key` gives them: ours in both languages, then the others'."""
        names = [self.key, *self.headings]
        for language in ("fr", "en"):
            with override(language):
                names.append(str(self.label))
        return list(dict.fromkeys(heading_key(name) for name in names))


_PARENTHESES = re.compile(r"\(([^)]*)\)")
_NUMBER_SIGN = re.compile(r"\b(?:n°|nº|n o|no|num|numero|numéro)(?=\W|$)", re.IGNORECASE)
_MAIL = re.compile(r"\b(?:e[\s_-]?mail|mail|courriel|mel)\b", re.IGNORECASE)


def heading_key(heading: str) -> str:
    """A heading whatever its case, accents, punctuation and abbreviations; what is in parentheses counts apart.

    >>> heading_key("N° TVA intracommunautaire *"), heading_key("E-mail (facturation)"), heading_key("EMAIL")
    ('n tva intracommunautaire', 'email (facturation)', 'email')
    """
    heading = _NUMBER_SIGN.sub("n ", heading.strip())
    aside = [normalise(part) for part in _PARENTHESES.findall(heading)]
    bare = normalise(_MAIL.sub("email", _PARENTHESES.sub(" ", heading)))
    return " ".join([bare, *(f"({part})" for part in aside if part)])


def field_of(model: type[models.Model], key: str) -> models.Field:
    """The field itself, never a relation that only points here."""
    found = model._meta.get_field(key)
    assert isinstance(found, models.Field)  # noqa: S101 -- for the type checker
    return found


def label_of(model: type[models.Model], key: str) -> str | Promise:
    return field_of(model, key).verbose_name


def named(label: str | Promise) -> str:
    return capfirst(str(label))


def text(max_length: int | None = None, *, is_multiline: bool = False, is_name: bool = False) -> Reader:
    """A text; one that a spreadsheet would run is kept, and shown since exports will neutralise it."""

    def read(raw: Raw, _reading: Reading) -> Parsed:
        source = unescape_formula(as_text(raw))
        value, is_rectified = cells.parse_text(source, max_length=max_length, is_multiline=is_multiline)
        if is_name and value != (name := with_capitals(value)):
            value, is_rectified = name, True
        return Parsed(value, is_rectified or escape_formula(value) != value)

    return read


def written(raw: Raw, _reading: Reading) -> Parsed:
    """A cell left to the model's own rules, except that lost digits are lost for everyone."""
    source = as_text(raw)
    cells.refuse_scientific(source)
    return Parsed(unescape_formula(source) if source.strip() else "")


def email(raw: Raw, _reading: Reading) -> Parsed:
    return cells.parse_email(raw)


def country(raw: Raw, _reading: Reading) -> Parsed:
    return cells.parse_country(raw)


def language(raw: Raw, _reading: Reading) -> Parsed:
    return cells.parse_language(raw)


def day(*, is_future_ok: bool = False) -> Reader:
    return lambda raw, reading: cells.parse_date(raw, today=reading.today, is_future_ok=is_future_ok)


def amount(raw: Raw, _reading: Reading) -> Parsed:
    return cells.parse_amount(raw)


def rate(raw: Raw, _reading: Reading) -> Parsed:
    parsed = cells.parse_rate(raw)
    if parsed.value is not None and parsed.value != round(parsed.value, 2):
        raise refusal(_("“%(value)s” is not a rate: write it as 20 or 5,5."), "not_a_rate", as_text(raw))
    return parsed


def boolean(raw: Raw, _reading: Reading) -> Parsed:
    return cells.parse_boolean(raw)


def whole(lowest: int, highest: int) -> Reader:
    def read(raw: Raw, _reading: Reading) -> Parsed:
        source = as_text(raw).strip()
        if not source:
            return Parsed(None)
        if (
            not re.fullmatch(r"[0-9]{1,6}([.,]0+)?", source)
            or not lowest <= int(re.split("[.,]", source)[0]) <= highest
        ):
            raise refusal(
                _("“%(value)s” is not a whole number from %(lowest)d to %(highest)d."),
                "not_whole",
                source,
                lowest=lowest,
                highest=highest,
            )
        return Parsed(int(re.split("[.,]", source)[0]))

    return read


def choice(
    usual: Mapping[str, Collection[str]],
    short: Mapping[str, Collection[str]] | None = None,
    *,
    ours: type[models.TextChoices] | None = None,
    is_exact: bool = False,
    is_listed: bool = False,
) -> Reader:
    """`ours`: the choices of the model, whose own words, those of our exports, are usual too."""

    def read(raw: Raw, _reading: Reading) -> Parsed:
        known = {key: (*words, str(ours(key).label)) for key, words in usual.items()} if ours else usual
        return cells.parse_choice(raw, known, short, is_exact=is_exact, is_listed=is_listed)

    return read


def reference_to(kind: str) -> Reader:
    """The row that has this name; an administrator makes them, a file never does."""

    def read(raw: Raw, reading: Reading) -> Parsed:
        source = as_text(raw)
        wanted = " ".join(unescape_formula(source).split())
        if not wanted:
            return Parsed(None)
        if found := reading.names[kind].get(wanted.casefold()):
            return Parsed(found[0], found[1] != source)
        near = nearest(wanted, [name for _pk, name in reading.names[kind].values()])
        if near:
            raise refusal(_("“%(value)s” is unknown (near: %(near)s)."), "unknown", wanted, near=near)
        raise refusal(_("“%(value)s” is unknown."), "unknown", wanted)

    return read


def show_day(value: date) -> str:
    return f"{value:%d/%m/}{value.year:04d}"


def show_amount(value: Decimal) -> str:
    return f"{value:.2f}".replace(".", ",")


def show_rate(value: Decimal) -> str:
    plain = f"{value:f}"
    return (plain.rstrip("0").rstrip(".") if "." in plain else plain).replace(".", ",")


def show_yes_no(value: bool) -> str:
    return "oui" if value else "non"
