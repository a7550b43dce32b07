"""The engine of a SQLite file: its settings, and the BEGIN of every transaction."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from salesdx.ledger.errors import TrailError
from salesdx.text.disk import sync_folder

BUSY_SECONDS = 60
"""How long an append waits for another writer."""
PRAGMAS = ("journal_mode=DELETE", "synchronous=EXTRA", "foreign_keys=ON", "secure_delete=ON")
"""Settings of every SQLite connection. The first two lost nothing in the power-loss trials (docs/trail.md)."""


def sqlite_engine(path: Path, create: bool = False) -> sa.Engine:
    """The engine of a SQLite file; ``create`` makes an empty one. Raises TrailError."""
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
        connect_args={"timeout": BUSY_SECONDS},
        poolclass=sa.NullPool,  # a file is closed after use, and a process that forks shares none
    )
    configure(engine)
    return engine


def configure(engine: sa.Engine, pragmas: Sequence[str] = PRAGMAS) -> None:
    """Give every connection the settings, and every transaction its BEGIN."""

    @sa.event.listens_for(engine, "connect")
    def settings(connection: Any, _: Any) -> None:
        connection.isolation_level = None  # the transactions below are ours
        for pragma in pragmas:
            connection.execute(f"PRAGMA {pragma}")

    @sa.event.listens_for(engine, "begin")
    def begin(connection: sa.Connection) -> None:
        writing = connection.get_execution_options().get("writing")
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writing else "BEGIN")
