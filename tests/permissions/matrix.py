"""Each address, by each role, by each method: who is let in, what is written, what is told."""

import hashlib
import os
import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from http.cookies import SimpleCookie
from pathlib import Path
from typing import Any

from allauth.account.models import EmailAddress
from django.conf import settings
from django.core import mail
from django.core.cache import caches
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection, transaction
from django.test import Client as HttpClient
from django.urls import reverse

from crm.accounts.models import User
from tests.permissions.browser import typed
from tests.permissions.rules import ANYONE, CLIENTS, DOOR, HERSELF, OWN, READS, SPACE, TAKEN, Rule, Who
from tests.permissions.world import CSV, MARK, House, every_permission, permissions

WRITES = re.compile(
    r'\s*(?:INSERT(?: OR \w+)? INTO|UPDATE|DELETE FROM|REPLACE INTO)\s+"?(\w+)', re.IGNORECASE
)
# What a request may write although it is refused, and why.
NOT_COUNTED = {
    "django_session": "the session itself: when it was last used, the word to show on the next page",
    "usersessions_usersession": "when and from where the session was last used",
}
LOG = "django_admin_log"
READING = ("GET", "HEAD")
OTHERS = ("HEAD", "PUT", "PATCH", "DELETE")
SIGN_IN = ("/espace/connexion/", "/admin/login/")
CLOSED = "/espace/acces-ferme/"
ABSENT_PK = "987654321"


@dataclass(frozen=True)
class Role:
    name: str
    # anonymous, client, stranger, shut, reader, writer or staff
    kind: str
    cookies: SimpleCookie = field(default_factory=SimpleCookie, compare=False)
    # Of staff: None is every permission.
    rights: frozenset[str] | None = frozenset()
    knows_client: bool = False

    def may(self, wanted: Iterable[str]) -> bool:
        return self.kind == "staff" and (self.rights is None or set(wanted) <= self.rights)

    @property
    def may_name_client(self) -> bool:
        return self.kind in ("client", "reader", "writer") or (self.knows_client and self.may([CLIENTS]))


@dataclass(frozen=True)
class Probe:
    """One address with its arguments, under its rule."""

    name: str
    rule: Rule
    address: str
    absent: str

    def __str__(self) -> str:
        return f"{self.name} {self.address}"


@dataclass
class Trial:
    """What became of one request."""

    status: int = 0
    place: str = ""
    body: bytes = b""
    disposition: str = ""
    wrote: list[str] = field(default_factory=list)
    changed: list[str] = field(default_factory=list)

    @property
    def outcome(self) -> str:
        if self.status >= 500 and self.status != 503:
            return "failure"
        if self.status == 302 and self.place.startswith(SIGN_IN):
            return "sign in"
        if self.status == 302 and self.place.startswith(CLOSED):
            return "closed"
        if self.status in (403, 404, 405):
            return "refused"
        return "let in"


# What is there to be found


def allows(who: Who, role: Role, rule: Rule) -> bool:
    if who == ANYONE:
        return True
    if who == DOOR:
        return role.kind not in ("reader", "writer")
    if who == OWN:
        return role.kind in ("client", "stranger", "staff")
    if who == SPACE:
        return role.kind in ("client", "reader", "writer") or (role.kind == "stranger" and not rule.of_client)
    if who == HERSELF:
        return role.kind == "client" or (role.kind == "stranger" and not rule.of_client)
    if who == TAKEN:
        return role.kind in ("reader", "writer")
    if isinstance(who, str):
        return False
    is_enough = any(role.may(rights) for rights in (who, *rule.also))
    return is_enough and (role.knows_client or not rule.of_client)


def is_let_in(rule: Rule, method: str, role: Role) -> bool:
    who = rule.get if method != "POST" or rule.post == READS else rule.post
    if role.kind == "reader" and method not in READING:
        return who in (ANYONE, TAKEN)
    return allows(who, role, rule)


def refusals(role: Role) -> set[str]:
    if role.kind == "anonymous":
        return {"sign in", "refused"}
    if role.kind == "shut":
        return {"sign in", "refused", "closed"}
    return {"refused"}


# The requests


