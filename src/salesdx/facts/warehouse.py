"""The tables that facts are drawn from, in DuckDB, which can reach nothing outside once they are read.

The only module that imports duckdb.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb

from salesdx.facts.canonical_tables import SQL_TYPES, CanonicalTable, canonical_schema
from salesdx.facts.filling import filling_of
from salesdx.facts.firm_settings import FirmSettings
from salesdx.facts.mapping import FirmMapping, MappingError
from salesdx.facts.order_numbers import line_days, number_orders
from salesdx.facts.pseudonyms import PseudonymKey
from salesdx.facts.rates import MissingRate, rate_faults, reported
from salesdx.facts.sold import sold_days, sold_view
from salesdx.facts.sql_text import QueryRefused, sql_name, sql_string
from salesdx.facts.twice_keyed import TwiceKeyed, twice_keyed
from salesdx.facts.words_meant import NamesOfFirm
from salesdx.text.issues import Issue

THREADS, MEMORY = 2, "2GB"
CONFIGURATION: dict[str, str | bool | int | float | list[str]] = {
    "threads": THREADS,
    "memory_limit": MEMORY,
    "temp_directory": "",  # a firm's rows are never put on the disk
    "python_enable_replacements": False,  # no name in a query is a variable of ours
    "autoinstall_known_extensions": False,
    "autoload_known_extensions": False,
    "allow_community_extensions": False,
}
_PARAMETER = re.compile(r"\$([a-z_][a-z0-9_]*)")
RATES = "create table rates (currency varchar, day date, rate double)"
MANY_TWICE = 0.005
"""Share of rows entered twice under new keys, above which no fact of a person is drawn from a table."""


@dataclass(frozen=True, slots=True)
class ResultRows:
    """What a query gives: names of columns, and rows of date, datetime, float, int, str, bool or None."""

    columns: tuple[str, ...]
    rows: tuple[tuple[Any, ...], ...]


class RatesMissing(Exception):
    """There is money without a rate for its currency on its day."""

    def __init__(self, missing: Sequence[MissingRate]) -> None:
        super().__init__(", ".join(f"{each.currency} on {each.day}" for each in missing))
        self.missing = tuple(missing)


class Warehouse:
    """The canonical tables of one firm, as far as they are mapped, read whole and locked.

    Each is a table of its name with exactly the mapped columns (money columns also as `<name>_r`), but for lines, which
    have the number of their order in the place of its key; `sold` has what counts as sold, `line_days` what was
    ordered on a day. ``columns``: canonical table -> its columns. ``twice``: where rows were entered twice;
    ``suspicious``: the tables of which no fact of a person may be drawn for it. ``strange``: columns with words of
    which facts understand not one.
    """

    def __init__(self, connection: duckdb.DuckDBPyConnection, settings: FirmSettings) -> None:
        self._connection = connection
        self.settings = settings
        self.columns: dict[str, tuple[str, ...]] = {}
        self.twice: tuple[TwiceKeyed, ...] = ()
        self.strange: frozenset[str] = frozenset()
        self.names = NamesOfFirm(None)

    @classmethod
    def of_rows(
        cls,
        tables: Mapping[str, Sequence[Mapping[str, object]]],
        *,
        data_until: date,
        rates: Iterable[tuple[str, date, float]] = (),
        **settings: Any,
    ) -> Warehouse:
        """A warehouse of canonical rows, whose persons and customers are pseudonyms already.

        A column is mapped if any row of its table has it; a table without rows has all its columns. ``rates``:
        (currency, day, report currency for one unit). ``settings``: fields of FirmSettings. Raises RatesMissing.
        """
        found = cls(opened_empty(), FirmSettings(data_until=data_until, **settings))
        found.run(RATES)
        found.append("rates", rates)
        schema = canonical_schema().tables
        for name in (name for name in schema if name in tables):
            found._take_rows(schema[name], tables[name])
        found.finish({name: _staged(name) for name in tables})
        return found

    @classmethod
    def opened(cls, mapping: FirmMapping, key: PseudonymKey | None = None) -> Warehouse:
        """A warehouse of all that a mapping reads, locked. Without a key nothing of it is drawn for a person.

        Raises MappingError with every fault that was found, each where the mapping has it.
        """
        found = cls(opened_empty(), FirmSettings(date.min))
        filling = filling_of(found.run, found.append, mapping, key)
        try:
            found.settings = filling.filled()
            found.columns, found.names = filling.columns, filling.names
            found.finish(filling.staged)
        except RatesMissing as error:
            raise MappingError(rate_faults(mapping, error.missing)) from None
        except QueryRefused as error:  # such as too little memory
            message = f"the files of this mapping cannot be read: {error}"
            raise MappingError([Issue("unreadable", message, mapping.place)]) from error
        return found

    def _take_rows(self, table: CanonicalTable, rows: Sequence[Mapping[str, object]]) -> None:
        has = {name for row in rows for name in row} if rows else set(table.columns)
        types = {name: SQL_TYPES[column.type] for name, column in table.columns.items() if name in has}
        hours = {column.hour: "TIMESTAMP" for column in table.columns.values() if column.moment and column.hour in has}
        if unknown := has - types.keys() - hours.keys():
            raise KeyError(f"`{table.name}` has no column `{min(unknown)}`")
        types |= hours
        self.columns[table.name] = tuple(types)
        self.run(f"create table {_staged(table.name)} ({', '.join(f'{sql_name(n)} {t}' for n, t in types.items())})")
        self.append(_staged(table.name), (tuple(row.get(name) for name in types) for row in rows))

    def append(self, table: str, rows: Iterable[Sequence[object]]) -> None:
        """Add rows to a table, their values in the order of its columns."""
        with self._connection.appender(table.strip('"')) as appender:
            appender.append_rows(rows)

    def run(self, sql: str, parameters: Sequence[object] = ()) -> list[tuple[Any, ...]]:
        """Run a statement of ours, while the tables are read. Raises QueryRefused."""
        try:
            return self._connection.execute(sql, list(parameters)).fetchall()
        except duckdb.Error as error:
            raise QueryRefused(str(error)) from error

    def finish(self, staged: Mapping[str, str]) -> None:
        """Make the canonical tables of what was staged, then lock. Raises RatesMissing with all of them.

        What stays as it was staged is not copied.
        """
        missing: list[MissingRate] = []
        views: dict[str, str] = {}
        for table in (table for name, table in canonical_schema().tables.items() if name in staged):
            select, lacking = reported(self.run, table, staged[table.name], self.columns, self.settings.currency)
            missing += lacking
            copied = "rated_day" in select
            self.run(f"create {'table' if copied else 'view'} {sql_name(table.name)} as {select}")
            if copied:
                self.run(f"drop table {staged[table.name]}")
            else:
                views[table.name] = select
        if missing:
            raise RatesMissing(missing)
        self.twice = tuple(twice_keyed(self.run, self.columns))
        kept = {name: staged[name] if name in views else sql_name(name) for name in staged}
        for name in number_orders(self.run, kept, self.columns):
            if name in views:
                self.run(f"create or replace view {sql_name(name)} as {views[name]}")
        self.strange = frozenset(self._strange())
        self.settings = replace(self.settings, settles=self._settling())
        self.run(sold_view(self.columns, self.settings.sold_by, self.settings.sold_where))
        for statement in sold_days(self.columns):
            self.run(statement)
        line_days(self.run, self.columns)
        self.run("checkpoint")
        self.lock()

    def lock(self) -> None:
        """From here no statement can read a file, write one, or open a connection."""
        self.run("set enable_external_access = false")
        self.run("set lock_configuration = true")

    def _strange(self) -> Iterator[str]:
        """Columns with words, of which facts understand not one."""
        for table in (table for name, table in canonical_schema().tables.items() if name in self.columns):
            for name in (name for name, column in table.columns.items() if column.understood):
                if name in self.columns[table.name]:
                    known = f"regexp_matches(lower({sql_name(name)}), {sql_string(table.columns[name].understood)})"
                    asked = f"select count({sql_name(name)}), count(*) filter ({known}) from {sql_name(table.name)}"
                    [(told, understood)] = self.run(asked)
                    if told and not understood:
                        yield f"{table.name}.{name}"

    def _settling(self) -> dict[str, timedelta]:
        """How long rows still change: as the mapping says, else as the schema does."""
        found = {}
        for name, table in canonical_schema().tables.items():
            days, _, unit = table.settles.partition(" ")
            if name not in self.columns or not table.settles:
                continue
            if unit == "days":
                found[name] = timedelta(days=int(days))
            elif {"created_on", "decided_on"} <= set(self.columns[name]):
                [(cycle,)] = self.run(f"select median(decided_on - created_on) from {sql_name(name)}")
                found[name] = timedelta(days=int(cycle or 0))
        return {**found, **self.settings.settles}

    def query(self, sql: str, parameters: Mapping[str, object] | None = None) -> ResultRows:
        """The rows of a query, with values for the names behind `$` in it.

        Raises QueryRefused where DuckDB does, with its words.
        """
        named = {name: (parameters or {})[name] for name in dict.fromkeys(_PARAMETER.findall(sql))}
        try:
            found = self._connection.execute(sql, named)
            columns = tuple(column[0] for column in found.description or ())
            return ResultRows(columns, tuple(tuple(map(_plain, row)) for row in found.fetchall()))
        except duckdb.Error as error:
            raise QueryRefused(str(error)) from error

    def has(self, column: str) -> bool:
        """Whether a column, such as `orders.promised_on`, or a whole table is mapped."""
        table, _, name = column.partition(".")
        return table in self.columns and (not name or name in self.columns[table] or self._is_made(table, name))

    def _is_made(self, table: str, name: str) -> bool:
        """Whether a column is one that the program makes beside a mapped one of money."""
        return name.endswith("_r") and name.removesuffix("_r") in self.columns[table]

    def why_not(self, column: str) -> str:
        """Why there is no such column: as the firm says it, else that nothing says it; empty if there is one."""
        if self.has(column):
            return ""
        table, _, name = column.partition(".")
        said = self.settings.not_here
        told = said.get(column) or said.get(table) or said.get(name)
        if told:
            return told
        known = canonical_schema().tables[table]
        meant = known.columns[name].says if name in known.columns else ""
        return f"no column says {meant}" if table in self.columns and meant else f"no source holds {known.row}"

    @property
    def suspicious(self) -> frozenset[str]:
        """Tables in which so many rows were entered twice that none of their facts may be a person's."""
        return frozenset(each.table for each in self.twice if each.share > MANY_TWICE)


