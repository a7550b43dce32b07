"""A trail in PostgreSQL, which several machines share. Who may do what stands in `migrations.postgresql`."""

from __future__ import annotations

import logging
import weakref
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import ArgumentError, DBAPIError

from salesdx.ledger.errors import TrailError
from salesdx.ledger.log_change import LogChange
from salesdx.ledger.migrations import run_sql
from salesdx.ledger.migrations.guards import ENTER, LEAVE
from salesdx.ledger.sqlite import BUSY_SECONDS
from salesdx.ledger.storage import Storage

logging.getLogger("sqlalchemy").addHandler(logging.NullHandler())  # a lost connection is told in our words alone

READ = "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY; SET LOCAL search_path = salesdx, pg_temp"
WRITE = f"""
SET TRANSACTION ISOLATION LEVEL READ COMMITTED, READ WRITE;
SET LOCAL search_path = salesdx, pg_temp;
SET LOCAL synchronous_commit = on;
SET LOCAL idle_in_transaction_session_timeout = '{BUSY_SECONDS}s'
"""
"""A writer sees what the one before it has committed; one that hangs does not hold up the others for ever."""

APPEND = """SELECT append(
    %s::text[], %s::bytea[], %s::text[], %s::text[], %s::text[], %s::text[], %s::text[], %s::text[], %s, %s)"""

ADMIN = """
SELECT (rolsuper OR rolcreaterole) AND has_database_privilege(current_database(), 'CREATE'),
    current_setting('server_encoding') = 'UTF8'
FROM pg_roles WHERE rolname = current_user
"""
ENTERED = """
SELECT nspowner = 'salesdx_owner'::regrole AND NOT EXISTS (
    SELECT FROM pg_roles WHERE rolname IN ('salesdx_owner', 'salesdx_service', 'salesdx_app', 'salesdx_auditor')
        AND (rolcanlogin OR rolsuper OR rolcreaterole OR rolcreatedb OR rolreplication OR rolbypassrls))
FROM pg_namespace WHERE nspname = 'salesdx'
"""


