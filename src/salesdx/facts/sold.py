"""The view `sold`: what counts as sold for goals, whatever system says it."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping

from salesdx.facts.canonical_tables import Canonical, SoldBy, canonical_schema
from salesdx.facts.sql_text import sql_name


def sold_view(columns: Mapping[str, Collection[str]], word: str, where: str = "") -> str:
    """The statement that makes the view; without the columns that it reads it has no rows.

    ``where``: the condition of the firm in the place of the schema's.
    """
    schema = canonical_schema()
    by = schema.sold[word]
    tables = [name for name in schema.tables if name in by.relation.split()]
    has = {column for table in tables for column in columns.get(table, ())}
    wanted = [_typed(name, has, schema) for name in schema.sold_columns]
    if not all(table in columns for table in tables) or not sold_reads(schema, tables, by) <= has:
        return f"create view sold as select cast(null as date) as day, {_nulls(schema)}, 0.0 as amount_r where false"
    kept = f" and {sql_name(by.unless)} is null" if by.unless in has else ""
    kept += f" and ({where or by.where})" if where or by.where else ""
    return (
        f"create view sold as select {sql_name(by.day)} as day, {', '.join(wanted)}, {by.amount} as amount_r "
        f"from {by.relation} where {sql_name(by.day)} is not null{kept}"
    )


def sold_reads(schema: Canonical, tables: Collection[str], by: SoldBy) -> set[str]:
    """The mapped columns without which nobody knows what was sold."""
    words = {word.removesuffix("_r") for word in re.findall(r"\w+", f"{by.day} {by.amount} {by.where}")}
    return words & {column for table in tables for column in schema.tables[table].columns}


def _typed(name: str, has: Collection[str], schema: Canonical) -> str:
    return sql_name(name) if name in has else f"cast(null as varchar) as {sql_name(name)}"


def _nulls(schema: Canonical) -> str:
    return ", ".join(_typed(name, (), schema) for name in schema.sold_columns)


def sold_days(columns: Mapping[str, Collection[str]]) -> Iterator[str]:
    """The statements that make the table `sold_days`: what a unit sold on a day, for goals of days and of years.

    A row per day, ``unit_kind`` and ``unit`` (the company's is empty): small, however many orders there are. A
    territory has the sales of its parts, and those of whoever held it where no sale has a territory.
    """
    held = "(select max(territory) from assignments h where h.person = s.person and s.day between h.from_on "
    held += "and coalesce(h.to_on, date '9999-12-31'))"
    assigned = {"person", "territory", "from_on", "to_on"} <= set(columns.get("assignments", ()))
    territory = f"coalesce(territory, {held})" if assigned and not _has_territories(columns) else "territory"
    kinds = ("person", "territory", "product")
    cases = " ".join(f"when grouping({kind}) = 0 then '{kind}'" for kind in kinds)
    yield (
        f"create table sold_days as select day, case {cases} else 'company' end as unit_kind, "
        f"coalesce({', '.join(kinds)}, '') as unit, sum(amount_r) as amount_r from (select day, person, product, "
        f"{territory} as territory, amount_r from sold s) group by grouping sets "
        f"((day), {', '.join(f'(day, {kind})' for kind in kinds)}) having unit <> '' or unit_kind = 'company'"
    )
    if {"territory", "parent"} <= set(columns.get("territories", ())):
        within = (
            "with recursive within(part, whole) as (select territory, parent from territories where parent is not null "
        )
        within += "union select within.part, t.parent from within join territories t on t.territory = within.whole "
        within += "where t.parent is not null)"
        yield (
            f"insert into sold_days {within} select day, unit_kind, whole, sum(amount_r) from sold_days join within "
            "on part = unit where unit_kind = 'territory' group by all"
        )


def _has_territories(columns: Mapping[str, Collection[str]]) -> bool:
    return "territory" in columns.get("orders", ())
