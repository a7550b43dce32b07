"""A copy of a trail in a SQLite file, whole and consistent, also while somebody writes."""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing
from pathlib import Path
from tempfile import NamedTemporaryFile

from salesdx.ledger.errors import Refused, TrailError
from salesdx.ledger.sqlite import BUSY_SECONDS
from salesdx.ledger.storage import Storage
from salesdx.text.disk import sync_folder


def back_up(storage: Storage, file: Path) -> int:
    """Copy a trail into a new file of mode 600, whole on the disk before this returns; how many records it has.

    Writers wait meanwhile. Raises Refused for a trail in PostgreSQL, which has a way of its own, and TrailError.
    """
    if storage.engine.dialect.name != "sqlite":
        raise Refused("a trail in PostgreSQL is copied by `pg_dump`, which reads one moment of it while others write")
    try:
        with NamedTemporaryFile(dir=file.parent, prefix=f".{file.name}.") as part:
            with (
                closing(sqlite3.connect(str(storage.engine.url.database), timeout=BUSY_SECONDS)) as source,
                closing(sqlite3.connect(part.name)) as copy,
            ):
                source.backup(copy)
                (size,) = copy.execute("SELECT size FROM head").fetchone()
            os.fsync(part.fileno())
            os.link(part.name, file)
        sync_folder(file)
    except FileExistsError:
        raise TrailError(f"`{file}` exists; a copy is never written over another one") from None
    except (OSError, sqlite3.Error) as error:
        raise TrailError(f"the copy `{file}` cannot be made: {error}") from None
    return int(size)
