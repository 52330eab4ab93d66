"""The stock imports and exports: `python -m bench.stock.operations VERB FILE`."""

from functools import partial
from pathlib import Path

import django

django.setup()

from import_export.formats.base_formats import CSV, XLSX

from bench.measured import main
from bench.stock.admin import ClientExport, ClientImport
from crm.clients.models import Client


def export(path: Path, *, form: type[CSV] | type[XLSX]) -> int:
    content = form().export_data(ClientExport().export(Client.objects.all()))
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path.stat().st_size


def import_(path: Path, *, is_rehearsal: bool) -> int:
    """What the library's admin does twice: once to show, once for good."""
    dataset = CSV().create_dataset(path.read_text(encoding="utf-8"))
    result = ClientImport().import_data(dataset, dry_run=is_rehearsal)
    if result.totals["new"] != len(dataset):
        raise SystemExit(f"{result.totals} {result.invalid_rows[:1]}")
    return result.totals["new"]


if __name__ == "__main__":
    main(
        {
            "csv": partial(export, form=CSV),
            "xlsx": partial(export, form=XLSX),
            "rehearsal": partial(import_, is_rehearsal=True),
            "import": partial(import_, is_rehearsal=False),
        }
    )
