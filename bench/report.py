"""The figures kept, the targets they are held to, and the table that says which are met."""

import json
import os
import platform
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from bench.databases import ROOT, Database

DOCUMENT = ROOT / "docs" / "performance.md"
NOTES = Path(__file__).with_name("notes.md")
RARE = ("e-mail", "telephone", "number", "rare name", "no hit")
NAMES = {"postgres": "PostgreSQL", "sqlite": "SQLite"}


def calibrate() -> float:
    """Best of five runs of a fixed loop, in milliseconds: it takes longer when the machine is busy."""
    best = float("inf")
    for _run in range(5):
        started = time.perf_counter()
        value = 0
        for step in range(200_000):
            value = (value * 31 + step) % 1_000_003
        best = min(best, time.perf_counter() - started)
    return best * 1000


def one_line(sides: dict[str, dict]) -> str:
    return "   ".join(
        side + " " + " ".join(f"{name}={value}" for name, value in figures.items())
        for side, figures in sides.items()
    )


class Results:
    """Every last figure, in a file: `figures[vendor][clients][section][what] = {side: …}`."""

    def __init__(self, path: Path):
        self.path = path
        self.figures: dict[str, Any] = json.loads(path.read_text()) if path.exists() else {}

    def keep(self, database: Database, section: str, what: str, sides: dict, calibration: float) -> None:
        key = f"{database.vendor} {database.clients}"
        at = f"{datetime.now():%Y-%m-%d %H:%M}"  # noqa: DTZ005
        kept = {**sides, "at": at, "on": _machine(), "calibration": round(calibration, 1)}
        self.figures.setdefault(key, {}).setdefault(section, {})[what] = kept
        self.path.write_text(json.dumps(self.figures, indent=1))

    def get(self, vendor: str, clients: int, section: str, what: str) -> dict | None:
        return self.figures.get(f"{vendor} {clients}", {}).get(section, {}).get(what)

    def sizes(self, vendor: str) -> list[int]:
        return sorted(int(key.split()[1]) for key in self.figures if key.startswith(vendor))


@dataclass
class Line:
    """One target: what was reached, what is asked, and from which figures."""

    what: str
    reached: float
    target: float
    unit: str = "× stock"
    figures: str = ""

    @property
    def is_met(self) -> bool:
        return self.reached <= self.target

    @property
    def verdict(self) -> str:
        return "ok" if self.is_met else "missed"


