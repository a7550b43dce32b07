"""What rows must be among each other: keys that name one row, lines that find their order, words that are known."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping

from salesdx.base.reading import NodeReader, shortened
from salesdx.facts.canonical_tables import TEXT, CanonicalTable
from salesdx.facts.part_select import CompiledPart, joined_nothing
from salesdx.facts.sql_text import QueryRefused, Run, sql_name, sql_string
from salesdx.facts.table_parts import TableMapping
from salesdx.text.english import listed, many

LOST = 0.01
"""Share of rows that may find nothing in the table that they belong to."""
EXAMPLES = 3
MAIL = r"[^@\s]+@[^@\s]+\.[^@\s]+"
_SQUEEZED = re.compile(r"[\W_]+")


def check_rows(
    run: Run,
    reader: NodeReader,
    mapping: Mapping[str, TableMapping],
    tables: Mapping[str, CanonicalTable],
    staged: Mapping[str, str],
    columns: Mapping[str, Collection[str]],
) -> None:
    """Note keys that are not unique, rows that find nothing, and words that a column may not have."""
    for name, table in tables.items():
        if name not in staged:
            continue
        _check_key(run, reader, mapping[name], table, staged[name], columns[name])
        _check_words(run, reader, mapping[name], table, staged[name], columns[name])
        _check_mails(run, reader, mapping[name], table, staged[name], columns[name])
        for column, other in table.of.items():
            if column in columns[name] and other in staged:
                _check_found(run, reader, mapping[name], column, table, tables[other], staged)


def check_join(run: Run, reader: NodeReader, part: CompiledPart, rows: str) -> bool:
    """Note rows of a source that find nothing in one that is joined to it; False where a join cannot be computed."""
    for source, compiled in part.joins.items():
        condition = compiled.on
        nothing = joined_nothing(source)
        try:
            [(count, lost)] = run(f"select count(*), count(*) filter ({nothing}) {rows}")
        except QueryRefused as error:  # such as a text that is compared with a number
            reader.fault("not-sql", f"the join of `{source}` cannot be computed: {error}", condition.scalar.place)
            return False
        if lost > LOST * count and not compiled.join.optional:
            own = [column for column in condition.columns if column.read != source][:1]
            shown = ", ".join(f"{sql_name(column.read)}.{sql_name(column.name)}" for column in own) or "null"
            together = "and" if part.where else "where"
            examples = f"select distinct {shown} {rows} {together} {nothing} order by 1 limit {EXAMPLES}"
            texts = [str(text) for (text,) in run(examples)]
            message = f"{_share(lost, count)} of `{part.table.name}` find nothing in `{source}`: {_quoted(texts)}"
            reader.fault("join-loss", message, condition.scalar.place)
    return True


def _check_key(
    run: Run, reader: NodeReader, mapped: TableMapping, table: CanonicalTable, staged: str, has: Collection[str]
) -> None:
    if not table.key or not set(table.key) <= set(has):
        return
    key = ", ".join(map(sql_name, table.key))
    groups = f"select {key}, count(*) as n from {staged} group by {key} having count(*) > 1"
    [(again, empty)] = run(
        f"select (select count(*) from ({groups})), "
        f"(select count(*) from {staged} where {sql_name(table.key[0])} is null)"
    )
    place = mapped.parts[0].columns[table.key[0]].place
    if again:
        found = run(f"select * from ({groups}) order by {key} limit {EXAMPLES}")
        shown = listed([f"`{' '.join(shortened(str(part), 40) for part in row[:-1])}` in {row[-1]}" for row in found])
        stand = "stands" if again == 1 else "stand"
        message = f"{many(again, 'key')} of `{table.name}` {stand} in more than one row: {shown}"
        reader.fault("not-one-row", message, place, f"a row is {table.row}; say `where:` which rows count")
    if empty:
        message = f"{many(empty, 'row')} of `{table.name}` {'has' if empty == 1 else 'have'} no `{table.key[0]}`"
        reader.fault("not-one-row", message, place, f"say `where: {table.key[0]} is not null` of its source")


def _check_words(
    run: Run, reader: NodeReader, mapped: TableMapping, table: CanonicalTable, staged: str, has: Collection[str]
) -> None:
    for name, column in table.columns.items():
        if name in has and column.values:
            known = ", ".join(map(sql_string, column.values))
            found = run(
                f"select {sql_name(name)}, count(*) from {staged} where {sql_name(name)} not in ({known}) "
                "group by 1 order by 2 desc, 1"
            )
            if found:
                texts = [text for text, _ in found[:EXAMPLES]]
                message = f"`{name}` is one of {', '.join(column.values)}, not {_quoted(texts)}"
                place = next(part.columns[name].place for part in mapped.parts if name in part.columns)
                reader.fault("unknown-value", message, place, "say it with `case when ... then ... end`")


def _check_mails(
    run: Run, reader: NodeReader, mapped: TableMapping, table: CanonicalTable, staged: str, has: Collection[str]
) -> None:
    """Whoever's mail it is, no pseudonym is made of it: whatever the column is called."""
    plain = [
        name
        for name, column in table.columns.items()
        if name in has and column.type == TEXT and not column.pseudonym and name not in table.of
    ]
    if not plain:
        return
    tests = (
        f"case when contains({name}, '@') then regexp_full_match({name}, {sql_string(MAIL)}) end"
        for name in map(sql_name, plain)
    )
    [counts] = run(f"select {', '.join(f'count(*) filter ({test})' for test in tests)} from {staged}")
    for name, count in zip(plain, counts, strict=True):
        if count:
            place = next(part.columns[name].place for part in mapped.parts if name in part.columns)
            message = f"`{name}` of {many(count, 'row')} of `{table.name}` is a mail address"
            reader.fault("forbidden-column", message, place, "names, addresses and notes are never read")


def _check_found(
    run: Run,
    reader: NodeReader,
    mapped: TableMapping,
    column: str,
    table: CanonicalTable,
    other: CanonicalTable,
    staged: Mapping[str, str],
) -> None:
    name = sql_name(column)
    lines = f"select {name} from {staged[table.name]} where {name} is not null"
    lost = f"{lines} and {name} not in (select {name} from {staged[other.name]} where {name} is not null)"
    [(count, missing)] = run(f"select (select count(*) from ({lines})), (select count(*) from ({lost}))")
    if missing <= LOST * count:
        return
    texts = [str(text) for (text,) in run(f"select distinct {name} from ({lost}) order by 1 limit {EXAMPLES}")]
    others = [str(text) for (text,) in run(f"select distinct {name} from {staged[other.name]}")]
    message = f"{_share(missing, count)} of `{table.name}` find no row of `{other.name}`: {_quoted(texts)}"
    aliases = ", ".join(f"{text}: {meant}" for text, meant in _near(texts, others))
    help = f"`aliases: {{{column}: {{{aliases}}}}}`" if aliases else f"is the file of `{other.name}` whole?"
    place = next(part.columns[column].place for part in mapped.parts if column in part.columns)
    reader.fault("join-loss", message, place, help)


def _near(texts: list[str], others: list[str]) -> Iterator[tuple[str, str]]:
    """Keys that agree in all but spaces, signs and capitals."""
    squeezed = {_SQUEEZED.sub("", text).casefold(): text for text in others}
    for text in texts:
        meant = squeezed.get(_SQUEEZED.sub("", text).casefold())
        if meant:
            yield text, meant


def _share(lost: int, count: int) -> str:
    return f"{lost:,} of {many(count, 'row')} ({100 * lost / count:.0f}%)"


def _quoted(texts: list[str]) -> str:
    return listed([f"`{shortened(text, 40)}`" for text in texts])
