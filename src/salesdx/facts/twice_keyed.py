"""Rows that are equal in all but their key: one thing that was entered twice."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass

from salesdx.facts.canonical_tables import CanonicalTable, canonical_schema
from salesdx.facts.sql_text import Run, sql_name

EXAMPLES = 3


@dataclass(frozen=True, slots=True)
class TwiceKeyed:
    """Rows of a table that were entered again: how many of how many, and keys of some that are alike."""

    table: str
    again: int
    rows: int
    examples: tuple[tuple[str, ...], ...]

    @property
    def share(self) -> float:
        """The share of the table's rows that are there again."""
        return self.again / self.rows


def twice_keyed(run: Run, columns: Mapping[str, Collection[str]]) -> Iterator[TwiceKeyed]:
    """Of each table that has all columns by which that shows, the rows that were entered twice, if there are any."""
    schema = canonical_schema().tables
    parts = {table.lines for table in schema.values()}
    for name, table in schema.items():
        if name in columns and name not in parts and table.key and (relation := _alike(table, columns)):
            [(again, rows)] = run(
                f"select (select count(*) - count(distinct alike) from {relation}), "
                f"(select count(*) from {sql_name(name)})"
            )
            if again:
                yield TwiceKeyed(name, again, rows, tuple(_examples(run, table, relation)))


def _examples(run: Run, table: CanonicalTable, relation: str) -> Iterator[tuple[str, ...]]:
    """Keys of some rows that are alike."""
    key = sql_name(table.key[0])
    groups = f"select list({key} order by {key}) as keys from {relation} group by alike having count(*) > 1"
    for (keys,) in run(f"select keys from ({groups}) order by keys limit {EXAMPLES}"):
        yield tuple(keys[:EXAMPLES])


def _alike(table: CanonicalTable, columns: Mapping[str, Collection[str]]) -> str:
    """A relation of the key and a hash of what two rows share only when they are one; empty where a column is lacking.

    Of lines it is the sum of their hashes, so that their order does not count and none is kept.
    """
    has = columns[table.name]
    if not table.alike or not {*table.alike, table.key[0]} <= set(has):
        return ""
    own = ", ".join(sql_name(name) for name in (*table.alike, *table.alike_too) if name in has)
    known = " and ".join(f"{sql_name(name)} is not null" for name in table.alike)
    key = sql_name(table.key[0])
    if not table.lines:
        return f"(select {key}, hash({own}) as alike from {sql_name(table.name)} where {known})"
    wanted = canonical_schema().tables[table.lines].alike
    if not {*wanted, table.key[0]} <= set(columns.get(table.lines, ())):
        return ""
    part = ", ".join(map(sql_name, wanted))
    return (
        f"(select t.{key}, hash({own}, parts, n) as alike from {sql_name(table.name)} t join (select {key}, "
        f"sum(hash({part})) as parts, count(*) as n from {sql_name(table.lines)} group by 1) using ({key}) "
        f"where {known})"
    )
