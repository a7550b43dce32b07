"""What a mapping reads: rows, days, gaps and currencies of each table, when nothing of it is at fault."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from salesdx.facts.canonical_tables import CanonicalTable
    from salesdx.facts.warehouse import Warehouse


@dataclass(frozen=True, slots=True)
class CheckedTable:
    """A canonical table as it is filled: what a row is, how many there are, from which day to which, the months between
    in which there is none, the columns that are not mapped, and its currencies."""

    name: str
    row: str
    rows: int
    first: date | None
    last: date | None
    gaps: tuple[str, ...]
    unmapped: tuple[str, ...]
    currencies: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class EnteredTwice:
    """How many rows of a table are equal in all but their key, and whether that is too many for a person's facts."""

    table: str
    told: str
    too_many: bool


@dataclass(frozen=True, slots=True)
class CheckedSource:
    """Something that was read: its name in the mapping, what it is, rows, and digest."""

    name: str
    what: str
    rows: int
    digest: str


@dataclass(frozen=True, slots=True)
class MappingChecked:
    """What a mapping without faults gives. ``keyed``: persons can be told from one another, by a key of pseudonyms."""

    until: date
    tables: tuple[CheckedTable, ...]
    missing: tuple[tuple[str, str], ...]
    """The tables that are not mapped, each with why."""
    sources: tuple[CheckedSource, ...]
    twice: tuple[EnteredTwice, ...]
    keyed: bool


def checked_mapping(warehouse: Warehouse) -> MappingChecked:
    """Look at all that a mapping reads."""
    from salesdx.facts.canonical_tables import canonical_schema

    tables = canonical_schema().tables
    settings = warehouse.settings
    return MappingChecked(
        settings.data_until,
        tuple(_table(warehouse, tables[name]) for name in tables if name in warehouse.columns),
        tuple((name, warehouse.why_not(name)) for name in tables if name not in warehouse.columns),
        tuple(CheckedSource(one.read, one.what, one.rows, one.digest) for one in settings.sources),
        tuple(_twice(warehouse)),
        settings.keyed,
    )


def _twice(warehouse: Warehouse) -> Iterator[EnteredTwice]:
    for one in warehouse.twice:
        examples = "; ".join(" and ".join(keys) for keys in one.examples)
        told = f"{one.again:,} of {one.rows:,} rows stand there again under another key, such as {examples}"
        yield EnteredTwice(one.table, told, one.table in warehouse.suspicious)


def _table(warehouse: Warehouse, table: CanonicalTable) -> CheckedTable:
    mapped = warehouse.columns[table.name]
    [(rows,)] = warehouse.query(f"select count(*) from {table.name}").rows
    first = last = None
    gaps: tuple[str, ...] = ()
    if table.day in mapped and rows:
        [(first, last)] = warehouse.query(f"select min({table.day}), max({table.day}) from {table.name}").rows
        gaps = _gaps(warehouse, table, first, last)
    currencies: tuple[str, ...] = ()
    if "currency" in mapped:
        found = warehouse.query(f"select distinct currency from {table.name} where currency is not null order by all")
        currencies = tuple(str(row[0]) for row in found.rows)
    unmapped = tuple(name for name in table.columns if name not in mapped)
    return CheckedTable(table.name, table.row, rows, first, last, gaps, unmapped, currencies)


def _gaps(warehouse: Warehouse, table: CanonicalTable, first: date | None, last: date | None) -> tuple[str, ...]:
    """The months without a row between the first and the last one."""
    if first is None or last is None:
        return ()
    months = f"select distinct strftime({table.day}, '%Y-%m') from {table.name} where {table.day} is not null"
    there = {row[0] for row in warehouse.query(months).rows}
    numbers = range(first.year * 12 + first.month - 1, last.year * 12 + last.month)
    wanted = (f"{number // 12}-{number % 12 + 1:02}" for number in numbers)
    return tuple(month for month in wanted if month not in there)