class Matrix:
    def __init__(self, house: House, probes: list[Probe]) -> None:
        self.house, self.probes = house, probes
        self.http = HttpClient(raise_request_exception=False)
        self.forms: dict[Probe, dict[str, list[str]]] = {}
        self.users: dict[frozenset[str], Role] = {}

    @cached_property
    def superuser(self) -> Role:
        return Role("superuser", "staff", signed_in(self.house.superuser), None, knows_client=True)

    @cached_property
    def alice(self) -> Role:
        return Role("client A", "client", signed_in(self.house.alice))

    @cached_property
    def every_permission(self) -> frozenset[str]:
        return frozenset(every_permission())

    def staff_with(self, rights: frozenset[str], *, name: str) -> Role:
        """Somebody with exactly these permissions, who sees every client."""
        if rights not in self.users:
            user = User.objects.create(email=f"staff-{len(self.users)}@example.org", is_staff=True)
            held = rights | {"clients.see_every_client"}
            user.user_permissions.set(permissions(*held))
            EmailAddress.objects.create(user=user, email=user.email, verified=True, primary=True)
            # To Django, who may change may see.
            seen = {right.replace(".change_", ".view_") for right in held}
            self.users[rights] = Role(name, "staff", signed_in(user), held | seen, knows_client=True)
        return self.users[rights]

    def payload(self, probe: Probe) -> dict[str, Any]:
        """What is on the page, read by who may, and what a person would add."""
        if probe not in self.forms:
            form: dict[str, list[str]] = {}
            reader = self.alice if probe.rule.get == SPACE else self.superuser
            if probe.rule.post != READS and is_let_in(probe.rule, "GET", reader):
                form = typed(self.send(reader, "GET", probe.address).body.decode(errors="replace"))
            self.forms[probe] = form
        filled = {name: self.row(value) for name, value in probe.rule.data.items()}
        return {"_save": "1", **self.forms[probe], **filled}

    def row(self, value: Any) -> Any:
        if value == "upload":
            return SimpleUploadedFile("zorglub.csv", CSV.encode(), "text/csv")
        if isinstance(value, str) and value.startswith("="):
            return value[1:]
        row = self.house.rows.get(value, value) if isinstance(value, str) else value
        return str(row.pk) if hasattr(row, "pk") else row

    def send(self, role: Role, method: str, address: str, data: Any = None) -> Trial:
        # One for all: what costs is to make it ready.
        http = self.http
        http.cookies = SimpleCookie(role.cookies.output(header="", sep=";"))
        trial = Trial()
        with watched(trial):
            answer = getattr(http, method.lower())(address, data)
            trial.body = b"".join(answer.streaming_content) if answer.streaming else answer.content
        trial.status, trial.place = answer.status_code, answer.get("Location", "")
        trial.disposition = answer.get("Content-Disposition", "")
        return trial

    # The verdicts

    def all_findings(
        self,
        role: Role,
        probes: Iterable[Probe],
        *,
        methods: Iterable[str] = ("GET", "POST"),
        refusals: Iterable[str] = (),
    ) -> list[str]:
        """What is wrong by the `methods`, and by those tried only where the role is to be refused."""
        return [
            finding
            for probe in probes
            for method in (*methods, *refusals)
            if method in methods or not is_let_in(probe.rule, method, role)
            for finding in self.findings(role, probe, method)
        ]

    def findings(self, role: Role, probe: Probe, method: str) -> Iterator[str]:
        data = self.payload(probe) if method == "POST" else None
        is_in = is_let_in(probe.rule, method, role)
        with undone_if(is_in):
            trial = self.send(role, method, probe.address, data)
        for what in self._wrong(role, probe, method, trial, is_in=is_in):
            yield f"{role.name}: {method} {probe}: {what}"

    def _wrong(self, role: Role, probe: Probe, method: str, trial: Trial, *, is_in: bool) -> Iterator[str]:
        if trial.outcome == "failure":
            yield f"failed with {trial.status}"
        if MARK.encode() in trial.body + trial.disposition.encode() and not (
            role.may_name_client or (is_in and probe.rule.tells)
        ):
            yield "tells of the client"
        if is_in:
            yield from self._wrong_inside(role, probe, method, trial)
            return
        if trial.wrote or trial.changed:
            yield f"refused, yet wrote {[*trial.wrote, *trial.changed]}"
        who = probe.rule.get if method != "POST" or probe.rule.post == READS else probe.rule.post
        knows = role.kind == "staff" and not isinstance(who, str) and role.may(who)
        if (knows or role.kind == "stranger") and probe.rule.of_client:
            yield from self._unlike_absent(role, probe, method, trial)
        elif (
            trial.outcome not in refusals(role)
            and not self._is_absent(trial)
            and not _says_nothing(probe, trial)
        ):
            yield f"let in ({trial.status} {trial.place})"

    def _wrong_inside(self, role: Role, probe: Probe, method: str, trial: Trial) -> Iterator[str]:
        reads = method != "POST" or probe.rule.post == READS
        kept = [*probe.rule.leaves, *([LOG] if probe.rule.is_logged else [])]
        if reads and (set(trial.wrote) - set(kept) or trial.changed):
            yield f"wrote by reading {[*trial.wrote, *trial.changed]}"
        who = probe.rule.get if reads else probe.rule.post
        if who in (ANYONE, DOOR, OWN) or (reads and method != "GET"):
            return
        if trial.outcome != "let in" or (probe.rule.of_client and self._is_absent(trial)):
            yield f"shut out ({trial.status} {trial.place})"
        elif reads:
            return
        elif role.kind == "staff" and not role.knows_client and probe.rule.aims_at_client:
            if trial.wrote or trial.changed:
                yield f"wrote what is of the client {trial.wrote}"
        elif self.is_proof(role) and probe.rule.writes and not (trial.wrote or trial.disposition):
            yield f"proves nothing: who may write wrote nothing ({trial.status} {trial.place})"

    def is_proof(self, role: Role) -> bool:
        """Those whose POSTs show that what is refused to others would have been written."""
        return role in (self.superuser, self.alice)

    def _is_absent(self, trial: Trial) -> bool:
        """Django's own way to say that there is no such row."""
        return trial.status == 302 and trial.place == "/admin/" and not trial.wrote

    def _unlike_absent(self, role: Role, probe: Probe, method: str, trial: Trial) -> Iterator[str]:
        """C1: a row that is not theirs and one that does not exist are told in the same words."""
        data = self.payload(probe) if method == "POST" else None
        nothing = self.send(role, method, probe.absent, data)
        if trial.outcome == "let in" and not self._is_absent(trial) and not _says_nothing(probe, trial):
            yield f"let in ({trial.status} {trial.place})"
        elif told(trial) != told(nothing):
            yield f"says that it exists ({trial.status} {trial.place}, not {nothing.status} {nothing.place})"


