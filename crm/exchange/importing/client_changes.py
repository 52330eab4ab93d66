"""What a line changes of a client's record, as a person reads it: heading, before, after."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Q

from crm.clients.models import Category, Client, Establishment
from crm.exchange.importing.client_columns import columns_of, show_country
from crm.exchange.importing.columns import Column, field_of, label_of
from crm.exchange.importing.draft import Layout, Verdict, loaded, short
from crm.exchange.importing.headings import columns_for
from crm.exchange.models import ImportEffect, ImportLine, ImportRun

Note = tuple[str, str, str]
Names = Mapping[str, Mapping[str, tuple[Any, str]]]
ALL_COLUMNS: dict[str, Column] = {column.target: column for column in columns_of("client")}
# Not attributes of a client: the number is given once, tags are rows of their own.
APART = ("identifier", "kind", "tags", "number")


def heading_of(layout: Layout, name: str) -> str:
    return layout.heading_of(name) or str(label_of(Client, name))


def compared(
    before: Mapping[str, Any], after: Mapping[str, Any], *, layout: Layout, names: Names
) -> dict[str, Note]:
    """The values that differ, by attribute."""
    found = {}
    for name, old in before.items():
        if str("" if old is None else old) != str(after[name]):
            was, is_now = (short(_shown(name, value, names)) for value in (old, after[name]))
            found[name] = (heading_of(layout, name), was, is_now)
    return found


def lacking(names: Sequence[str], held: Sequence[str]) -> list[str]:
    known = {name.casefold() for name in held}
    return [name for name in names if name.casefold() not in known]


def put_on(client: Client, values: Mapping[str, Any]) -> dict[str, Any]:
    """What a look-alike that a person chose takes from a line; what says who it is stays its own."""
    own = {"created_on", "manager_id"} | ({"external_reference"} if client.external_reference else set())
    return {name: value for name, value in values.items() if name not in own}


def client_of(values: Mapping[str, Any], number: int | None) -> Client:
    """The client that a line of a file will create."""
    client = Client(kind=values["kind"])
    client.number = number  # type: ignore[assignment]  # the counter gives it when it is None
    for name, value in values.items():
        if name not in APART:
            setattr(client, name, value)
    return client


@dataclass
class Choices:
    """What the possible duplicates of one page would change of each record they resemble, were it the one chosen.
    `clients`: those that the reader may see. As many queries for one line as for many."""

    run: ImportRun
    clients: dict[int, Client]
    written: dict[int | None, int]

    def __post_init__(self) -> None:
        self.layout = Layout(self.run.headings, self.run.mapping, columns_for(self.run.target))
        self.tags: dict[int, list[str]] = {}
        self.states: dict[int, list[ImportLine]] = {}
        self.names: dict[str, dict[str, tuple[Any, str]]] = {}

    def read(self, lines: Sequence[ImportLine]) -> None:
        """What is to be known for these lines, asked of the database at once."""
        through = Client.tags.through.objects.filter(client_id__in=self.clients).order_by("tag__name")
        for client_id, name in through.values_list("client_id", "tag__name") if self.clients else ():
            self.tags.setdefault(client_id, []).append(name)
        roots = {like["line"] for line in lines for like in line.lookalikes if like.get("line")}
        roots -= self.written.keys()
        if roots:
            about = self.run.lines.filter(Q(line__in=roots) | Q(follows__in=roots))
            for state in about.exclude(verdict=Verdict.REFUSED).order_by("line"):
                self.states.setdefault(state.follows or state.line, []).append(state)
        for key, model in (("category", Category), ("establishment", Establishment)):
            if any(f"{key}_id" in line.values for line in lines):
                rows = model._base_manager.values_list("pk", "name")
                self.names[key] = {name: (pk, name) for pk, name in rows}

    def changes(self, line: ImportLine, like: Mapping[str, Any]) -> list[Note] | None:
        """In the order of the columns; None when the record is not one that may be chosen."""
        found = self._target(line, like)
        if found is None:
            return None
        client, held = found
        values = put_on(client, loaded(line.values, Client))
        extra = lacking(values.pop("tags", []), held)
        after = {name: value for name, value in values.items() if name not in APART}
        before = {name: getattr(client, name) for name in after}
        notes = compared(before, after, layout=self.layout, names=self.names)
        if extra:
            notes["tags"] = (heading_of(self.layout, "tags"), ", ".join(held), ", ".join([*held, *extra]))
        return list(self.layout.ordered(notes).values())

    def _target(self, line: ImportLine, like: Mapping[str, Any]) -> tuple[Client, list[str]] | None:
        """The record, and its tags; that of a line not written yet is as the lines before this one leave it."""
        root = like.get("line")
        if client := self.clients.get(self.written.get(root, 0) if root else like.get("client") or 0):
            return client, self.tags.get(client.pk, [])
        earlier = [state for state in self.states.get(root or 0, []) if state.line < line.line]
        if not earlier:
            return None
        values = loaded(earlier[-1].values, Client)
        return client_of(values, earlier[-1].number), values.get("tags", [])


def written_by(run: ImportRun, lines: set[int]) -> dict[int | None, int]:
    """Line → the record that it has written."""
    if not lines:
        return {}
    effects = ImportEffect.objects.filter(run=run, line__line__in=lines)
    return dict(effects.values_list("line__line", "object_id"))


def _shown(name: str, value: Any, names: Names) -> str:
    if value is None or value == "":
        return ""
    if name in ("country", "birth_country"):
        return show_country(str(value))
    if name.endswith("_id"):
        known = names.get(name.removesuffix("_id"), {}).values()
        return next((label for pk, label in known if pk == value), "")
    if name in ("civility", "legal_form"):
        return str(dict(field_of(Client, name).flatchoices).get(value, value))
    return ALL_COLUMNS[name].show(value) if name in ALL_COLUMNS else str(value)
