"""Who the new clients of a lot look like: records of the base, and earlier lines of the file."""

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from crm.accounts.models import User
from crm.clients import lookalikes
from crm.clients.models import Client
from crm.exchange.importing.draft import Draft, Verdict
from crm.exchange.importing.keys import digest, known
from crm.exchange.models import ImportLine, ImportRun


class Likeness:
    """Part of `ClientRehearsal`: `roots` says which line has each key first, `fresh` which keys this lot brings."""

    run: ImportRun
    manager: User | None
    roots: dict[int, int]
    fresh: dict[int, int]

    def _is_visible(self, client: Client) -> bool:
        return self.manager is None or client.manager_id == self.manager.pk

    def _add_key(self, key: int, line: int) -> None:
        if key not in self.roots:
            self.roots[key] = self.fresh[key] = line

    def _compare(self, drafts: Sequence[Draft]) -> None:
        in_base = lookalikes.find([draft.instance for draft in drafts]) if drafts else []
        keys = {draft.line: lookalikes.keys_of(draft.instance) for draft in drafts}
        self.roots |= known(self.run.pk, {digest(*key) for found in keys.values() for key in found})
        self.sirets = {draft.line: draft.instance.siret for draft in drafts}
        for draft, found in zip(drafts, in_base, strict=True):
            draft.lookalikes = self._in_file(draft, keys[draft.line]) + [self._in_base(one) for one in found]
            if draft.lookalikes:
                draft.verdict = Verdict.DUPLICATE
                self._forget_number(draft)
            for key in keys[draft.line]:
                self._add_key(digest(*key), draft.line)

    def _forget_number(self, draft: Draft) -> None:
        """A line that waits for a decision takes no number: a later line may bring it."""
        reference = draft.instance.external_reference
        for key in (digest("number", draft.number), digest("reference", reference)):
            if self.fresh.get(key) == draft.line:
                del self.fresh[key], self.roots[key]

    def _in_file(self, draft: Draft, keys: Sequence[tuple[str, str]]) -> list[dict[str, Any]]:
        shared: dict[int, set[str]] = defaultdict(set)
        for reason, value in keys:
            line = self.roots.get(digest(reason, value))
            if line and line != draft.line:
                shared[line].add(reason)
        found = []
        for line, reasons in sorted(shared.items()):
            other = Client(siret=self._siret_of(line) if reasons == {"vat_number"} else "")
            if counted := lookalikes.counts(draft.instance, other, reasons):
                found.append({"line": line, "reasons": counted})
        return found

    def _siret_of(self, line: int) -> str:
        if line not in self.sirets:
            row = ImportLine.objects.get(run_id=self.run.pk, line=line)
            self.sirets[line] = row.values.get("siret", "")
        return self.sirets[line]

    def _in_base(self, found: lookalikes.Lookalike) -> dict[str, Any]:
        """One outside this manager's portfolio is announced without its identity."""
        client = found.client.pk if self._is_visible(found.client) else None
        return {"client": client, "reasons": found.reasons}