class Judge:
    """Holds the figures of one database to the targets."""

    def __init__(self, results: Results, vendor: str):
        self.results, self.vendor = results, vendor
        self.clients = min(results.sizes(vendor))

    def lines(self) -> Iterator[Line]:
        for part in (
            self._list,
            self._search,
            self._million,
            self._sheet,
            self._import,
            self._export,
            self._reminders,
            self._tabs,
        ):
            yield from part()

    def _of(self, section: str, what: str, clients: int = 0) -> dict:
        return self.results.get(self.vendor, clients or self.clients, section, what) or {}

    def _ratio(
        self, section: str, what: str, target: float, *, figure: str = "p50", unit: str = " ms"
    ) -> Iterator[Line]:
        kept = self._of(section, what)
        if "ours" in kept and "stock" in kept:
            ours, stock = kept["ours"][figure], kept["stock"][figure]
            yield Line(f"{section}: {what}", ours / stock, target, figures=f"{ours:g} / {stock:g}{unit}")

    def _list(self) -> Iterator[Line]:
        yield from self._ratio("list", "first page", 0.6)
        first, last = self._of("list", "first page").get("ours"), self._of("list", "last page").get("ours")
        if first and last:
            yield Line("list: statements", first["statements"], 10, "")
            yield Line("list: SQL", first["sql_ms"], 10, "ms")
            figures = f"{last['sql_ms']:g} / {first['sql_ms']:g} ms"
            yield Line(
                "list: SQL of the last page", last["sql_ms"] / first["sql_ms"], 5, "× first page", figures
            )

    def _search(self) -> Iterator[Line]:
        target = 0.12 if self.vendor == "postgres" else 1.0
        for what in RARE:
            yield from self._ratio("search", what, target)
        if self.vendor == "sqlite":
            yield from self._ratio("search", "common name", target)
        if both := self._of("search", "helene and Hélène").get("ours"):
            missing = abs(both["Hélène"] - both["helene"])
            figures = f"{both['helene']:,} and {both['Hélène']:,} found"
            yield Line("search: “helene” misses, of “Hélène”", missing, 0, "", figures)

    def _million(self) -> Iterator[Line]:
        for what in ("first page", *RARE):
            if kept := self._of("million", what):
                large, small = kept["large"]["p50"], kept["ours"]["p50"]
                unit, figures = f"× {self.clients:,} clients", f"{large:g} / {small:g} ms"
                yield Line(f"a million clients: {what}", large / small, 1.3, unit, figures)

    def _sheet(self) -> Iterator[Line]:
        for what in ("sheet with 60 subscriptions", "sheet with none"):
            if ours := self._of("sheet", what).get("ours"):
                # Two statements open every page of anybody: the session and the user.
                yield Line(f"{what}: statements", ours["statements"] - 2, 15, "")
        for what in (
            "sheet with 60 subscriptions",
            "sheet with none",
            "new client",
            "new subscription",
            "subscription",
        ):
            if ours := self._of("sheet", what).get("ours"):
                yield Line(f"{what}: page", ours["bytes"] / 1000, 150, "kB")

    def _import(self) -> Iterator[Line]:
        kept = {
            int(what.split()[-1])
            for what in self.results.figures[f"{self.vendor} {self.clients}"].get("import", {})
            if what.startswith("import of")
        }
        if not kept:
            return
        lines = min(kept)
        passes = [self._of("import", f"{verb} of {lines}") for verb in ("rehearsal", "import")]
        ours, stock = (sum(one[side]["seconds"] for one in passes) for side in ("ours", "stock"))
        yield Line(f"import of {lines:,}", ours / stock, 0.12, figures=f"{ours:.1f} / {stock:.0f} s")
        if len(kept) > 1:
            many = [self._of("import", f"{verb} of {max(kept)}")["ours"] for verb in ("rehearsal", "import")]
            took = sum(one["seconds"] for one in many)
            yield Line(
                f"import of {max(kept):,}", took / ours, 12, f"× {lines:,}", f"{took:.0f} / {ours:.1f} s"
            )
            above = max(one["above_mb"] for one in many)
            yield Line(f"import of {max(kept):,}: memory", above, 60, "MB above")
        if page := self._of("import", "rehearsal page").get("ours"):
            yield Line("import: rehearsal page", page["bytes"] / 1000, 200, "kB")

    def _export(self) -> Iterator[Line]:
        for what, target in (("csv", 0.2), ("xlsx", 0.35)):
            yield from self._ratio("export", what, target, figure="seconds", unit=" s")
            if ours := self._of("export", what).get("ours"):
                yield Line(f"export: {what}, memory", ours["above_mb"], 30, "MB above")

    def _reminders(self) -> Iterator[Line]:
        if sides := self._of("reminders", "sending"):
            ours, bare = sides["ours"], sides["bare"]
            figures = f"{ours['per_second']} and {bare['per_second']} a second"
            if self.vendor == "postgres":  # at least 0.4 of its rate, where several may write at once
                unit = "× the time of a bare client"
                yield Line("reminders: sending", bare["per_second"] / ours["per_second"], 2.5, unit, figures)
            yield Line("reminders: connections", ours["connections"], ours["sent"] / 500, "")
        if kept := self._of("reminders", "choosing").get("ours"):
            figures = f"{kept['found']:,} of {kept['among']:,}"
            yield Line("reminders: choosing, statements", kept["statements"], 3, "", figures)
            yield Line("reminders: choosing, SQL", kept["sql_ms"], 50, "ms", figures)

    def _tabs(self) -> Iterator[Line]:
        """Three thousand tabs that nobody touches ask once in two minutes each."""
        for what, first in (("client", 3), ("badge", 2), ("thread", 2)):
            if kept := self._of("tabs", what).get("ours"):
                unit, figures = "core per 1,000", f"{kept['ms']:g} ms a poll"
                yield Line(f"idle tabs: {what}", kept["cores_per_1000_idle_tabs"], 0.1, unit, figures)
                # After the session and the user; for a client, which space they open.
                yield Line(f"idle tabs: {what}, statements", kept["statements"] - first, 1, "")


