"""The speed of the product beside a stock admin of the same model: `make bench`.

Every figure is kept in bench/results.json as soon as it is known: a run that was cut goes on with `--only` and what it
lacks. The last figures of each section make docs/performance.md.
"""

import argparse
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from bench import report, sections
from bench.databases import FOLDER, Database


def options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--clients", type=int, default=100_000, help="how many; twice as many subscriptions")
    parser.add_argument(
        "--databases", default="sqlite,postgres", help="sqlite, postgres, or both with a comma"
    )
    parser.add_argument(
        "--only", default=",".join(sections.SECTIONS), help="sections, with commas: %(default)s"
    )
    parser.add_argument("--quick", action="store_true", help="a tenth of everything: to see that it works")
    parser.add_argument(
        "--million", action="store_true", help="list and search beside a million clients as well (PostgreSQL)"
    )
    parser.add_argument(
        "--full",
        action="store_true",
        help="let the stock import read all its lines, not a tenth",
    )
    parser.add_argument("--fresh", action="store_true", help="make the databases again")
    chosen = parser.parse_args()
    if chosen.quick and chosen.clients == parser.get_default("clients"):
        chosen.clients = 10_000
    return chosen


def main() -> None:
    chosen = options()
    FOLDER.mkdir(exist_ok=True)
    quick = FOLDER / f"results-{chosen.clients}.json"
    results = report.Results(quick if chosen.quick else Path(__file__).with_name("results.json"))
    for vendor in chosen.databases.split(","):
        database = Database(vendor, chosen.clients)
        _measure(database, chosen, results, chosen.only.split(",") if chosen.only else [])
    if chosen.million:
        _measure(Database("postgres", chosen.clients), chosen, results, ["million"])
    print(report.table(results))
    if not chosen.quick:
        report.write(results)


def _measure(
    database: Database, chosen: argparse.Namespace, results: "report.Results", names: list[str]
) -> None:
    if chosen.fresh:
        database.drop()
    print(f"\n{database.vendor}, {database.clients:,} clients", flush=True)
    landmarks = database.create()
    for name in names:
        database.settle()
        started = time.perf_counter()
        measure: Callable[..., Iterator[tuple[str, dict]]] = sections.SECTIONS.get(name, sections.million)
        calibration = report.calibrate()
        for what, sides in measure(database, landmarks, chosen):
            results.keep(database, name, what, sides, calibration)
            print(f"  {what:28} {report.one_line(sides)}", flush=True)
        spent = time.perf_counter() - started
        print(
            f"  {name}: {spent:.0f} s; the fixed loop took {calibration:.1f} then {report.calibrate():.1f} ms",
            flush=True,
        )


if __name__ == "__main__":
    main()
