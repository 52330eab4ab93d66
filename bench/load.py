"""Fills the database of DATABASE_URL: `python -m bench.load CLIENTS`. Bulk loading, but every derived column is ours.

Done once for a database; prints what the visitor must know, as JSON.
"""

import json
import sys
from collections.abc import Iterable, Iterator
from decimal import Decimal
from itertools import islice

import django

django.setup()

from django.contrib import admin
from django.core.management import call_command
from django.db import connection, models, transaction
from django.test import Client as Visitor

from bench import data
from crm.accounts.models import User
from crm.clients.models import Category, Client, Establishment, NumberCounter, Tag
from crm.products.models import Plan, Subscription

LOT = 5_000
# One client has much: its sheet must cost no more statements.
HEAVY, MANY = 7, 60
EMAIL = "banc@exemple.example"
TRIGRAMS = "client_search_trigrams"


def main(count: int) -> None:
    call_command("migrate", verbosity=0)
    if not Client.objects.exists():
        _load(count)
    visitor = Visitor()
    visitor.force_login(User.objects.get(email=EMAIL))
    print(json.dumps({"session": visitor.cookies["sessionid"].value, **_landmarks()}))


def _landmarks() -> dict:
    """The rows that pages are opened on."""
    heavy = Subscription.objects.filter(client=HEAVY)
    empty = Client.objects.filter(subscriptions=None, kind=Client.Kind.PROFESSIONAL).order_by("number")
    known = Client.objects.get(number=data.KNOWN)
    # A short number would be part of many e-mails and telephones, for the stock search.
    late = Client.objects.order_by("-number")[10]
    return {
        "heavy": HEAVY,
        "empty": empty[0].pk,
        "subscription": heavy[0].pk,
        "known": _told(known),
        "late": _told(late),
        "per_page": admin.site.get_model_admin(Client).list_per_page,
        "helene": Client.objects.matching("helene").count(),
        "Hélène": Client.objects.matching("Hélène").count(),
    }


def _told(client: Client) -> dict:
    return {
        "number": client.number,
        "name": client.official_name,
        "email": client.email,
        "mobile": client.mobile,
    }


def _load(count: int) -> None:
    with transaction.atomic():
        user = _surroundings()
        rebuild = _without_trigrams()
        _fill(Client, _clients(count, user))
        _fill(Subscription, _subscriptions(count))
        NumberCounter.objects.raise_to(count)
        connection.check_constraints()  # or the index could not be made: foreign keys still to be checked
        for sql in rebuild:
            connection.cursor().execute(sql)
    _settle()


def _surroundings() -> User:
    for name in ("Grand compte", "Particulier fidèle", "Prospect"):
        Category.objects.create(name=name)
    for name in ("Rennes", "Lyon", "Lille"):
        Establishment.objects.create(name=name)
    for name in ("VIP", "Salon", "À rappeler"):
        Tag.objects.create(name=name)
    for number in range(1, data.PLANS + 1):
        Plan(name=f"Formule {number:02d}", price_excl_tax=100 + 5 * number).save()
    return User.objects.create_superuser(EMAIL, "only-for-the-bench", last_name="Banc")


def _clients(count: int, user: User) -> Iterator[Client]:
    for number, fields in enumerate(data.clients(count), 1):
        client = Client(pk=number, number=number, mobile=data.mobile(number), **fields)
        client.category_id = number % 4 or None
        client.establishment_id = number % 3 + 1
        client.manager = user if number % 50 == 0 else None
        client.prepare()
        yield client


def _subscriptions(count: int) -> Iterator[Subscription]:
    for number, row in enumerate(data.subscriptions(count), 1):
        term = Subscription(
            pk=number,
            client_id=HEAVY if number <= MANY else row["client"],
            plan_id=row["plan"],
            subscribed_on=row["subscribed_on"],
            ends_on=row["ends_on"],
            price_excl_tax=row["price"],
            vat_rate=Decimal(20),
        )
        term.prepare()
        yield term


def _fill(model: type[models.Model], rows: Iterable[models.Model]) -> None:
    rows = iter(rows)
    while lot := list(islice(rows, LOT)):
        if connection.vendor == "postgresql":
            _copy(model, lot)
        else:
            model._default_manager.bulk_create(lot)


def _copy(model: type[models.Model], lot: list[models.Model]) -> None:
    fields = model._meta.concrete_fields
    columns = ", ".join(connection.ops.quote_name(field.column) for field in fields)
    with (
        connection.cursor() as cursor,
        cursor.copy(f"COPY {model._meta.db_table} ({columns}) FROM STDIN") as copy,
    ):
        for row in lot:
            copy.write_row(
                [field.get_db_prep_save(field.pre_save(row, True), connection) for field in fields]
            )


def _without_trigrams() -> list[str]:
    """Drops the one index that is dear to keep while loading; returns what puts it back."""
    if connection.vendor != "postgresql":
        return []
    with connection.cursor() as cursor:
        cursor.execute("SELECT indexdef FROM pg_indexes WHERE indexname = %s", [TRIGRAMS])
        definitions = [row[0] for row in cursor.fetchall()]
        for _each in definitions:
            cursor.execute(f"DROP INDEX {TRIGRAMS}")
    return definitions


def _settle() -> None:
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            for model in (Client, Subscription):
                table = model._meta.db_table
                cursor.execute(
                    "SELECT setval(pg_get_serial_sequence(%s, 'id'), (SELECT max(id) FROM " + table + "))",
                    [table],
                )
        cursor.execute("VACUUM ANALYZE" if connection.vendor == "postgresql" else "ANALYZE")


if __name__ == "__main__":
    main(int(sys.argv[1]))