def table(results: Results) -> str:
    rows = ["| database | what | reached | target | | from |", "|---|---|---|---|---|---|"]
    for vendor, name in NAMES.items():
        if not results.sizes(vendor):
            continue
        for line in Judge(results, vendor).lines():
            reached, target = (f"{value:.3g} {line.unit}".strip() for value in (line.reached, line.target))
            rows.append(
                f"| {name} | {line.what} | {reached} | ≤ {target} | {line.verdict} | {line.figures} |"
            )
    return "\n".join(rows)


def _details(results: Results) -> str:
    rows = [
        "| database | page | p50 / p95, ours | stock | SQL, ours | stock | statements | kB |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for key, kept in results.figures.items():
        for section in ("list", "search", "sheet"):
            for what, sides in kept.get(section, {}).items():
                if any("p50" in sides.get(side, {}) for side in ("ours", "stock")):
                    rows.append(f"| {key} | {section}: {what} | {_cells(sides)} |")
    return "\n".join(rows)


def _cells(sides: dict) -> str:
    both = [sides.get(side) for side in ("ours", "stock")]
    shown = [f"{one['p50']:g} / {one['p95']:g} ms (n={one['n']})" if one else "–" for one in both]
    shown += [f"{one['sql_ms']:g} ms" if one else "–" for one in both]
    shown.append(" / ".join(str(one["statements"]) if one else "–" for one in both))
    shown.append(" / ".join(f"{one['bytes'] / 1000:.0f}" if one else "–" for one in both))
    return " | ".join(shown)


def _runs(results: Results) -> str:
    """When and on which machine each section was last measured: the two sides of a ratio are always of one run."""
    runs: dict[str, list[tuple[str, float, str]]] = {}
    for key, kept in results.figures.items():
        for section, part in kept.items():
            for one in part.values():
                what = f"{NAMES[key.split()[0]]} {section}"
                runs.setdefault(one["on"], []).append((one["at"], one["calibration"], what))
    lines = []
    for machine, figures in runs.items():
        moments, loops, sections = zip(*figures, strict=True)
        lines.append(
            f"- {min(moments)} to {max(moments)}, on {machine}: {', '.join(dict.fromkeys(sections))}. "
            f"A fixed Python loop took {min(loops):g} to {max(loops):g} ms; the spread tells how busy the machine was."
        )
    return "\n".join(lines)


def write(results: Results) -> None:
    """docs/performance.md, from the last figures of every section."""
    parts = [
        "# Performance",
        f"`make bench`\n\n{_runs(results)}",
        NOTES.read_text(encoding="utf-8").strip(),
        "## Targets\n\n" + table(results),
        "## Pages\n\n" + _details(results),
    ]
    DOCUMENT.parent.mkdir(exist_ok=True)
    DOCUMENT.write_text("\n\n".join(parts) + "\n", encoding="utf-8")


def _machine() -> str:
    model = platform.processor() or platform.machine()
    if (cpuinfo := Path("/proc/cpuinfo")).exists():
        model = next(
            line.split(":")[1].strip()
            for line in cpuinfo.read_text().splitlines()
            if line.startswith("model name")
        )
    return f"{os.cpu_count()} × {model}, {platform.system()} {platform.release()}, Python {platform.python_version()}"
