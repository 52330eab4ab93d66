"""The shape of the house: what import-linter and ruff cannot see."""

import ast
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.apps import apps
from django.conf import settings

from crm.clients.models import Client

ROOT = Path(__file__).resolve().parent.parent
CRM = ROOT / "crm"
CONTRACTS = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["importlinter"][
    "contracts"
]
LAYERS = [{room.strip() for room in layer.split("|")} for layer in CONTRACTS[0]["layers"]]
FLOOR = {room: len(LAYERS) - depth for depth, layer in enumerate(LAYERS) for room in layer}
OURS = [config for config in apps.get_app_configs() if config.name.startswith("crm.")]

# CONTRIBUTING.md says what each of these holds. A subject may have a file, or a folder, of its own name.
FORBIDDEN_NAMES = {"utils", "helpers", "signals", "common", "misc", "managers", "querysets", "constants"}
BULK = {"update", "bulk_create", "bulk_update"}


def sources(*parts: str) -> list[Path]:
    # In templates, makemessages leaves a copy in Python of each page for a moment, beside another story that reads here.
    left_out = {"migrations", "templates"}
    return sorted(path for path in CRM.joinpath(*parts).rglob("*.py") if left_out.isdisjoint(path.parts))


def name(path: Path) -> str:
    return str(path.relative_to(ROOT))


def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


# Rooms


def test_every_installed_room_has_its_place_in_the_contract():
    assert [config.label for config in OURS if config.label not in FLOOR] == []


def test_every_room_with_tables_or_screens_is_installed():
    installed = {config.label for config in OURS}
    rooms = {path.name for path in CRM.iterdir() if path.is_dir() and (path / "apps.py").exists()}
    assert rooms == installed


def test_both_contracts_name_the_same_rooms():
    """A room of pure functions has no faces or verbs to order."""
    inner = {container.removeprefix("crm.") for container in CONTRACTS[1]["containers"]}
    assert inner == {config.label for config in OURS} - {"core"}


# Foreign keys, also those written as strings, obey the direction of imports


def looks_up(room: str, target: str) -> bool:
    """Whether a key from `room` to `target` climbs, or reaches a neighbour of the same floor."""
    return room != target and FLOOR[target] >= FLOOR[room]


def climbing_keys(models) -> list[str]:
    rooms = {config.label for config in OURS}
    return [
        f"{model._meta.label}.{field.name} -> {field.related_model._meta.label}"
        for model in models
        for field in [*model._meta.local_fields, *model._meta.local_many_to_many]
        if field.is_relation and field.related_model._meta.app_label in rooms
        if looks_up(model._meta.app_label, field.related_model._meta.app_label)
    ]


def test_foreign_keys_only_look_down():
    models = [model for config in OURS for model in config.get_models(include_auto_created=True)]
    assert len(models) > 10
    assert climbing_keys(models) == []


@pytest.mark.parametrize(
    ("room", "target", "climbs"),
    [
        ("products", "clients", False),
        ("clients", "clients", False),
        ("clients", "products", True),
        ("core", "france", True),
        ("accounts", "timeline", True),
    ],
)
def test_a_key_climbs_when_its_target_is_not_below(room, target, climbs):
    assert looks_up(room, target) is climbs


# Files


def test_no_file_is_named_for_what_it_is_rather_than_its_subject():
    assert [name(path) for path in sources() if path.stem in FORBIDDEN_NAMES] == []


@pytest.mark.parametrize(("pattern", "limit"), [("settings/*.py", 150), ("crm/**/*.py", 400)])
def test_a_file_is_short_enough_to_be_read_at_once(pattern, limit):
    """A tripwire: CONTRIBUTING.md asks for much less."""
    paths = [path for path in ROOT.glob(pattern) if "migrations" not in path.parts]
    lengths = {name(path): len(path.read_text(encoding="utf-8").splitlines()) for path in paths}
    assert {path: length for path, length in lengths.items() if length >= limit} == {}


def test_jobs_are_a_few_lines_without_loops():
    loops = (ast.For, ast.While, ast.comprehension)
    found = [
        name(path)
        for path in CRM.glob("*/jobs.py")
        if any(isinstance(node, loops) for node in ast.walk(tree(path)))
    ]
    assert found == []


# Habits


def function_imports(module: ast.Module) -> list[int]:
    functions = [node for node in ast.walk(module) if isinstance(node, ast.FunctionDef)]
    return sorted(
        {n.lineno for f in functions for n in ast.walk(f) if isinstance(n, ast.Import | ast.ImportFrom)}
    )


def test_imports_stand_at_the_top():
    assert {name(path): lines for path in sources() if (lines := function_imports(tree(path)))} == {}


