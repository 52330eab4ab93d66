"""The databases of the bench, made once and kept: PostgreSQL databases named bench_*, SQLite files in the temporary folder."""

import json
import os
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

import psycopg
from psycopg import sql

ROOT = Path(__file__).resolve().parent.parent
FOLDER = Path(tempfile.gettempdir()) / "clientele-bench"
DERIVING = ("bench/data.py", "bench/load.py", "crm/clients/rules.py", "crm/clients/search.py")
SERVER = "postgres://postgres@127.0.0.1:5432"


@dataclass(frozen=True)
class Database:
    vendor: str
    clients: int
    purpose: str = ""

    @property
    def name(self) -> str:
        return f"bench_{self.clients}{self.purpose}"

    @property
    def file(self) -> Path:
        return FOLDER / f"{self.name}.sqlite3"

    @property
    def environment(self) -> dict[str, str]:
        url = f"{SERVER}/{self.name}" if self.vendor == "postgres" else f"sqlite:///{self.file}"
        return {"DATABASE_URL": url, "DATA_DIR": str(FOLDER), "PYTHONPATH": str(ROOT)}

    def create(self) -> dict:
        """Make and fill it unless it is there, made of the same code; returns its landmarks (see load.py)."""
        stamp = FOLDER / f"{self.vendor}-{self.name}.stamp"
        if not stamp.exists() or stamp.read_text() != _fingerprint():
            self.drop()
        if self.vendor == "postgres" and not self._exists():
            self._command(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(self.name)))
        landmarks = json.loads(run(["-m", "bench.load", str(self.clients)], "ours", self))
        stamp.write_text(_fingerprint())
        return landmarks

    def copy(self) -> "Database":
        """The same content under another name, made anew."""
        copy = Database(self.vendor, self.clients, purpose="_scratch")
        copy.drop()
        if self.vendor == "postgres":
            statement = sql.SQL("CREATE DATABASE {} TEMPLATE {}")
            self._command(statement.format(sql.Identifier(copy.name), sql.Identifier(self.name)))
        else:
            shutil.copyfile(self.file, copy.file)
        copy.settle()
        return copy

    def drop(self) -> None:
        if self.vendor == "postgres":
            self._command(
                sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(self.name))
            )
        else:
            self.file.unlink(missing_ok=True)

    def settle(self) -> None:
        """Leave nothing for the database to tidy up while the next thing is timed."""
        if self.vendor == "postgres":
            with psycopg.connect(f"{SERVER}/{self.name}", autocommit=True) as connection:
                connection.execute("VACUUM ANALYZE")
                connection.execute("CHECKPOINT")

    def _exists(self) -> bool:
        with psycopg.connect(f"{SERVER}/postgres") as connection:
            return bool(
                connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [self.name]).rowcount
            )

    def _command(self, statement: sql.Composed) -> None:
        with psycopg.connect(f"{SERVER}/postgres", autocommit=True) as connection:
            connection.execute(statement)


def _fingerprint() -> str:
    """What the content of a database depends on: the tables, the rows drawn, the columns derived from them."""
    sources = [*ROOT.glob("crm/*/migrations/*.py"), *(ROOT / path for path in DERIVING)]
    return sha256(b"".join(path.read_bytes() for path in sorted(sources))).hexdigest()


SETTINGS = {"ours": "bench.settings", "stock": "bench.stock.settings"}


def run(command: list[str], side: str, database: Database) -> str:
    """The output of a fresh Python process under one side's settings."""
    environment = {**os.environ, **database.environment, "DJANGO_SETTINGS_MODULE": SETTINGS[side]}
    done = subprocess.run(
        [sys.executable, *command], cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True, check=True
    )
    return done.stdout
