"""Signed history rows for many records at once, copied by the database from the records themselves.

One by one, in Python, they would cost as much as the records.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Literal

from django.db import connections, models, router

from crm.accounts.models import User


def sign(
    model: type[models.Model],
    reasons: Mapping[int, str],
    *,
    kind: Literal["+", "~", "-"],
    by: User | None,
    now: datetime,
) -> dict[int, int]:
    """Write what the records are now, each with its reason; returns record id → history row id.

    `now` is when the work began: what somebody saved since, or saved by a clock that runs ahead, is not dated later.
    """
    if not reasons:
        return {}
    history = model.history.model  # type: ignore[attr-defined]
    connection = connections[router.db_for_write(history)]
    quote = connection.ops.quote_name
    copied = [quote(field.column) for field in history.tracked_fields]
    added = ["history_date", "history_change_reason", "history_type", "history_user_id"]
    into = ", ".join([*copied, *map(quote, added)])
    key = quote(str(model._meta.pk.column))  # type: ignore[union-attr]
    table = quote(history._meta.db_table)
    dated = (
        f"COALESCE((SELECT MAX(earlier.history_date) FROM {table} AS earlier "  # noqa: S608 -- our own tables
        f"WHERE earlier.{key} = record.{key} AND earlier.history_date > %s), %s)"
    )
    statement = (
        f"INSERT INTO {table} ({into}) "  # noqa: S608 -- names of our own models
        f"SELECT {', '.join(f'record.{name}' for name in copied)}, {dated}, signed.column2, %s, %s "
        f"FROM {quote(model._meta.db_table)} AS record "
        f"JOIN (VALUES {', '.join(['(%s, %s)'] * len(reasons))}) AS signed ON signed.column1 = record.{key} "
        f"ORDER BY signed.column1 RETURNING {key}, {quote('history_id')}"
    )
    moment = connection.ops.adapt_datetimefield_value(now)
    pairs = [value for pair in reasons.items() for value in pair]
    with connection.cursor() as cursor:
        cursor.execute(statement, [moment, moment, kind, by.pk if by else None, *pairs])
        return dict(cursor.fetchall())
