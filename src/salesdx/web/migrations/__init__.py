"""The tables of the pages, step by step, with a version table of their own; run by Alembic."""

from __future__ import annotations

from pathlib import Path

import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError

from salesdx.ledger.errors import TrailError
from salesdx.ledger.migrations import migrate
from salesdx.ledger.storage import Storage
from salesdx.web.tables import REVISION, tables_of

STEPS = Path(__file__).parent


def make_ready(storage: Storage) -> None:
    """Make the tables of the pages, or bring them up to date. Raises TrailError where this role may not, and for those
    of a newer program."""
    if _version(storage) == REVISION:
        return
    with storage.migrating() as connection:
        migrate(connection, steps=STEPS)


def _version(storage: Storage) -> str | None:
    """The version of the tables; None where there are none."""
    with storage.reading() as reader:
        try:
            found = reader.connection.execute(sa.select(*tables_of(reader.connection).web_version.c)).scalar()
        except DBAPIError:
            return None
    if found is not None and found > REVISION:
        raise TrailError(f"the tables of the pages in `{storage.shown}` are of a newer salesdx ({found})")
    return found
