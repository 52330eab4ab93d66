"""What the stories of imports share."""

from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal
from io import BytesIO
from pathlib import Path

from crm.accounts.models import User
from crm.exchange import services
from crm.exchange.models import ImportLine, ImportRun
from crm.products.models import Plan

DATA = Path(__file__).parent / "data"
NOW = datetime(2026, 11, 22, 10, 0, tzinfo=UTC)
FILES = {
    "individual": "clients_particuliers_cp1252.csv",
    "professional": "clients_professionnels_utf8bom.csv",
    "association": "clients_associations_utf8.csv",
    "subscription": "abonnements_cp1252.csv",
}
PLANS = [
    ("Essentielle", "10.00", "20", "monthly"),
    ("Confort", "19.99", "20", "monthly"),
    ("Premium", "1234.50", "20", "yearly"),
    ("Presse locale", "100.00", "2.1", "yearly"),
    ("Lecture", "33.33", "5.5", "yearly"),
    ("Pro", "480.00", "20", "yearly"),
    ("Association", "90.00", "0", "yearly"),
    ("Gratuite", "0.00", "20", "yearly"),
]


def make_plans() -> None:
    for name, price, rate, period in PLANS:
        Plan.objects.create(
            name=name, price_excl_tax=Decimal(price), vat_rate=Decimal(rate), billing_period=period
        )


def finish(run: ImportRun, *, now: datetime = NOW) -> ImportRun:
    while run.is_at_work:
        services.advance(run, now=now, budget_seconds=60)
    return run


def rehearsed(
    content: bytes | str,
    *,
    by: User | None = None,
    name: str = "clients.csv",
    target: str = "",
    mapping: Mapping[str, str] | None = None,
    now: datetime = NOW,
) -> ImportRun:
    """The run of a file, sent and rehearsed to its end."""
    data = content.encode() if isinstance(content, str) else content
    run = services.send(BytesIO(data), name, by=by, now=now)
    if target and target != run.target:
        services.reread(run, now=now, target=target)
    services.rehearse(run, now=now, mapping={**run.mapping, **mapping} if mapping else None)
    return finish(run, now=now)


def applied(content: bytes | str, **options) -> ImportRun:
    run = rehearsed(content, **options)
    now = options.get("now", NOW)
    services.confirm(run, now=now)
    return finish(run, now=now)


def lines_of(run: ImportRun) -> dict[int, ImportLine]:
    return {line.line: line for line in run.lines.all()}


def verdicts(run: ImportRun) -> dict[int, str]:
    return dict(run.lines.values_list("line", "verdict"))
