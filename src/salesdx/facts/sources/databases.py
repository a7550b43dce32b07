"""Tables of databases: SQLite files opened read-only, and PostgreSQL in a read-only transaction with a time limit."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator, Sequence
from typing import Any

from salesdx.base.reading import shortened
from salesdx.facts.named_sources import SourceRead
from salesdx.facts.sources.flat_file import check_file
from salesdx.facts.sources.opened_source import BATCH, OpenedSource, SourceFault, distinct_names, text_of_value
from salesdx.facts.sql_text import sql_name, sql_string
from salesdx.text.issues import did_you_mean

ADDRESS = "such as `postgresql://user:password@host/database`"
TIMEOUT_SECONDS = 300
"""How long PostgreSQL may work on one statement of ours."""


def open_sqlite(read: SourceRead) -> OpenedSource:
    """A table or view of an SQLite file. Raises SourceFault."""
    check_file(read)
    table = read.options["table"]
    try:
        names = [name for (name,) in _sqlite(read, "select name from sqlite_master where type in ('table', 'view')")]
        if table not in names:
            help = did_you_mean(table, names) or f"its tables are {', '.join(names[:20])}"
            raise SourceFault("unknown-table", f"`{read.what}` has no table `{shortened(table)}`", help)
        header = [str(name) for (name,) in _sqlite(read, f"select name from pragma_table_info({sql_string(table)})")]
    except sqlite3.Error as error:
        raise SourceFault("unreadable", f"`{read.what}` is no SQLite file that can be read: {error}") from None

    def rows(columns: Sequence[str]) -> Iterator[list[tuple[str | None, ...]]]:
        sql = f"select {', '.join(map(sql_name, columns))} from {sql_name(table)}"
        connection = _connected(read)
        try:
            cursor = connection.execute(sql)
            while batch := cursor.fetchmany(BATCH):
                yield [tuple(map(text_of_value, row)) for row in batch]
        except sqlite3.Error as error:
            raise SourceFault("unreadable", f"cannot read `{read.shown}`: {error}") from None
        finally:
            connection.close()

    return OpenedSource(read, dict.fromkeys(distinct_names(header, read.shown), "VARCHAR"), rows=rows)


def open_postgres(read: SourceRead) -> OpenedSource:
    """A table or view of PostgreSQL, `schema.table` or a name alone. Raises SourceFault."""
    import psycopg
    from psycopg import sql

    names = read.what.split(".")
    try:
        with _transaction(read) as connection:
            found = connection.execute(sql.SQL("select * from {} limit 0").format(sql.Identifier(*names))).description
    except psycopg.Error as error:
        raise SourceFault("unreadable", f"cannot read `{read.what}`: {_first(error)}") from None
    header = distinct_names([column.name for column in found or ()], read.what)

    def rows(columns: Sequence[str]) -> Iterator[list[tuple[str | None, ...]]]:
        wanted = sql.SQL(", ").join(map(sql.Identifier, columns))
        try:
            with _transaction(read) as connection, connection.cursor(name="salesdx") as cursor:
                cursor.execute(sql.SQL("select {} from {}").format(wanted, sql.Identifier(*names)))
                while batch := cursor.fetchmany(BATCH):
                    yield [tuple(map(text_of_value, row)) for row in batch]
        except psycopg.Error as error:
            raise SourceFault("unreadable", f"cannot read `{read.what}`: {_first(error)}") from None

    return OpenedSource(read, dict.fromkeys(header, "VARCHAR"), rows=rows)


def query_postgres(url: str, query: str) -> Iterator[list[tuple[str | None, ...]]]:
    """The names of the columns that a query of a user's gives, and then its rows as texts. Raises SourceFault."""
    import psycopg

    try:
        with _connected_to(url, "that") as connection, connection.cursor(name="salesdx") as cursor:
            cursor.execute(query.encode())
            batch = cursor.fetchmany(BATCH)  # only then it is known which columns there are
            yield [tuple(column.name for column in cursor.description or ())]
            while batch:
                yield [tuple(map(text_of_value, row)) for row in batch]
                batch = cursor.fetchmany(BATCH)
    except psycopg.Error as error:
        raise SourceFault("unreadable", f"PostgreSQL says: {_first(error)}") from None


def _transaction(read: SourceRead) -> Any:
    """A connection that can change nothing, and whose statements end. Raises SourceFault."""
    variable = read.options["url_from"]
    url = os.environ.get(variable)
    if not url:
        message = f"the variable `{shortened(variable)}` is not set"
        raise SourceFault("unreadable", message, ADDRESS)
    return _connected_to(url, f"what the variable `{shortened(variable)}` holds")


def _connected_to(url: str, named: str) -> Any:
    import psycopg

    try:
        connection = psycopg.connect(
            url, connect_timeout=10, options=f"-c statement_timeout={TIMEOUT_SECONDS * 1000} -c timezone=UTC"
        )
    except psycopg.ProgrammingError:  # its words quote the address, and a password with it
        raise SourceFault("unreadable", f"{named} is no address of a database", ADDRESS) from None
    connection.read_only = True
    return connection


def _first(error: Exception) -> str:
    """The first line of a database's words."""
    return next(iter(str(error).strip().splitlines()), type(error).__name__)


def _connected(read: SourceRead) -> sqlite3.Connection:
    connection = sqlite3.connect(f"{read.path.absolute().as_uri()}?mode=ro", uri=True)
    try:
        connection.execute("pragma query_only = on")
        connection.execute("pragma trusted_schema = off")
    except sqlite3.Error:
        connection.close()
        raise
    return connection


def _sqlite(read: SourceRead, sql: str) -> list[tuple[Any, ...]]:
    connection = _connected(read)
    try:
        return connection.execute(sql).fetchall()
    finally:
        connection.close()
