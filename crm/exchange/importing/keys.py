"""What the lines of a file are recognised by, kept by lots: integers only, so that 100,000 lines stay cheap."""

from collections.abc import Collection, Mapping
from hashlib import blake2b

from django.db import connections, router

from crm.exchange.models import ImportKey

_AT_ONCE = 5000
_TABLE = ImportKey._meta.db_table


def digest(*parts: object) -> int:
    """64 bits that stand for these texts; two different ones share them once in a thousand million files."""
    text = "\0".join(map(str, parts)).encode(errors="surrogatepass")
    return int.from_bytes(blake2b(text, digest_size=8).digest(), "big", signed=True)


def known(run_id: int, digests: Collection[int]) -> dict[int, int]:
    """digest → line, for those that earlier lots have met."""
    found: dict[int, int] = {}
    wanted = list(digests)
    with connections[router.db_for_write(ImportKey)].cursor() as cursor:
        for start in range(0, len(wanted), _AT_ONCE):
            listed = ",".join(f"({int(key):d})" for key in wanted[start : start + _AT_ONCE])
            # One probe of the index for each: for `IN` with thousands, PostgreSQL would rather read the whole table.
            cursor.execute(
                f"WITH wanted(digest) AS (VALUES {listed}) SELECT digest, (SELECT line FROM {_TABLE} AS met"  # noqa: S608
                f" WHERE met.digest = wanted.digest AND met.run_id = {int(run_id)}) FROM wanted"
            )
            found.update((key, line) for key, line in cursor.fetchall() if line is not None)
    return found


def keep(run_id: int, lines: Mapping[int, int]) -> None:
    """digest → line of a lot, each met for the first time."""
    pairs = list(lines.items())
    with connections[router.db_for_write(ImportKey)].cursor() as cursor:
        for start in range(0, len(pairs), _AT_ONCE):
            rows = ",".join(
                f"({int(run_id)},{key:d},{line:d})" for key, line in pairs[start : start + _AT_ONCE]
            )
            cursor.execute(f"INSERT INTO {_TABLE} (run_id, digest, line) VALUES {rows}")  # noqa: S608
