"""Where a trail lies: a SQLite file, or a PostgreSQL URL."""

from __future__ import annotations

from pathlib import Path

from salesdx.ledger.errors import TrailError
from salesdx.ledger.postgresql import connect_postgresql
from salesdx.ledger.sqlite import sqlite_engine, waits
from salesdx.ledger.storage import Storage


def is_url(where: str) -> bool:
    """Whether a place is a database's address and not a file."""
    return "://" in where


def connect(where: str, create: bool = False, serving: bool = False) -> Storage:
    """The storage at a file or a database URL; ``create`` makes an empty file, ``serving``: others wait for it, and not
    for long. Raises TrailError."""
    if is_url(where):
        scheme = where.partition("://")[0].partition("+")[0]
        if scheme in ("postgresql", "postgres"):
            return connect_postgresql(where, waits(serving))
        if scheme != "sqlite":
            raise TrailError(f"a trail lies in a SQLite file or in PostgreSQL, not in `{scheme}`")
        where = where.partition("://")[2].removeprefix("/")
    return Storage(sqlite_engine(Path(where), create, waits(serving)), where, waits(serving))
