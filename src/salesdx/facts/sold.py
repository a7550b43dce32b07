"""The view `sold`: what counts as sold for goals, whatever system says it."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping

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
