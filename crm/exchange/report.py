"""What the rehearsal found, as a person reads it: counts, one page of lines, and whom they resemble."""

from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from django.core.paginator import Page, Paginator
from django.db.models import QuerySet
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext, pgettext_lazy

from crm.accounts.models import User
from crm.clients.lookalikes import REASONS
from crm.clients.models import Client
from crm.exchange.differences import Difference
from crm.exchange.formulas import is_harmless
from crm.exchange.importing.client_changes import Choices, written_by
from crm.exchange.models import ImportLine, ImportRun
from crm.exchange.parsed import nearest
from crm.products.models import Plan, Subscription
from crm.products.wording import euros

PAGE = 25
# Whom a line resembles most is shown with all that would change, so that one may choose; the others are named.
_CHOOSABLE, _NAMED = 3, 10
READ, ALL = "read", "all"
TABS = {
    READ: pgettext_lazy("lines of a file", "To read"),
    ALL: pgettext_lazy("lines of a file", "All"),
    "new": pgettext_lazy("lines of a file", "New"),
    "changed": pgettext_lazy("lines of a file", "Changed"),
    "warned": pgettext_lazy("lines of a file", "With a remark"),
    "unchanged": pgettext_lazy("lines of a file", "Unchanged"),
    "duplicate": pgettext_lazy("lines of a file", "Possible duplicates"),
    "refused": pgettext_lazy("lines of a file", "Refused"),
}
_WHY = {
    **REASONS,
    "same": gettext_lazy("identical"),
    "term": gettext_lazy("same client, formule and subscription day"),
}
# Of what a line is about, in the order that reads best.
_NAMING = (
    "identifier", "client", "legal_name", "trade_name", "association_name", "last_name", "first_name", "city",
    "name", "plan", "client_email", "subscribed_on", "email",
)  # fmt: skip
_LONGEST = 160


@dataclass
class Tab:
    key: str
    label: str
    count: int
    is_current: bool


@dataclass
class Like:
    """Somebody a line resembles. `place`: its rank among the line's look-alikes, to choose it. `changes`: what the
    line would change of the record; None when it may not be chosen."""

    text: str
    why: str
    place: int
    url: str = ""
    changes: list[Difference] | None = None


@dataclass
class Shown:
    line: ImportLine
    title: str
    is_written: bool
    likes: list[Like] = field(default_factory=list)

    @property
    def warnings(self) -> list[Difference]:
        return [Difference(*one) for one in self.line.warnings]

    @property
    def choices(self) -> list[Like]:
        """Those that may be chosen; once one is, that one."""
        if self.line.decision not in ("", ImportLine.Decision.UPDATE):
            return []
        chosen = self.line.chosen if self.line.decision else None
        return [like for like in self.likes if like.changes is not None and chosen in (None, like.place)]

    @property
    def unnamed(self) -> int:
        """How many more it resembles."""
        return len(self.line.lookalikes) - len(self.likes)

    @property
    def may_decide(self) -> bool:
        return self.line.verdict == ImportLine.Verdict.DUPLICATE and not self.is_written


@dataclass
class UnknownPlan:
    """A formule that the file names and nobody knows. `price`: what it would be created at, empty when it may not be."""

    name: str
    lines: int
    price: str
    near: str


def created(run: ImportRun, count: int) -> str:
    """“27 subscriptions created”: what it made has its own name."""
    if run.target == ImportRun.Target.SUBSCRIPTION:
        text = ngettext("%(count)d subscription created", "%(count)d subscriptions created", count)
    elif run.target == ImportRun.Target.PLAN:
        text = ngettext("%(count)d formule created", "%(count)d formules created", count)
    else:
        text = ngettext("%(count)d record created", "%(count)d records created", count)
    return text % {"count": count}


def to_be_deleted(run: ImportRun, count: int) -> str:
    """The same, of what undoing takes away."""
    if run.target == ImportRun.Target.SUBSCRIPTION:
        text = ngettext(
            "%(count)d subscription that it created will be deleted",
            "%(count)d subscriptions that it created will be deleted",
            count,
        )
    elif run.target == ImportRun.Target.PLAN:
        text = ngettext(
            "%(count)d formule that it created will be deleted",
            "%(count)d formules that it created will be deleted",
            count,
        )
    else:
        text = ngettext(
            "%(count)d record that it created will be deleted",
            "%(count)d records that it created will be deleted",
            count,
        )
    return text % {"count": count}


