"""Each right that a rule names is enough with the others, and none of them can be done without (C6, C7)."""

import pytest

from tests.permissions.matrix import MARK, Matrix, Probe, Role, manager, undone_if
from tests.permissions.routes import every_action
from tests.permissions.rules import ACTIONS, CLIENTS, READS, RULES

SEE_ALL = "clients.see_every_client"


def without(matrix: Matrix, right: str) -> Role:
    """Somebody with every right but this one. Who may change may see: to blind, both are taken away."""
    taken = {right, right.replace(".view_", ".change_")}
    return matrix.staff_with(matrix.every_permission - taken, name=f"staff without {right}")


def asked_of(probe: Probe) -> set[frozenset[str]]:
    return {who for who in (probe.rule.get, probe.rule.post) if isinstance(who, frozenset) and who}


@pytest.mark.drill
def test_who_has_just_the_rights_of_a_page_is_let_in(matrix):
    found = []
    for probe in matrix.probes:
        for rights in asked_of(probe):
            role = matrix.staff_with(rights, name=f"staff with {sorted(rights)}")
            found += matrix.all_findings(role, [probe])
    assert not found, "\n".join(found)


def test_who_lacks_one_right_of_a_page_is_refused(matrix):
    found = []
    for probe in matrix.probes:
        for right in sorted(set().union(*asked_of(probe)) - {SEE_ALL}):
            found += matrix.all_findings(without(matrix, right), [probe])
    assert not found, "\n".join(found)


# What is done to a selection


def test_every_action_has_a_rule_and_every_rule_an_action(matrix):
    names = {f"{one.model}:{one.name}" for one in every_action(matrix.house.superuser)}
    assert sorted(names - set(ACTIONS)) == []
    assert sorted(set(ACTIONS) - names) == []


def sent(matrix: Matrix, name: str, **more) -> tuple[str, dict]:
    """(address of the list, what its form sends)."""
    model, action = name.split(":")
    label = model.replace(".", "_")
    page = "delete" if action == "delete_selected" else "change"
    (rule,) = RULES[f"admin:{label}_{page}"]
    row = matrix.house.rows[rule.args["object_id"]]
    data = {key: matrix.row(value) for key, value in ACTIONS[name][1].items()}
    box = {"action": action, "_selected_action": str(row.pk), "index": "0"}
    return f"/admin/{model.replace('.', '/')}/", {**box, **data, **more}


def does(matrix: Matrix, role: Role, name: str, **more):
    address, data = sent(matrix, name, **more)
    return matrix.send(role, "POST", address, data)


@pytest.mark.parametrize("name", sorted(ACTIONS))
def test_an_action_is_for_who_has_its_rights_and_nobody_else(matrix, name):
    with undone_if(True):
        done = does(matrix, matrix.superuser, name)
    nothing = does(matrix, matrix.superuser, name, action="no_such_action")
    assert (done.wrote != [], done.status, done.place) != (False, nothing.status, nothing.place)
    rights = ACTIONS[name][0]
    for right in sorted(rights - {SEE_ALL}):
        refused = does(matrix, without(matrix, right), name)
        assert (right, refused.wrote, refused.changed, refused.disposition) == (right, [], [], "")
        assert right != CLIENTS or MARK.encode() not in refused.body
    plan_or_rule = not RULES[f"admin:{name.split(':')[0].replace('.', '_')}_change"][0].of_client
    stranger = manager(matrix.house.olga, knows=False)
    with undone_if(True):
        foreign = does(matrix, stranger, name)
    assert plan_or_rule or (foreign.wrote, foreign.changed, MARK.encode() in foreign.body) == ([], [], False)


def test_every_post_without_its_token_is_refused(matrix):
    """C12. Nothing is exempt: links of mails show a page whose button carries the token."""
    passed = []
    matrix.http.handler.enforce_csrf_checks = True
    try:
        for probe in matrix.probes:
            sender = matrix.alice if probe.name.startswith("portal") else matrix.superuser
            if probe.rule.post != READS:
                trial = matrix.send(sender, "POST", probe.address, matrix.payload(probe))
                if (trial.status, trial.wrote, trial.changed) != (403, [], []):
                    passed.append((str(probe), trial.status, trial.wrote))
    finally:
        matrix.http.handler.enforce_csrf_checks = False
    assert passed == []
