"""Rows that are equal in all but their key: one thing that was entered twice."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

from salesdx.facts.canonical_tables import CanonicalTable, canonical_schema
from salesdx.facts.sql_text import Run, sql_name

EXAMPLES = 3
AT_ONCE = 500_000
"""Rows that are looked at in one pass: of more, those whose keys fall into one part after the other, to keep to memory.
"""


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
    lines = {table.lines for table in schema.values()}
    for name, table in schema.items():
        if name in columns and name not in lines and table.key and (relation := _alike(table, columns)):
            [(rows,)] = run(f"select count(*) from {sql_name(name)}")
            parts = [relation.format(_part(table, part, 1 + rows // AT_ONCE)) for part in range(1 + rows // AT_ONCE)]
            run("create temp table twice (alike ubigint, n bigint)")
            run("create temp table alike (alike ubigint)")
            for part in parts:
                run(f"insert into alike select alike from {part}")
            run("insert into twice select alike, count(*) as n from alike group by alike having n > 1")
            run("drop table alike")
            [(again,)] = run("select coalesce(sum(n - 1), 0)::bigint from twice")
            if again:
                yield TwiceKeyed(name, again, rows, tuple(_examples(run, table, parts)))
            run("drop table twice")


def _part(table: CanonicalTable, part: int, parts: int) -> str:
    """The condition of rows whose keys fall into a part."""
    return f"hash({sql_name(table.key[0])}) % {parts} = {part}" if parts > 1 else "true"


def _examples(run: Run, table: CanonicalTable, parts: Sequence[str]) -> Iterator[tuple[str, ...]]:
    """Keys of some rows that are alike."""
    key = sql_name(table.key[0])
    of_twice = " union all ".join(f"select * from {part} where alike in (from twice select alike)" for part in parts)
    groups = f"select list({key} order by {key}) as keys from ({of_twice}) group by alike"
    for (keys,) in run(f"select keys from ({groups}) order by keys limit {EXAMPLES}"):
        yield tuple(keys[:EXAMPLES])


def _alike(table: CanonicalTable, columns: Mapping[str, Collection[str]]) -> str:
    """A relation of the key and a hash of what two rows share only when they are one; empty where a column is lacking.

    Of lines it is the sum of their hashes, so that their order does not count and none is kept. In braces stands the
    condition of the rows that are looked at.
    """
    has = columns[table.name]
    if not table.alike or not {*table.alike, table.key[0]} <= set(has):
        return ""
    own = ", ".join(sql_name(name) for name in (*table.alike, *table.alike_too) if name in has)
    known = " and ".join(f"{sql_name(name)} is not null" for name in table.alike)
    key = sql_name(table.key[0])
    if not table.lines:
        return f"(select {key}, hash({own}) as alike from {sql_name(table.name)} where {known} and {{0}})"
    wanted = canonical_schema().tables[table.lines].alike
    if not {*wanted, table.key[0]} <= set(columns.get(table.lines, ())):
        return ""
    part = ", ".join(map(sql_name, wanted))
    return (
        f"(select t.{key}, hash({own}, parts, n) as alike from (from {sql_name(table.name)} where {{0}}) t "
        f"join (select {key}, sum(hash({part})) as parts, count(*) as n from {sql_name(table.lines)} where {{0}} "
        f"group by 1) using ({key}) where {known})"
    )