class PostgreSQL(Storage):
    """A trail in the schema `salesdx` of a PostgreSQL database.

    Its function `append` computes anew all that follows from the entries, and refuses what does not fit: a checkpoint
    that the keys in force have not signed, too. An append that fails when the connection is lost may have been stored:
    with a key it can be repeated.
    """

    def _reads(self) -> sa.Connection | None:
        """Here a reader waits for nobody, and each one sees what is newest."""
        return None

    def _in_turn(self) -> AbstractContextManager[None]:
        """The server has a queue of its own."""
        return nullcontext()

    def is_locked(self, error: DBAPIError) -> bool:
        """Whether somebody else held the head for too long."""
        return getattr(error.orig, "sqlstate", None) == "55P03"  # lock not available

    def discard(self) -> None:
        """A database is not ours to drop; what failed in it is rolled back."""

    def lock(self, connection: sa.Connection) -> None:
        """Take the head for this transaction. Raises TrailError where the server could lose a record."""
        found = connection.exec_driver_sql("SELECT current_setting('fsync') FROM (SELECT lock_head()) AS locked")
        if found.scalar() != "on":
            raise TrailError(f"the server of `{self.shown}` runs with fsync off, so a record could be lost")

    def store(self, connection: sa.Connection, change: LogChange) -> None:
        """Append entries and their checkpoint, and end the transaction."""
        connection.exec_driver_sql(APPEND, arguments(change))
        for _, data in change.wheels:
            connection.exec_driver_sql("SELECT keep(%s)", (data,))
        for seq, data in change.attachments:
            connection.exec_driver_sql("SELECT attach(%s, %s)", (seq, data))
        connection.commit()

    def cosign(self, size: int, witness: str, line: str) -> None:
        """Store the signature line of a witness under the checkpoint of a size."""
        with self._told(), self._connect(writing=True) as connection:
            connection.exec_driver_sql("SELECT cosign(%s, %s, %s)", (size, witness, line))
            connection.commit()

    def sweep(self) -> None:
        """Take erased content off the disk."""
        with self._told(), self._connect(writing=True) as connection:
            connection.exec_driver_sql("SELECT sweep()")
            connection.commit()

    def prepare(self, origin: str, migrate: Callable[[sa.Connection], None]) -> None:
        """Roles, tables and an empty head. Who makes a trail may append to it, and appends its first record."""
        with self.migrating() as connection:
            migrate(connection)
            made = connection.exec_driver_sql(
                "INSERT INTO head VALUES (1, %s, 0, '', NULL, '')"
                "ON CONFLICT (id) DO UPDATE SET origin = excluded.origin WHERE head.size = 0",
                (origin,),
            )
            if not made.rowcount:
                raise TrailError(f"`{self.shown}` holds a trail; a trail is never overwritten")
            run_sql(connection, "RESET ROLE; GRANT salesdx_service TO CURRENT_USER")

    @contextmanager
    def migrating(self) -> Iterator[sa.Connection]:
        """A connection that may change tables. Raises TrailError where the role may not."""
        with super().migrating() as connection:
            admin, encoded = connection.exec_driver_sql(ADMIN).one()
            if not admin:
                raise TrailError(
                    f"this role may not make or change the tables of `{self.shown}`: it takes a role with CREATEROLE, "
                    "and CREATE on the database"
                )
            if not encoded:
                raise TrailError(f"the database of `{self.shown}` must have the encoding UTF8")
            run_sql(connection, ENTER)
            if not connection.exec_driver_sql(ENTERED).scalar():
                raise TrailError(
                    f"`{self.shown}` has a schema or a role by the name of salesdx that is not the trail's: "
                    "salesdx_owner owns the schema salesdx, and salesdx_owner, salesdx_service, salesdx_app and "
                    "salesdx_auditor have no LOGIN and no rights over the server"
                )
            yield connection
            run_sql(connection, LEAVE)

    def explained(self, error: DBAPIError) -> str:
        """What a refusal of the server means for the user."""
        said = str(error.orig).strip().partition("\n")[0]
        match getattr(error.orig, "sqlstate", None):
            case "42P01":  # undefined table
                return (
                    f"there is no trail in `{self.shown}` that this role may see; `salesdx trail init` makes one, "
                    "membership in salesdx_service, salesdx_app or salesdx_auditor opens one"
                )
            case "42501":  # insufficient privilege
                return (
                    f"`{self.shown}` refuses this role: {said}; a member of salesdx_service may append, one of "
                    "salesdx_app or salesdx_auditor may read"
                )
        if error.connection_invalidated:
            return f"the connection to `{self.shown}` was lost: {said}"
        return f"the trail `{self.shown}` failed: {said}"


def arguments(change: LogChange) -> tuple[Any, ...]:
    """What the function `append` of the database receives; what it can find out itself is not among it."""
    rows, names = change.rows, change.names
    return (
        [row.entry.decode() for row in rows],
        [row.salt for row in rows],
        [row.payload.decode() for row in rows],
        [row.key for row in rows],
        *([part[i] for part in names] for i in range(3)),
        [files for _, files in change.rule_bases],
        change.note,
        change.register,
    )


def connect_postgresql(url: str, wait: int) -> Storage:
    """The storage at a PostgreSQL URL, in which an append waits for others so many seconds. Raises TrailError."""
    write = f"{WRITE}; SET LOCAL lock_timeout = '{wait}s'"
    try:
        place = sa.make_url(url).set(drivername="postgresql+psycopg")
    except (ArgumentError, ValueError):
        raise TrailError("this is no URL of a database: `postgresql://role@host/database` is expected") from None
    shown = sa.URL.create("postgresql", host=place.host, port=place.port, database=place.database)
    limit = {} if "connect_timeout" in place.query else {"connect_timeout": 10}
    engine = sa.create_engine(
        place, hide_parameters=True, pool_pre_ping=True, use_native_hstore=False, connect_args=limit
    )

    @sa.event.listens_for(engine, "begin")
    def begin(connection: sa.Connection) -> None:
        run_sql(connection, write if connection.get_execution_options().get("writing") else READ)

    storage = PostgreSQL(engine, str(shown), wait)
    weakref.finalize(storage, engine.dispose)  # connections are kept for the next append, which takes half the time
    return storage
