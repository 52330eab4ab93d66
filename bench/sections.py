"""What is measured. A section yields (what, {side: figures}) as soon as each is known."""

import argparse
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import quote

from bench import data
from bench.databases import FOLDER, SETTINGS, Database, run
from bench.pages import Page, Side, compare

Measures = Iterator[tuple[str, dict]]
LIST = "/admin/clients/client/"
MILLION = 1_000_000
SUBSCRIPTIONS = "/admin/products/subscription/"


def _pages(pages: list[Page], database: Database, landmarks: dict, chosen: argparse.Namespace) -> Measures:
    sides = {name: Side(SETTINGS[name], database.environment, landmarks["session"]) for name in SETTINGS}
    return _compared(pages, sides, chosen)


def _compared(pages: list[Page], sides: dict[str, Side], chosen: argparse.Namespace) -> Measures:
    times, seconds = (10, 10) if chosen.quick else (30, 15)
    for page, costs in compare(pages, sides, times=times, seconds=seconds):
        yield page.name, costs


def list_pages(database: Database, landmarks: dict, chosen: argparse.Namespace) -> Measures:
    last = f"{LIST}?p={-(-database.clients // landmarks['per_page'])}"
    pages = [Page("first page", LIST, LIST, holds="@"), Page("last page", last, last, holds="@")]
    pages.append(Page("filtered by kind", f"{LIST}?kind=association", f"{LIST}?kind__exact=association"))
    return _pages(pages, database, landmarks, chosen)


def _searches(landmarks: dict) -> list[Page]:
    """The stock search is asked in the only spelling that it finds; ours as a person types."""
    mobile = "0" + landmarks["known"]["mobile"].removeprefix("+33")
    spaced = " ".join(mobile[place : place + 2] for place in range(0, 10, 2))
    known, late = landmarks["known"], landmarks["late"]
    rare = data.plain(data.RARE_NAME).split("-")[0]
    terms = {
        "e-mail": (known["email"], known["email"], known["name"]),
        "telephone": (spaced, known["mobile"], known["name"]),
        "number": (f"clt-{late['number']}", str(late["number"]), late["name"]),
        "rare name": (rare, rare.capitalize(), data.RARE_NAME),
        "no hit": ("zzzzqq", "zzzzqq", ""),
        "common name": ("helene", "Hélène", "Hélène"),
    }
    return [
        Page(name, f"{LIST}?q={quote(ours)}", f"{LIST}?q={quote(stock)}", holds=holds)
        for name, (ours, stock, holds) in terms.items()
    ]


def search(database: Database, landmarks: dict, chosen: argparse.Namespace) -> Measures:
    yield from _pages(_searches(landmarks), database, landmarks, chosen)
    yield "helene and Hélène", {"ours": {"helene": landmarks["helene"], "Hélène": landmarks["Hélène"]}}


def million(database: Database, landmarks: dict, chosen: argparse.Namespace) -> Measures:
    """Our pages on the database and on a larger one, in turn: what was drawn first is the same in both."""
    large = Database(database.vendor, MILLION)
    session = large.create()["session"]
    large.settle()
    small = Side(SETTINGS["ours"], database.environment, landmarks["session"])
    sides = {"ours": small, "large": Side(SETTINGS["ours"], large.environment, session)}
    pages = [Page("first page", LIST, holds="@"), *_searches(landmarks)]
    return _compared(pages, sides, chosen)


def sheet(database: Database, landmarks: dict, chosen: argparse.Namespace) -> Measures:
    heavy, empty = (f"{LIST}{landmarks[name]}/change/" for name in ("heavy", "empty"))
    term = f"{SUBSCRIPTIONS}{landmarks['subscription']}/change/"
    pages = [
        Page("sheet with 60 subscriptions", heavy, heavy),
        Page("sheet with none", empty, empty),
        Page("new client", f"{LIST}add/?kind=professional", f"{LIST}add/"),
        Page("new subscription", f"{SUBSCRIPTIONS}add/"),
        Page("subscription", term),
        Page("subscription (stock)", "", term, is_slow=True),
    ]
    return _pages(pages, database, landmarks, chosen)


OPERATIONS = {"ours": "bench.ours", "stock": "bench.stock.operations"}


def _operation(side: str, verb: str, path: Path, database: Database) -> dict:
    return json.loads(run(["-m", OPERATIONS[side], verb, str(path)], side, database))


def exports(database: Database, landmarks: dict, chosen: argparse.Namespace) -> Measures:
    """Ours twice, before and after the stock one, and the better kept: it is the shorter, so the easier disturbed."""
    for verb in ("csv", "xlsx"):
        path = FOLDER / f"export.{verb}"
        first = _operation("ours", verb, path, database)
        stock = _operation("stock", verb, path, database)
        ours = min(first, _operation("ours", verb, path, database), key=lambda figures: figures["seconds"])
        yield verb, {"ours": ours, "stock": stock}
        path.unlink()


def imports(database: Database, landmarks: dict, chosen: argparse.Namespace) -> Measures:
    """In copies of the database: what is imported would change the other measures."""
    lines = 1_000 if chosen.quick else 10_000
    stock_lines = lines if chosen.full else lines // 10
    ours = _import("ours", lines, database)
    stock = _import("stock", stock_lines, database)
    yield "rehearsal page", {"ours": {"bytes": ours.pop("page")["told"]}}
    for verb, figures in stock.items():
        seconds = round(figures["seconds"] * lines / stock_lines, 2)
        sides = {"ours": ours[verb], "stock": {**figures, "seconds": seconds, "of": stock_lines}}
        yield f"{verb} of {lines}", sides
    many = _import("ours", lines * 10, database)
    del many["page"]
    for verb, figures in many.items():
        yield f"{verb} of {lines * 10}", {"ours": figures}


def _import(side: str, lines: int, database: Database) -> dict[str, dict]:
    scratch = database.copy()
    path = FOLDER / f"{side}-{lines}.csv"
    data.write_import_file(path, lines, is_for_people=side == "ours")
    verbs = ("rehearsal", "page", "import") if side == "ours" else ("rehearsal", "import")
    done = {verb: _operation(side, verb, path, scratch) for verb in verbs}
    scratch.drop()
    path.unlink()
    return done


def reminders(database: Database, landmarks: dict, chosen: argparse.Namespace) -> Measures:
    """In copies of the database: a night is chosen, and another is written and sent."""
    count = "1000" if chosen.quick else "10000"
    yield "sending", _night(database, ["write", count], "send")
    yield "choosing", {"ours": _night(database, ["evening"], "choose")}


def _night(database: Database, before: list[str], measured: str) -> dict:
    scratch = database.copy()
    run(["-m", "bench.mails", *before], "ours", scratch)
    scratch.settle()
    figures = json.loads(run(["-m", "bench.mails", measured], "ours", scratch))
    scratch.drop()
    return figures


def tabs(database: Database, landmarks: dict, chosen: argparse.Namespace) -> Measures:
    """In a copy of the database: thousands of conversations are begun."""
    scratch = database.copy()
    for name, figures in json.loads(run(["-m", "bench.tabs"], "ours", scratch)).items():
        yield name, {"ours": figures}
    scratch.drop()


SECTIONS: dict[str, Callable[..., Measures]] = {
    "list": list_pages,
    "search": search,
    "sheet": sheet,
    "export": exports,
    "import": imports,
    "reminders": reminders,
    "tabs": tabs,
}
