"""A lot of lines about clients: whom each is about, what it would change, and who it looks like."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import date
from typing import Any

from django.db.models import Max, Q
from django.utils.translation import gettext as _

from crm.accounts.models import User
from crm.clients import rules
from crm.clients.models import Category, Client, Establishment, NumberCounter, Tag
from crm.clients.models.number import LARGEST_NUMBER
from crm.exchange.importing.checking import breaches
from crm.exchange.importing.client_changes import (
    ALL_COLUMNS,
    APART,
    client_of,
    compared,
    heading_of,
    lacking,
)
from crm.exchange.importing.client_likeness import Likeness
from crm.exchange.importing.columns import Reading
from crm.exchange.importing.draft import Draft, Layout, Verdict, loaded, short
from crm.exchange.importing.keys import digest, known
from crm.exchange.models import ImportLine, ImportRun
from crm.exchange.sources import Row
from crm.france.names import comparable_company, comparable_person
from crm.france.postcodes import territory_of_postcode

MENDED = tuple(column.key for column in ALL_COLUMNS.values() if column.is_mended)
# Numbers go on from the largest: one mistyped would leave none for the next clients.
_LARGEST_LEAP = 1_000_000


class ClientRehearsal(Likeness):
    """Judges the lines of one run, a lot at a time; between lots only the database remembers."""

    def __init__(self, run: ImportRun, layout: Layout, *, today: date) -> None:
        self.run, self.layout, self.today = run, layout, today
        # The manager whose portfolio this import is bound to; None for who sees every client.
        self.manager: User | None = None if run.is_unrestricted else run.by
        self.reading = Reading(today, names=self._names())
        self.new_tags: dict[str, str] = {name.casefold(): name for name in run.new_tags}
        self.last_number = max(
            Client.objects.aggregate(last=Max("number"))["last"] or 0,
            NumberCounter.objects.aggregate(last=Max("last"))["last"] or 0,
        )
        self.known_tags = {name.casefold() for name in Tag.objects.values_list("name", flat=True)}

    def _names(self) -> dict[str, dict[str, tuple[int, str]]]:
        def by_name(pairs) -> dict[str, tuple[int, str]]:
            return {name.casefold(): (pk, name) for pk, name in pairs}

        names = {
            "category": by_name(Category.objects.values_list("pk", "name")),
            "establishment": by_name(Establishment.objects.values_list("pk", "name")),
        }
        managers = User.objects.filter(is_staff=True)
        if self.manager:
            managers = managers.filter(pk=self.manager.pk)
        names["manager"] = by_name(managers.values_list("pk", "email"))
        return names

    def judge(self, rows: Sequence[Row]) -> tuple[list[ImportLine], dict[int, int]]:
        drafts = [self._draft(row) for row in rows]
        self._meet(drafts)
        for draft in drafts:
            self._settle(draft)
        self._compare([draft for draft in drafts if draft.verdict == Verdict.NEW and not draft.reasons])
        for draft in drafts:
            self._announce_tags(draft)
        for draft in drafts:
            self.layout.order(draft)
        return [draft.row(self.run.pk) for draft in drafts], self.fresh

    def _draft(self, row: Row) -> Draft:
        draft = self.layout.read(row, self.reading)
        values = draft.values
        streets = [values.pop(key) for key in ("street", "street_2", "street_3") if key in values]
        if streets:
            values["street"] = "\n".join(streets)
            if len(values["street"]) > 250:
                draft.refuse(self.layout.heading_of("street"), _("More than 250 characters."))
        if civility := values.pop("civility", None):
            values |= {
                key: part for key, part in zip(("civility", "honorific"), civility, strict=True) if part
            }
        if form := values.pop("legal_form", None):
            values["legal_form" if form[0] else "foreign_legal_form"] = form[0] or form[1]
        _move_rectified(draft)
        self._identify(draft)
        return draft

    def _identify(self, draft: Draft) -> None:
        identifier = draft.values.pop("identifier", None)
        if isinstance(identifier, int):
            if 1 <= identifier <= min(LARGEST_NUMBER, self.last_number + _LARGEST_LEAP):
                draft.number = identifier
            elif 1 <= identifier <= LARGEST_NUMBER:
                draft.refuse(
                    self.layout.heading_of("identifier"),
                    _("CLT-%(number)s is too far above the last number given, %(last)s: is it a typing slip?")
                    % {"number": identifier, "last": Client(number=self.last_number).code},
                )
            else:
                draft.refuse(
                    self.layout.heading_of("identifier"),
                    _("CLT-%(number)s is not a possible number: from 1 to %(largest)s.")
                    % {"number": identifier, "largest": LARGEST_NUMBER},
                )
        elif identifier:
            draft.values.setdefault("external_reference", identifier)

    # Whom a line is about

    def _meet(self, drafts: Sequence[Draft]) -> None:
        """What the database and the earlier lots know of the numbers and references of this lot."""
        numbers = {draft.number for draft in drafts if draft.number}
        references = {ref for draft in drafts if (ref := draft.values.get("external_reference"))}
        self.by_number: dict[int, Client] = {}
        self.by_reference: dict[str, Client] = {}
        if numbers:
            self.by_number = {client.number: client for client in Client.objects.filter(number__in=numbers)}
        if references:
            found = Client.objects.with_references(references)
            self.by_reference = {client.external_reference: client for client in found}
        digests = {digest("number", number) for number in numbers}
        digests |= {digest("reference", reference) for reference in references}
        self.roots = known(self.run.pk, digests)
        self.fresh: dict[int, int] = {}
        self.states: dict[int, ImportLine | Draft] = {}
        self.tags_of = self._tags()

    def _tags(self) -> dict[int, list[str]]:
        held: dict[int, list[str]] = defaultdict(list)
        known = [client.pk for client in (*self.by_number.values(), *self.by_reference.values())]
        if known and "tags" in self.layout.columns:
            through = Client.tags.through.objects.filter(client_id__in=known)
            for client_id, name in through.values_list("client_id", "tag__name"):
                held[client_id].append(name)
        return held

    def _settle(self, draft: Draft) -> None:
        """Find the record, put the values on it, and let the model say what is wrong."""
        kind = draft.values.pop("kind", None) or self.run.target
        if kind == ImportRun.Target.CLIENT:
            draft.refuse(self.layout.heading_of("kind"), _("Empty: individual, professional or association?"))
            return
        instance, draft.root = self._target(draft, kind)
        self._leave_out_foreign(draft, instance.kind)
        before = {name: getattr(instance, name) for name in draft.values if name not in APART}
        is_new = instance.pk is None and draft.root is None
        self._fill(instance, draft, is_new=is_new)
        self._clean(instance, draft)
        draft.instance = instance
        if draft.reasons:
            return
        rules.derive(instance, getattr(instance, "_loaded", {}))
        if is_new:
            draft.root = draft.line
            self._register(draft, instance)
        else:
            draft.object_id = instance.pk
            self._note_changes(draft, instance, before)

    def _target(self, draft: Draft, kind: str) -> tuple[Client, int | None]:
        """The record or a new one, and the first line about it when it is not in the base yet.

        A refused line is still put on a new record: what else is wrong with it is told together.
        """
        new = Client(kind=kind, manager=self.manager, created_on=self.today)
        reference = draft.values.get("external_reference", "")
        heading = self.layout.heading_of("identifier") or self.layout.heading_of("external_reference")
        by_reference = self._known("reference", reference, self.by_reference) if reference else None
        by_number = self._known("number", draft.number, self.by_number) if draft.number else None
        found = by_reference or by_number
        if found is None:
            return new, None
        client, root = found
        told = len(draft.reasons)
        if client.pk and not self._is_visible(client):
            draft.refuse(
                heading, _("“%(value)s” is already used.") % {"value": reference or f"CLT-{draft.number:03d}"}
            )
            return new, None
        number = client.number or draft.number
        if by_reference and draft.number and (draft.number != number or (by_number and by_number != found)):
            draft.refuse(
                heading,
                _("The reference %(reference)s is that of another number.") % {"reference": reference},
            )
        elif not by_reference and not self._agrees(draft, client):
            draft.refuse(heading, self._taken(client, root, draft))
        elif client.kind != kind:
            draft.refuse(
                heading,
                _("%(who)s is of another kind (%(kind)s).")
                % {"who": client.code if client.pk else reference, "kind": client.get_kind_display()},
            )
        return found if len(draft.reasons) == told else (new, None)

    def _known(self, what: str, value: Any, saved: dict[Any, Client]) -> tuple[Client, int | None] | None:
        if client := saved.get(value):
            return client, None
        root = self.roots.get(digest(what, value))
        return (self._from_line(root), root) if root else None

    def _from_line(self, root: int) -> Client:
        """The client that an earlier line of this file will create, as the last line about it leaves it."""
        if root not in self.states:
            lines = ImportLine.objects.filter(Q(line=root) | Q(follows=root), run_id=self.run.pk)
            self.states[root] = lines.exclude(verdict=Verdict.REFUSED).latest("line")
        state = self.states[root]
        values = loaded(state.values, Client) if isinstance(state, ImportLine) else dict(state.values)
        return client_of(values, state.number)

    def _agrees(self, draft: Draft, client: Client) -> bool:
        """The name or the e-mail of the line is that of the record."""
        values = draft.values
        if values.get("email") and values["email"] == client.email:
            return True
        if client.kind == Client.Kind.INDIVIDUAL:
            names = values.get("last_name", ""), values.get("first_name", "")
            return all(names) and comparable_person(*names) == comparable_person(
                client.last_name, client.first_name
            )
        theirs = {
            comparable_company(name)
            for name in (client.legal_name, client.trade_name, client.association_name)
        }
        given = [values.get(name, "") for name in ("legal_name", "trade_name", "association_name")]
        return any(name and comparable_company(name) in theirs for name in given)

    def _taken(self, client: Client, root: int | None, draft: Draft) -> str:
        params = {"number": f"CLT-{draft.number:03d}", "name": client.display_name, "line": root}
        if root:
            return (
                _("%(number)s is the client of line %(line)s, and neither name nor e-mail agrees.") % params
            )
        return _("%(number)s is %(name)s, and neither name nor e-mail agrees.") % params

    # What it would write

    def _leave_out_foreign(self, draft: Draft, kind: str) -> None:
        for name in rules.foreign_fields(kind) & draft.values.keys():
            heading = self.layout.heading_of(name)
            shown = ALL_COLUMNS[name].show(draft.values.pop(name)) if name in ALL_COLUMNS else ""
            draft.rectified[name] = (heading, short(shown), _("not kept: not a field of this kind of client"))

    def _fill(self, instance: Client, draft: Draft, *, is_new: bool) -> None:
        for name, value in draft.values.items():
            if name not in APART:
                setattr(instance, name, value)
        if is_new and "country" not in draft.values:
            instance.country = territory_of_postcode("".join(instance.postcode.split()))

    def _clean(self, instance: Client, draft: Draft) -> None:
        for name, errors in rules.mend(instance).items():
            heading = heading_of(self.layout, name)
            if not any(heading == reason[0] for reason in draft.reasons):
                for error in errors:
                    draft.refuse_error(heading, error)
        for name in MENDED:
            if name in draft.values:
                self._note_mended(draft, name, getattr(instance, name))
        for name, error in breaches(Client, draft.values):
            heading = heading_of(self.layout, name)
            if not any(heading == reason[0] for reason in draft.reasons):
                draft.refuse_error(heading, error)

    def _note_mended(self, draft: Draft, name: str, value: str) -> None:
        cell, column = draft.values[name], ALL_COLUMNS[name]
        draft.values[name] = value
        if cell != value and not column.is_usual(cell, value):
            draft.rectified[name] = (self.layout.heading_of(name), short(cell), short(column.show(value)))

    def _register(self, draft: Draft, instance: Client) -> None:
        """Later lines may be about this client: by its number, or its reference."""
        draft.values |= {"kind": instance.kind, "country": str(instance.country)}
        if draft.number:
            self._add_key(digest("number", draft.number), draft.line)
        if instance.external_reference:
            self._add_key(digest("reference", instance.external_reference), draft.line)
        self.states[draft.line] = draft

    def _note_changes(self, draft: Draft, instance: Client, before: dict[str, Any]) -> None:
        """Keep only what differs from the record, and show it: before → after."""
        after = {name: getattr(instance, name) for name in before}
        changed = compared(before, after, layout=self.layout, names=self.reading.names)
        draft.rectified = {name: note for name, note in draft.rectified.items() if name in changed} | changed
        held = self._held_tags(draft, instance)
        extra = lacking(draft.values.pop("tags", []), held)
        merged = {name: draft.values[name] for name in changed}
        if extra:
            changed["tags"] = (self.layout.heading_of("tags"), ", ".join(held), ", ".join([*held, *extra]))
            draft.rectified["tags"] = changed["tags"]
            merged["tags"] = extra
        draft.verdict = Verdict.CHANGED if changed else Verdict.UNCHANGED
        draft.values = merged
        if draft.root:
            state = self.states[draft.root]
            values = loaded(state.values, Client) if isinstance(state, ImportLine) else state.values
            draft.values = values | merged | {"tags": [*held, *extra]}
            draft.number = draft.number or state.number
            self.states[draft.root] = draft

    def _held_tags(self, draft: Draft, instance: Client) -> list[str]:
        return (
            self.tags_of.get(instance.pk, [])
            if draft.root is None
            else self.states[draft.root].values.get("tags", [])
        )

    def _announce_tags(self, draft: Draft) -> None:
        if draft.verdict == Verdict.REFUSED or draft.reasons:
            return
        for name in draft.values.get("tags", []):
            if name.casefold() not in self.known_tags:
                self.new_tags.setdefault(name.casefold(), name)


def _move_rectified(draft: Draft) -> None:
    """A civility that is only a title, a form that is foreign: the remark follows the value."""
    for first, second in (("civility", "honorific"), ("legal_form", "foreign_legal_form")):
        if first in draft.rectified and first not in draft.values and second in draft.values:
            draft.rectified[second] = draft.rectified.pop(first)
