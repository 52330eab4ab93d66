"""The accepted lines about clients, written a lot at a time."""

from collections.abc import Sequence
from typing import Any

from django.utils.translation import gettext as _

from crm.clients import lookalikes, rules
from crm.clients.models import Client, NotDuplicate, NumberCounter, Tag
from crm.exchange.importing.checking import breaches
from crm.exchange.importing.client_changes import APART, put_on, written_by
from crm.exchange.importing.columns import label_of
from crm.exchange.importing.draft import Verdict, loaded
from crm.exchange.importing.writing_base import Writer, held, named
from crm.exchange.models import ImportLine
from crm.timeline.models import Entry
from crm.timeline.services import entry, record_all

Decision = ImportLine.Decision
Pair = tuple[ImportLine, Client]


class ClientWriter(Writer):
    model = Client

    def write(self, lines: Sequence[ImportLine]) -> None:
        self.tags: dict[str, Tag] = {}
        created = [line for line in lines if _is_creation(line)]
        waiting = [line for line in lines if not _is_creation(line)]
        self._create(created)
        self.flush()
        while waiting:
            waiting = self._update(waiting)
            self.flush()

    # New records

    def _create(self, lines: Sequence[ImportLine]) -> None:
        pairs = [(line, self._new(line)) for line in lines]
        pairs = self._still_free(pairs)
        pairs = self._still_unlike(pairs)
        if not pairs:
            return
        self._number(pairs)
        for _line, client in pairs:
            client.prepare()
        clients = [client for _line, client in pairs]
        Client.objects.bulk_create(clients)
        history = self.keep_history(pairs, kind="+")
        self._put_tags(pairs)
        self._tell(pairs, Entry.Kind.CREATED)
        self.keep_effects(pairs, history, is_created=True)
        self._remember_apart([pair for pair in pairs if pair[0].verdict == Verdict.DUPLICATE])

    def _new(self, line: ImportLine) -> Client:
        manager = None if self._sees_all else self.run.by
        client = Client(kind=line.values["kind"], manager=manager, created_on=self.today)
        client.number = line.number  # type: ignore[assignment]  # the counter gives it when it is None
        self._fill(client, line)
        return client

    @property
    def _sees_all(self) -> bool:
        return self.run.is_unrestricted

    def _fill(self, client: Client, line: ImportLine) -> None:
        for name, value in loaded(line.values, Client).items():
            if name not in APART:
                setattr(client, name, value)

    def _still_free(self, pairs: Sequence[Pair]) -> list[Pair]:
        """Without those whose number or reference has been taken since the rehearsal."""
        numbers = {client.number for _line, client in pairs if client.number}
        references = {client.external_reference for _line, client in pairs if client.external_reference}
        taken = set(Client.objects.filter(number__in=numbers).values_list("number", flat=True))
        others = Client.objects.with_references(references)
        used = set(others.values_list("external_reference", flat=True))
        free = []
        for line, client in pairs:
            if client.number in taken:
                self.refuse(
                    line,
                    "",
                    _("%(number)s has been given to another client meanwhile.") % {"number": client.code},
                )
            elif client.external_reference in used:
                value = client.external_reference
                self.refuse(
                    line, "", _("“%(value)s” has been given to another client meanwhile.") % {"value": value}
                )
            else:
                taken.add(client.number)
                used.add(client.external_reference)
                free.append((line, client))
            taken.discard(None)
            used.discard("")
        return free

    def _still_unlike(self, pairs: Sequence[Pair]) -> list[Pair]:
        """Without those that now look like a record written since the rehearsal; a person decides."""
        for _line, client in pairs:
            rules.derive(client, {})
        found = lookalikes.find([client for _line, client in pairs]) if pairs else []
        unlike = []
        for (line, client), likes in zip(pairs, found, strict=True):
            if not likes or line.decision == Decision.CREATE:
                unlike.append((line, client))
            else:
                self.doubt(line, [self._announced(one) for one in likes])
        return unlike

    def _announced(self, found: lookalikes.Lookalike) -> dict[str, Any]:
        is_visible = self._sees_all or found.client.manager_id == self.run.by_id
        return {"client": found.client.pk if is_visible else None, "reasons": found.reasons}

    def _number(self, pairs: Sequence[Pair]) -> None:
        """Numbers of the file are kept; the others come from the counter, and are none of the file's."""
        kept = [client.number for _line, client in pairs if client.number]
        if kept:
            NumberCounter.objects.raise_to(max(kept))
        unnumbered = [client for _line, client in pairs if not client.number]
        while unnumbered:
            given = NumberCounter.objects.allocate(len(unnumbered))
            in_file = self.run.lines.filter(number__gte=given.start, number__lt=given.stop)
            reserved = set(in_file.values_list("number", flat=True))
            for number in given:
                if number not in reserved:
                    unnumbered.pop(0).number = number

    def _put_tags(self, pairs: Sequence[Pair]) -> None:
        wanted = [(client, name) for line, client in pairs for name in line.values.get("tags", [])]
        missing: dict[str, str] = {}
        for _client, name in wanted:
            if name.casefold() not in self.tags:
                missing.setdefault(name.casefold(), name)
        if missing:
            self.tags |= {tag.name.casefold(): tag for tag in Tag.objects.all()}
            for key, name in missing.items():
                if key not in self.tags:
                    self.tags[key] = named(Tag, name).first() or Tag.objects.create(name=name)
        through = Client.tags.through
        rows = [through(client_id=client.pk, tag_id=self.tags[name.casefold()].pk) for client, name in wanted]
        through.objects.bulk_create(rows, ignore_conflicts=True)

    def _tell(self, pairs: Sequence[Pair], kind: Entry.Kind) -> None:
        record_all(
            entry(client, kind, self.reason(line), at=self.now, by=self.run.by, target=self.run)
            for line, client in pairs
        )

    def _remember_apart(self, pairs: Sequence[Pair]) -> None:
        """A person said that these are other people: they are not proposed again."""
        for line, client in pairs:
            for other in self._resolve(line.lookalikes):
                if other and other != client.pk:
                    first, second = sorted([other, client.pk])
                    NotDuplicate.objects.get_or_create(
                        first_id=first, second_id=second, defaults={"by": self.run.by}
                    )

    def _resolve(self, found: Sequence[dict[str, Any]]) -> list[int | None]:
        """The records of look-alikes, those of the file's own lines through what they wrote."""
        lines = [one["line"] for one in found if one.get("line")]
        written = written_by(self.run, set(lines))
        wanted = [one.get("client") or written.get(one.get("line")) for one in found]
        known = held(Client.objects.only("pk"), [pk for pk in wanted if pk])
        return [pk if pk in known else None for pk in wanted]

    # Changed records

    def _update(self, lines: Sequence[ImportLine]) -> list[ImportLine]:
        """Write each record's first line; returns those whose record has just been written by another."""
        targets = self._targets(lines)
        clients = held(Client.objects.all(), [pk for pk in targets.values() if pk])
        now: list[tuple[ImportLine, Client, dict[str, Any]]] = []
        later, met = [], set()
        for line in lines:
            pk = targets[line.pk]
            if pk in met:
                later.append(line)
                continue
            client = clients.get(pk) if pk else None
            if client is None or not (self._sees_all or client.manager_id == self.run.by_id):
                self.refuse(line, "", _("The record to change is not in the base."))
                continue
            met.add(pk)
            if (before := self._change(line, client)) is not None:
                now.append((line, client, before))
        self._save(now)
        return later

    def _targets(self, lines: Sequence[ImportLine]) -> dict[int, int | None]:
        roots = [line.follows for line in lines if line.follows]
        written = written_by(self.run, set(roots))
        targets: dict[int, int | None] = {}
        for line in lines:
            if line.decision == Decision.UPDATE:
                resolved = self._resolve(line.lookalikes)
                targets[line.pk] = resolved[line.chosen] if line.chosen < len(resolved) else None
            else:
                targets[line.pk] = line.object_id or written.get(line.follows)
        return targets

    def _change(self, line: ImportLine, client: Client) -> dict[str, Any] | None:
        """Put the values on the record; the values they replace, or None when the model now refuses them."""
        values = loaded(line.values, Client)
        if line.decision == Decision.UPDATE:
            values = put_on(client, values)
        names = [name for name in values if name not in APART]
        before = {name: _plain(getattr(client, name)) for name in [*names, *rules.PLACE]}
        for name in names:
            setattr(client, name, values[name])
        errors = {name: found[0] for name, found in rules.mend(client).items()}
        errors = dict(breaches(Client, {name: getattr(client, name) for name in before})) | errors
        for name, error in errors.items():
            self.refuse(line, str(label_of(Client, name)), " ".join(error.messages))
        if errors:
            return None
        client.prepare()
        return before

    def _save(self, changes: Sequence[tuple[ImportLine, Client, dict[str, Any]]]) -> None:
        if not changes:
            return
        clients = [client for _line, client, _before in changes]
        names = {name for _line, _client, before in changes for name in before}
        fields = sorted(names | {"siren", "activity_version", "region", *Client.DERIVED})
        tags = self._held_tags(clients)
        Client.objects.bulk_update(clients, fields, batch_size=100)
        pairs = [(line, client) for line, client, _before in changes]
        history = self.keep_history(pairs, kind="~")
        self._put_tags(pairs)
        self._tell(pairs, Entry.Kind.IMPORTED)
        befores = [before | {"tags": tags.get(client.pk, [])} for _line, client, before in changes]
        self.keep_effects(pairs, history, is_created=False, before=befores)

    def _held_tags(self, clients: Sequence[Client]) -> dict[int, list[int]]:
        tags: dict[int, list[int]] = {}
        rows = Client.tags.through.objects.filter(client__in=clients)
        for client_id, tag_id in rows.values_list("client_id", "tag_id"):
            tags.setdefault(client_id, []).append(tag_id)
        return tags


def _is_creation(line: ImportLine) -> bool:
    return line.verdict == Verdict.NEW or (
        line.verdict == Verdict.DUPLICATE and line.decision == Decision.CREATE
    )


def _plain(value: Any) -> Any:
    return value if value is None or isinstance(value, (int, str)) else str(value)