def test_an_import_inside_a_function_is_seen():
    assert function_imports(ast.parse("def f():\n    if x:\n        import y\n")) == [3]


def clock_calls(module: ast.Module) -> list[int]:
    """Lines that ask what day or time it is."""
    asked = {"now", "today", "localdate", "localtime"}
    calls = [
        node
        for node in ast.walk(module)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)
    ]
    return [call.lineno for call in calls if call.func.attr in asked and not call.args]


def services() -> list[Path]:
    """A room has one file of verbs, or a folder of them."""
    return [*CRM.glob("*/services.py"), *CRM.glob("*/services/*.py")]


def test_services_never_ask_the_clock():
    assert {name(path): lines for path in services() if (lines := clock_calls(tree(path)))} == {}


def test_a_question_to_the_clock_is_seen():
    assert clock_calls(ast.parse("from django.utils import timezone\nday = timezone.localdate()\n")) == [2]
    assert clock_calls(ast.parse("day = timezone.localdate(at)")) == []


# Of a client, what a room decides and tells on the timeline is no part of the record's own history.
DECIDED = {"Client": set(Client.DECIDED)}
HISTORISED = {model.__name__ for config in OURS for model in config.get_models() if hasattr(model, "history")}


def written_model(call: ast.Call) -> str:
    """`Client` for Client.objects.filter(…).update(…); "" for anything else."""
    if not (isinstance(call.func, ast.Attribute) and call.func.attr in BULK):
        return ""
    start: ast.AST = call.func.value
    while isinstance(start, ast.Call | ast.Attribute):
        start = start.func if isinstance(start, ast.Call) else start.value
    return start.id if isinstance(start, ast.Name) else ""


def called(call: ast.Call) -> str:
    return getattr(call.func, "attr", "") or getattr(call.func, "id", "")


def is_silent(call: ast.Call) -> bool:
    model = written_model(call)
    fields = {one.arg for one in call.keywords} if called(call) == "update" else {""}
    return model in HISTORISED and not fields <= DECIDED.get(model, set())


def silent_writes(module: ast.Module) -> Iterator[int]:
    """Lines that write many rows of a historised model in a function that does not write their history as well."""
    functions = [node for node in ast.walk(module) if isinstance(node, ast.FunctionDef)]
    for function in functions:
        calls = [node for node in ast.walk(function) if isinstance(node, ast.Call)]
        if not any(re.search("history|sign", called(call)) for call in calls):
            yield from (call.lineno for call in calls if is_silent(call))


def test_no_bulk_write_goes_around_the_history():
    assert {"Client", "Plan", "Subscription"} - HISTORISED == set()
    assert {name(path): lines for path in sources() if (lines := list(silent_writes(tree(path))))} == {}


@pytest.mark.parametrize(
    ("code", "lines"),
    [
        ("Client.objects.filter(pk=1).update(city='Lyon')", [2]),
        ("Client.objects.filter(pk=1).update(status='active')", []),
        ("Client.objects.filter(pk=1).update(status='active', city='Lyon')", [2]),
        ("Plan.objects.bulk_create(rows)", [2]),
        ("Plan.objects.bulk_create(rows); keep_history(rows)", []),
        ("Tag.objects.filter(pk=1).update(name='VIP')", []),
        ("bulk_update_with_history(rows, Client, ['city'])", []),
    ],
)
def test_a_bulk_write_of_a_historised_model_is_seen(code, lines):
    assert list(silent_writes(ast.parse(f"def verb():\n    {code}"))) == lines


def test_no_room_has_signals_of_its_own():
    """Only other people's are heard: Django's post_migrate (permissions, texts), a sign-in and its address, what mail
    providers tell."""
    heard = [name(path) for path in sources() if "signals import" in path.read_text(encoding="utf-8")]
    assert heard == [
        "crm/access/receivers.py",
        "crm/accounts/apps.py",
        "crm/change_requests/receivers.py",
        "crm/mailing/apps.py",
        "crm/mailing/receivers.py",
    ]


def test_every_setting_that_names_a_function_names_one_that_exists():
    dotted = [
        *settings.SCHEDULE,
        *settings.HEALTH_COMPLAINTS,
        *settings.PROOFS_OF_A_CLIENT,
        *settings.PROOFS_OF_A_SUBSCRIPTION,
        settings.FIELDS_TO_OPEN,
        settings.FIELDS_OPEN_AT_FIRST,
    ]
    for path in dotted:
        module, _dot, function = path.rpartition(".")
        names = [
            node.name
            for node in tree(ROOT / f"{module.replace('.', '/')}.py").body
            if isinstance(node, ast.FunctionDef)
        ]
        assert function in names, path