@contextmanager
def query_file(path: Path, query: str) -> Iterator[duckdb.DuckDBPyRelation]:
    """What a query of a user's to a DuckDB file gives, as a stream of Arrow's. Without a query, the one table or view
    that there is. The file is only read, and nothing beside it. Raises QueryRefused."""
    try:
        with duckdb.connect(str(path), read_only=True, config=CONFIGURATION) as connection:
            connection.execute("set timezone = 'UTC'")
            connection.execute("set enable_external_access = false")
            yield connection.sql(query or _only_table(connection))
    except duckdb.Error as error:
        raise QueryRefused(str(error)) from error


def _only_table(connection: duckdb.DuckDBPyConnection) -> str:
    """The query for the one table or view of a database. Raises QueryRefused."""
    names = [name for (name,) in connection.execute("select table_name from information_schema.tables").fetchall()]
    if len(names) != 1:
        raise QueryRefused(f"it has {len(names) or 'no'} tables: say with a query which rows ({', '.join(names[:20])})")
    return f"select * from {sql_name(names[0])}"


def opened_empty() -> duckdb.DuckDBPyConnection:
    """An empty database in memory, that keeps to two threads and a limit of memory."""
    connection = duckdb.connect(":memory:", config=CONFIGURATION)
    connection.execute("set timezone = 'UTC'")
    return connection


def _staged(name: str) -> str:
    return sql_name(f"staged {name}")


def _plain(value: object) -> object:
    return float(value) if isinstance(value, Decimal) else value