def _says_nothing(probe: Probe, trial: Trial) -> bool:
    return probe.rule.is_silent and (trial.status, trial.body) == (204, b"")


def told(trial: Trial) -> tuple[int, str, bytes]:
    body = re.sub(rb'name="csrfmiddlewaretoken" value="\w+"|"csrfToken": "\w+"', b"", trial.body)
    return trial.status, trial.place, re.sub(rb"\d+", b"", body)


# What is watched


@contextmanager
def watched(trial: Trial) -> Iterator[None]:
    """Every statement that writes, every file, every mail, and what is left for the commit."""

    def look(execute, sql, params, many, context):
        found = WRITES.match(sql)
        if found and found[1] not in NOT_COUNTED:
            trial.wrote.append(found[1])
        return execute(sql, params, many, context)

    files, mails, later = files_there(), len(mail.outbox), len(connection.run_on_commit)
    with connection.execute_wrapper(look):
        yield
    if files_there() != files:
        trial.changed.append("files")
    if len(mail.outbox) != mails:
        trial.changed.append("mails")
    if len(connection.run_on_commit) != later:
        trial.changed.append("something for the commit")


def files_there() -> dict[str, tuple[int, int]]:
    """Walked on purpose: a name that no row remembers is a file too."""
    found = {}
    for folder, _folders, names in os.walk(settings.MEDIA_ROOT):
        for name in names:
            path = Path(folder, name)
            info = path.stat()
            found[str(path)] = (info.st_size, info.st_mtime_ns)
    return found


@contextmanager
def undone_if(is_in: bool) -> Iterator[None]:
    """What who is let in has done is undone; what who is refused has done would stay, to be found by the fingerprint."""
    if not is_in:
        yield
        return
    before = files_there()
    with transaction.atomic():
        yield
        transaction.set_rollback(True)
    for name in files_there().keys() - before.keys():
        Path(name).unlink()
    for name in ("default", "memory"):
        caches[name].clear()


def fingerprint() -> dict[str, str]:
    """Every table that counts, row by row, and every file."""
    tables = sorted(set(connection.introspection.table_names()) - set(NOT_COUNTED))
    prints = {}
    with connection.cursor() as cursor:
        for table in tables:
            cursor.execute(f'SELECT * FROM "{table}"')
            rows = sorted(repr(row) for row in cursor.fetchall())
            prints[table] = hashlib.sha256("\n".join(rows).encode()).hexdigest()
    return prints | {name: str(info) for name, info in files_there().items()}


# What everything starts from


def signed_in(user) -> SimpleCookie:
    http = HttpClient()
    http.force_login(user)
    return http.cookies


def manager(user, *, knows: bool) -> Role:
    name = f"manager of {'A' if knows else 'B'}"
    rights = frozenset(user.get_all_permissions())
    return Role(name, "staff", signed_in(user), rights, knows_client=knows)


def probe_of(house: House, name: str, rule: Rule) -> Probe:
    def address(*, absent: bool) -> str:
        values = {key: _value(house, value, absent=absent) for key, value in rule.args.items()}
        keys = list(values)
        if name.endswith("<path:object_id>/"):
            return "/" + name.replace("<path:object_id>", values["object_id"])
        if name in ("", "admin/password_change/"):
            return f"/{name}"
        if name == "admin/(?P<url>.*)$":
            return "/admin/nowhere/"
        if keys and keys[0].isdigit():
            return reverse(name, args=list(values.values()))
        return reverse(name, kwargs=values)

    asked = f"?{rule.query}" if rule.query else ""
    return Probe(name, rule, address(absent=False) + asked, address(absent=True) + asked)


def _value(house: House, value: str, *, absent: bool) -> str:
    if value.startswith("="):
        return value[1:]
    row = house.rows[value]
    if not hasattr(row, "pk"):
        return f"absent-{row}" if absent else row
    return ABSENT_PK if absent else str(row.pk)
