"""G1 to G6: 2,000 mangled files through the whole import. None breaks it, and nothing is half written."""

import random
from io import BytesIO

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from crm.clients.models import Client
from crm.exchange import services
from crm.exchange.models import ImportRun
from crm.exchange.sources import Unreadable
from crm.products.models import Plan, Subscription
from crm.timeline.models import Entry
from tests.exchange.importing import DATA, FILES, NOW, finish, make_plans

pytestmark = pytest.mark.django_db
SERIES, OF_EACH = 20, 100
LINES = 5
NASTY = [
    "", " ", "0", "-1", "1e400", "NaN", "Infinity", "=1+1", "@SUM(A1)", "'", '"', ";", "\t", "\n", "\r", "\x00", "\x0b",
    "\u202e", "\ufeff", "\ud83d", "😀", "é" * 300, "x" * 40_000, "31/02/2026", "00/00/0000", "99999999999999999999",
    "2,98E+13", "CLT-0", "CLT-99999999999", "CLT--5", "#REF!", "%(value)s", "{{ nom }}", "<script>", "١٢٣", "１２３",
    "9999-12-31", "01/01/0001", "oui", "None", "\\N", "a@b", "@", "@@@@", "+" * 50, "00000000000000", "FR", "ZZ",
]  # fmt: skip


def mangled(source: random.Random) -> bytes:
    """One of the trial files, cut to some lines, with cells, separators, quotes and bytes spoilt."""
    name = source.choice(sorted(FILES.values()))
    text = (DATA / name).read_bytes().decode("cp1252" if "cp1252" in name else "utf-8-sig")
    first, *rows = text.splitlines(keepends=True)
    rows = [first if source.random() < 0.9 else spoilt(first, source), *source.sample(rows, LINES)]
    for _again in range(source.randint(1, 6)):
        place = source.randrange(len(rows))
        rows[place] = spoilt(rows[place], source)
    encoding = source.choice(["utf-8", "utf-8-sig", "cp1252", "utf-16", "utf-16-le", "cp850"])
    data = bytearray("".join(rows).encode(encoding, errors="replace"))
    for _again in range(source.choice([0, 0, 0, 1, 5])):
        data[source.randrange(len(data))] = source.randrange(256)
    return bytes(data[: source.randrange(1, len(data))] if source.random() < 0.05 else data)


def spoilt(row: str, source: random.Random) -> str:
    cells = row.split(";")
    match source.randrange(6):
        case 0:
            cells.insert(source.randrange(len(cells) + 1), source.choice(NASTY))
        case 1:
            cells.pop(source.randrange(len(cells)))
        case 2:
            source.shuffle(cells)
        case 3:
            cells *= 2
        case _:
            cells[source.randrange(len(cells))] = source.choice(NASTY)
    return ";".join(cells)


def state() -> tuple[int, ...]:
    """How many rows of each; what a file did to a status is told besides what it wrote."""
    models = (Client, Client.history, Plan, Subscription, Subscription.history)
    told = Entry.objects.exclude(kind=Entry.Kind.STATUS).count()
    return (*(getattr(model, "objects", model).count() for model in models), told)


def imported(data: bytes) -> ImportRun | None:
    try:
        run = services.send(BytesIO(data), "clients.csv", by=None, now=NOW)
        services.rehearse(run, now=NOW)
        finish(run)
        services.decide(run, lines=None, decision="create", now=NOW)
        services.confirm(run, now=NOW)
        return finish(run)
    except (Unreadable, services.NotPossible):
        return None


# The first series on every run; all of them, 2,000 files, in the drill.
@pytest.mark.parametrize(
    "series", [0, 1, *(pytest.param(n, marks=pytest.mark.drill) for n in range(2, SERIES))]
)
def test_a_mangled_file_ends_in_a_state_that_says_what_it_wrote(series):
    make_plans()
    source = random.Random(series)
    whole = 0
    for _number in range(OF_EACH):
        before = state()
        run = imported(mangled(source))
        created = run.count_of("created") if run and run.state == "applied" else 0
        updated = run.count_of("updated") if run and run.state == "applied" else 0
        after = state()
        clients, history, _plans, terms, term_history, entries = (
            new - old for new, old in zip(after, before, strict=True)
        )
        assert clients + terms == created
        assert history + term_history == created + updated == entries
        if run:
            assert run.effects.count() == created + updated
        whole += created
    assert whole, "every file was refused: the test no longer reaches the base"


def test_a_mangled_file_never_breaks_the_pages(staff_client):
    make_plans()
    source = random.Random("pages")
    for number in range(40):
        data = mangled(source)
        response = staff_client.post(
            reverse("admin:exchange_importrun_add"), {"file": SimpleUploadedFile("a.csv", data)}
        )
        assert response.status_code in (200, 302), number
        run = ImportRun.objects.order_by("-pk").first()
        if response.status_code == 200 or run is None:
            continue
        for verb in ("rehearse", "advance", "confirm", "advance"):
            page = staff_client.post(reverse(f"admin:exchange_importrun_{verb}", args=[run.pk]), follow=True)
            assert page.status_code == 200, (number, verb)
        assert staff_client.get(reverse("admin:exchange_importrun_refused", args=[run.pk])).status_code == 200