def unknown_plans(run: ImportRun) -> list[UnknownPlan]:
    known = list(Plan.objects.values_list("name", flat=True)) if run.unknown_plans else []
    return [
        UnknownPlan(
            name,
            first["lines"],
            euros(Decimal(first["price"])) if first["price"] and is_harmless(name) else "",
            nearest(name, known),
        )
        for name, first in run.unknown_plans.items()
    ]


def opening_tab(run: ImportRun) -> str:
    """What a person must read first: everything but the lines that change nothing, when there are both."""
    counts = _counts(run)
    return READ if 0 < counts[READ] < counts[ALL] else ALL


def _counts(run: ImportRun) -> dict[str, int]:
    total = sum(run.counts.get(key, 0) for key in ImportLine.Verdict.values)
    return {**run.counts, ALL: total, READ: total - run.counts.get(ImportLine.Verdict.UNCHANGED, 0)}


def tabs(run: ImportRun, current: str) -> list[Tab]:
    counts = _counts(run)
    hidden = {READ} if counts[READ] == counts[ALL] else set()
    return [
        Tab(key, str(label), counts.get(key, 0), key == current)
        for key, label in TABS.items()
        if key in (ALL, current) or (counts.get(key, 0) and key not in hidden)
    ]


class _Counted(Paginator):
    """The counts of the run, instead of counting its lines again."""

    def __init__(self, lines: QuerySet[ImportLine], count: int) -> None:
        super().__init__(lines, PAGE)
        self.count = count  # type: ignore[misc, method-assign]


def page(run: ImportRun, tab: str, number: Any, *, user: User) -> Page:
    """One page of the lines of a tab, each shown."""
    lines = run.lines.select_related("effect").order_by("line")
    if tab == "warned":
        lines = lines.filter(is_warned=True, verdict__in=["new", "changed"])
    elif tab == READ:
        lines = lines.exclude(verdict=ImportLine.Verdict.UNCHANGED)
    elif tab != ALL:
        lines = lines.filter(verdict=tab)
    count = next((one.count for one in tabs(run, tab) if one.key == tab), 0)
    found = _Counted(lines, count).get_page(number)
    found.object_list = _shown(run, list(found.object_list), user)
    return found


def _shown(run: ImportRun, lines: list[ImportLine], user: User) -> list[Shown]:
    likes = [like for line in lines for like in line.lookalikes[:_NAMED]]
    written = written_by(run, {like["line"] for like in likes if like.get("line")})
    clients = {like["client"] for like in likes if like.get("client")} | set(written.values())
    terms = {like["subscription"] for like in likes if like.get("subscription")}
    named = Client.objects.visible_to(user).in_bulk(clients) if run.is_of_clients else {}
    held = Subscription.objects.visible_to(user).select_related("plan").in_bulk(terms)
    places = _naming_places(run)
    shown = [
        Shown(
            line,
            _title(line, places),
            hasattr(line, "effect"),
            [_like(place, like, named, held) for place, like in enumerate(line.lookalikes[:_NAMED])],
        )
        for line in lines
    ]
    if run.is_of_clients:
        _tell_changes(Choices(run, named, written), [one for one in shown if one.may_decide])
    return shown


def _tell_changes(choices: Choices, waiting: list[Shown]) -> None:
    choices.read([one.line for one in waiting])
    for one in waiting:
        for like in one.likes:
            if like.place < _CHOOSABLE or (one.line.decision and like.place == one.line.chosen):
                found = choices.changes(one.line, one.line.lookalikes[like.place])
                like.changes = None if found is None else [Difference(*note) for note in found]


def _naming_places(run: ImportRun) -> list[int]:
    place_of = {run.mapping.get(heading): place for place, heading in enumerate(run.headings)}
    return [place_of[key] for key in _NAMING if key in place_of][:5]


def _title(line: ImportLine, places: list[int]) -> str:
    cells = [line.raw[place].strip() for place in places if place < len(line.raw)]
    text = " · ".join(" ".join(cell.split()) for cell in cells if cell) or " · ".join(filter(None, line.raw))
    return text if len(text) <= _LONGEST else text[:_LONGEST] + "…"


def _like(place: int, like: dict[str, Any], clients: dict, terms: dict) -> Like:
    why = ", ".join(str(_WHY.get(reason, reason)) for reason in like["reasons"])
    if like.get("line"):
        return Like(_("line %(line)s") % {"line": like["line"]}, why, place)
    if client := clients.get(like.get("client")):
        url = reverse("admin:clients_client_change", args=[client.pk])
        return Like(str(client), why, place, url)
    if term := terms.get(like.get("subscription")):
        return Like(str(term), why, place, reverse("admin:products_subscription_change", args=[term.pk]))
    return Like(_("a client of another manager"), why, place)
