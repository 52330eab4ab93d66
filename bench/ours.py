"""Our imports and exports: `python -m bench.ours VERB FILE`."""

from collections.abc import Callable
from http import HTTPStatus
from pathlib import Path

import django

django.setup()

from django.test import Client as Visitor
from django.urls import reverse
from django.utils import timezone

from bench.measured import main
from crm.accounts.models import User
from crm.clients.models import Client
from crm.exchange import services
from crm.exchange.exports import ClientResource
from crm.exchange.models import ImportRun
from crm.exchange.writing import write_csv, write_xlsx


def export(path: Path, write: Callable) -> int:
    resource = ClientResource()
    keys = list(resource.fields)
    write(resource.columns(keys), resource.rows(Client.objects.all(), keys), path)
    return path.stat().st_size


def csv(path: Path) -> int:
    return export(path, lambda columns, rows, path: _streamed(write_csv(columns, rows), path))


def _streamed(pieces, path: Path) -> None:
    with path.open("wb") as file:
        file.writelines(pieces)


def xlsx(path: Path) -> int:
    return export(path, write_xlsx)


def rehearsal(path: Path) -> dict:
    with path.open("rb") as file:
        run = services.send(file, path.name, by=User.objects.get(), now=timezone.now())
    services.rehearse(run, now=timezone.now())
    _finish(run)
    return run.counts


def page(_path: Path) -> int:
    """The bytes of the page that tells what was rehearsed last."""
    visitor = Visitor(headers={"host": "127.0.0.1"})
    visitor.force_login(User.objects.get())
    address = reverse("admin:exchange_importrun_change", args=[ImportRun.objects.latest("pk").pk])
    answer = visitor.get(address)
    if answer.status_code != HTTPStatus.OK:
        raise SystemExit(f"{address}: {answer.status_code}")
    return len(answer.content)


def import_(path: Path) -> dict:
    """Writes what another process has rehearsed last, and counts what came of it."""
    run = ImportRun.objects.latest("pk")
    before = _counts()
    services.confirm(run, now=timezone.now())
    _finish(run)
    clients, history = (after - start for after, start in zip(_counts(), before, strict=True))
    if not clients == history == run.total:
        raise SystemExit(f"{clients} clients and {history} history rows written of {run.total}")
    return {"clients": clients, "history": history}


def _counts() -> tuple[int, int]:
    return Client.objects.count(), Client.history.count()


def _finish(run: ImportRun) -> None:
    while run.is_at_work:
        services.advance(run, now=timezone.now())


if __name__ == "__main__":
    main({"csv": csv, "xlsx": xlsx, "rehearsal": rehearsal, "page": page, "import": import_})
