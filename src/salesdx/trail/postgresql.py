"""A trail in PostgreSQL, which several machines share."""

from __future__ import annotations

import sqlalchemy as sa

from salesdx.trail.storage import Storage


class PostgreSQL(Storage):
    """A trail in a PostgreSQL database."""

    def lock(self, connection: sa.Connection) -> None:
        connection.exec_driver_sql("SELECT lock_head()")


def connect_postgresql(url: str) -> Storage:
    """The storage at a PostgreSQL URL. Raises TrailError."""
    scheme, _, rest = url.partition("://")
    return PostgreSQL(sa.create_engine(f"postgresql+psycopg://{rest}"), f"{scheme}://{rest.rpartition('@')[2]}")
