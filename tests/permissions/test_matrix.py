"""Nobody reaches what is not theirs: every address of the URLconf × every role × every method (C1 to C12, E3, D5).

A refusal is a 404, a 403 or the way to the door, and leaves the database, the files and the outbox as they were.
"""

import pytest
from django.test import Client as HttpClient

from tests.permissions.matrix import OTHERS, Matrix, Role, fingerprint, manager, signed_in
from tests.permissions.routes import every_route
from tests.permissions.rules import RULES


def test_every_address_has_a_rule_and_every_rule_an_address():
    names = {route.name for route in every_route()}
    assert sorted(names - set(RULES)) == []
    assert sorted(set(RULES) - names) == []


ROLES = {
    "anonymous": lambda m: Role("anonymous", "anonymous"),
    "client A": lambda m: m.alice,
    "client B": lambda m: Role("client B", "stranger", signed_in(m.house.bob)),
    "disabled": lambda m: Role("disabled", "shut", signed_in(m.house.dora)),
    "inactive": lambda m: Role("inactive", "shut", signed_in(m.house.gone)),
    "in place of A, reading": lambda m: in_place_of_a(m, "reader"),
    "in place of A, writing": lambda m: in_place_of_a(m, "writer"),
    "staff without permission": lambda m: m.staff_with(frozenset(), name="staff without permission"),
    "staff who view": lambda m: m.staff_with(verbs(m, "view"), name="staff who view"),
    "staff who change": lambda m: m.staff_with(verbs(m, "view", "change"), name="staff who change"),
    "manager of B": lambda m: manager(m.house.olga, knows=False),
    "manager of A": lambda m: manager(m.house.paul, knows=True),
    "superuser": lambda m: m.superuser,
}


# What is tried besides GET and POST each time; the drill tries everything with everybody. Those who are trusted have
# many open doors, which the drill alone opens.
BESIDES = {"anonymous": OTHERS, "client B": ("PUT",), "manager of B": ("DELETE",)}
TRUSTED = ("staff who view", "staff who change", "manager of A", "superuser")
FIRST = ("GET", "POST")


def verbs(matrix: Matrix, *which: str) -> frozenset[str]:
    return frozenset(name for name in matrix.every_permission if name.split(".")[1].startswith(which))


def in_place_of_a(matrix: Matrix, kind: str) -> Role:
    house = matrix.house
    browser = HttpClient()
    browser.force_login(house.superuser)
    data = {"reason": "Aider", "user_pk": house.alice.pk} | ({"may_write": "on"} if kind == "writer" else {})
    page = f"/admin/clients/client/{house.client.pk}/access/{house.access_alice.pk}/impersonate/"
    assert browser.post(page, data).status_code == 302
    return Role(f"in place of A, {kind}", kind, browser.cookies)


@pytest.mark.parametrize("name", ROLES)
def test_each_role_reaches_what_is_theirs_and_nothing_else(matrix, name):
    methods = () if name in TRUSTED else FIRST
    refusals = FIRST if name in TRUSTED else BESIDES.get(name, ())
    _hold(matrix, ROLES[name](matrix), methods=methods, refusals=refusals)


@pytest.mark.drill
@pytest.mark.parametrize("name", ROLES)
def test_each_role_by_every_other_method(matrix, name):
    methods = (*FIRST, *OTHERS) if name in TRUSTED else OTHERS
    _hold(matrix, ROLES[name](matrix), methods=methods, refusals=())


def _hold(matrix: Matrix, role: Role, **how) -> None:
    for probe in matrix.probes:
        matrix.payload(probe)
    before = fingerprint()
    found = matrix.all_findings(role, matrix.probes, **how)
    assert not found, "\n".join(found)
    assert fingerprint() == before
