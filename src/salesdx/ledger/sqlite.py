"""The engine of a SQLite file: its settings, and the BEGIN of every transaction."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from salesdx.ledger.errors import TrailError
from salesdx.text.disk import sync_folder

BUSY_SECONDS, SERVED_SECONDS = 60, 5
"""How long an append waits for another writer; at a service people are told sooner."""
PRAGMAS = ("journal_mode=DELETE", "synchronous=EXTRA", "foreign_keys=ON", "secure_delete=ON")
"""Settings of every SQLite connection. The first two lost nothing in the power-loss trials (docs/trail.md)."""


WRITE_AHEAD = ("synchronous=FULL", *PRAGMAS[2:])
"""Those of a file that a service has made one with a write-ahead log, in which readers and a writer wait for nobody.
FULL with it lost nothing in the same trials."""
WRITE_AHEAD_SINCE = (3, 51, 3)
"""Older libraries can lose a commit in it, if rarely (https://sqlite.org/wal.html, the WAL-reset bug)."""


def waits(serving: bool) -> int:
    """For how many seconds an append waits for others."""
    return SERVED_SECONDS if serving else BUSY_SECONDS


def sqlite_engine(path: Path, create: bool = False, wait: float | None = None) -> sa.Engine:
    """The engine of a SQLite file; ``create`` makes an empty one, ``wait``: seconds for others. Raises TrailError."""
    if create:
        try:
            os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
            sync_folder(path)
        except FileExistsError:
            raise TrailError(f"`{path}` exists; a trail is never overwritten") from None
        except OSError as error:
            raise TrailError(f"`{path}` cannot be written: {error.strerror}") from None
    elif os.path.isdir(path):
        raise TrailError(f"`{path}` is a folder; a trail is a file or a URL")
    elif not os.path.isfile(path):  # unlike the methods of Path, false for a name that no file can have
        raise TrailError(f"there is no trail `{path}`; `salesdx trail init --trail {path}` makes one")
    engine = sa.create_engine(
        f"sqlite:///{path}",
        hide_parameters=True,
        connect_args={"timeout": BUSY_SECONDS if wait is None else wait},
        poolclass=sa.NullPool,  # a file is closed after use, and a process that forks shares none
    )
    configure(engine)
    return engine


@contextmanager
def write_ahead(engine: sa.Engine) -> Iterator[None]:
    """Keep a SQLite file with a write-ahead log while it is served, where the library is new enough; else as it is.

    Whoever opens it meanwhile follows. Afterwards the file is whole in itself again, unless somebody is in it.
    """
    if engine.dialect.name != "sqlite" or sqlite3.sqlite_version_info < WRITE_AHEAD_SINCE:
        yield
        return
    with closing(sqlite3.connect(str(engine.url.database), timeout=SERVED_SECONDS, check_same_thread=False)) as held:
        held.execute("PRAGMA journal_mode=WAL")
        held.execute("SELECT count(*) FROM sqlite_schema").fetchone()  # from now on it is open: who ends ends no log
        try:
            yield
        finally:
            with suppress(sqlite3.OperationalError):
                held.execute("PRAGMA journal_mode=DELETE")


@contextmanager
def copied_apart(engine: sa.Engine, most: int = 64 << 20) -> Iterator[sa.Connection | None]:
    """A copy of a file in memory, so that nobody waits for who reads long; None where they do not, or it is too large.

    Only a file without a write-ahead log makes others wait. ``most``: bytes.
    """
    path = str(engine.url.database)
    if engine.dialect.name != "sqlite" or path in ("None", ":memory:") or os.path.getsize(path) > most:
        yield None
        return
    with closing(engine.raw_connection()) as source:
        held: Any = source.driver_connection
        wal = held.execute("PRAGMA journal_mode").fetchone() == ("wal",)
        data = None if wal else held.serialize()
    if data is None:
        yield None
        return
    with closing(sqlite3.connect(":memory:", check_same_thread=False)) as memory:
        memory.deserialize(data)
        copy = sa.create_engine("sqlite://", creator=lambda: memory, poolclass=sa.StaticPool, hide_parameters=True)
        with copy.connect() as connection:
            yield connection


def empty_journal(connection: Any) -> None:
    """Write a file anew without what was deleted, and leave nothing of it in a write-ahead log. Raises TrailError."""
    connection.execute("VACUUM")
    if connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]:
        raise TrailError("somebody reads the trail, so that what was erased is still in its journal; it goes later")


def configure(engine: sa.Engine, pragmas: Sequence[str] = PRAGMAS) -> None:
    """Give every connection the settings, and every transaction its BEGIN."""

    @sa.event.listens_for(engine, "connect")
    def settings(connection: Any, _: Any) -> None:
        connection.isolation_level = None  # the transactions below are ours
        (journal,) = connection.execute("PRAGMA journal_mode").fetchone()
        for pragma in WRITE_AHEAD if journal == "wal" and pragmas is PRAGMAS else pragmas:
            connection.execute(f"PRAGMA {pragma}")

    @sa.event.listens_for(engine, "begin")
    def begin(connection: sa.Connection) -> None:
        writing = connection.get_execution_options().get("writing")
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writing else "BEGIN")
