"""A part of a mapped table -> the select that gives its rows in the canonical columns."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from salesdx.base.reading import NodeReader, first_line
from salesdx.facts.canonical_tables import DATE, SQL_TYPES, CanonicalColumn, CanonicalTable
from salesdx.facts.expressions import TYPED, ExpressionReader, MappedExpression, UsedColumn
from salesdx.facts.opened_reads import OpenedRead
from salesdx.facts.read_types import THERE, WantedColumn, relation_of
from salesdx.facts.sql_text import QueryRefused, Run, sql_name
from salesdx.facts.table_parts import ALSO, SourceJoin, TablePart
from salesdx.facts.typed_values import typed

Kinds = Mapping[str, Mapping[str, str]]
"""Source -> column -> the type of SQL that its values have inside an expression."""


@dataclass(frozen=True)
class CompiledJoin:
    """A join whose expressions were read: the condition, and the column that says which of several rows is taken."""

    join: SourceJoin
    on: MappedExpression
    by: MappedExpression | None


@dataclass(frozen=True)
class CompiledPart:
    """A part of a table whose expressions were read.

    ``columns``: canonical column -> its expression; ``also``: other names of the person of a row.
    """

    table: CanonicalTable
    part: TablePart
    columns: Mapping[str, MappedExpression]
    where: MappedExpression | None
    joins: Mapping[str, CompiledJoin]
    also: tuple[MappedExpression, ...]

    @property
    def reads(self) -> tuple[str, ...]:
        """The sources that it reads, the first of which its rows are from."""
        return self.part.source.text, *self.joins

    def expressions(self) -> Iterator[MappedExpression]:
        """All of its expressions."""
        yield from self.columns.values()
        for join in self.joins.values():
            yield from filter(None, (join.on, join.by))
        yield from filter(None, (self.where, *self.also))

    def used(self) -> Iterator[UsedColumn]:
        """All columns of sources that it reads."""
        return (column for each in self.expressions() for column in each.columns)

    def wanted(self) -> Iterator[WantedColumn]:
        """The columns of sources that stand alone for a canonical one."""
        for name, expression in self.columns.items():
            if expression.bare is not None:
                yield WantedColumn(expression.bare, self.table.columns[name].type)


def compiled_part(
    run: Run, reader: NodeReader, table: CanonicalTable, part: TablePart, opened: Mapping[str, OpenedRead]
) -> CompiledPart | None:
    """A part with its expressions; None where one of its sources could not be opened."""
    names = (part.source.text, *(join.read.text for join in part.joins))
    if not all(name in opened for name in names):
        return None
    scope = {name: opened[name].columns for name in names}
    expressions = ExpressionReader(run, reader)

    def read(column: CanonicalColumn) -> MappedExpression | None:
        personal = bool(column.pseudonym) and not column.where
        return expressions.expression(part.columns[column.name], scope, f"`{column.name}`", personal)

    columns = {name: found for name in part.columns if (found := read(table.columns[name])) is not None}
    where = expressions.expression(part.where, scope, "`where`") if part.where else None
    joins = {}
    for join in part.joins:
        name, what = join.read.text, f"the join of `{join.read.text}`"
        on = expressions.expression(join.on, scope, what)
        by = expressions.expression(join.by, {name: scope[name]}, what) if join.by else None
        if on is not None:
            joins[name] = CompiledJoin(join, on, by)
    also = [expressions.expression(scalar, scope, f"`{ALSO}`", True) for scalar in part.also]
    return CompiledPart(table, part, columns, where, joins, tuple(filter(None, also)))


def part_rows(part: CompiledPart, opened: Mapping[str, OpenedRead], kinds: Kinds) -> str:
    """The rows that a part is made from: its source, what is joined to it, and what counts of it."""
    used = {
        name: {column.name: kinds[name].get(column.name, "") for column in part.used() if column.read == name}
        for name in part.reads
    }
    relations = {name: relation_of(opened[name], used[name]) for name in part.reads}
    text = f"from {relations[part.reads[0]]} as {sql_name(part.reads[0])}"
    for name, join in part.joins.items():
        text += f" left join {_one_row(join, name, relations[name])} as {sql_name(name)} on {join.on.sql}"
    return f"{text} where {part.where.sql}" if part.where else text


def _one_row(join: CompiledJoin, name: str, relation: str) -> str:
    """What is joined: all rows of a source, or of those that share what the condition compares the last, or first."""
    if join.by is None:
        return relation
    own = dict.fromkeys(column.name + TYPED for column in join.on.columns if column.read == name)
    order = f"{join.by.sql} {'asc' if join.join.first else 'desc'} nulls last"
    rank = f"row_number() over (partition by {', '.join(map(sql_name, own)) or 'true'} order by {order})"
    return f"(select * from {relation} as {sql_name(name)} qualify {rank} = 1)"


def joined_nothing(name: str) -> str:
    """The condition that a row was joined to nothing of a source."""
    return f"{sql_name(name)}.{sql_name(THERE)} is null"


def select_of(
    run: Run,
    reader: NodeReader,
    part: CompiledPart,
    opened: Mapping[str, OpenedRead],
    kinds: Kinds,
    hours: Mapping[str, set[str]],
) -> str | None:
    """The select of a part: its canonical columns, and the hours of moments that have them; None with a fault."""
    if not _can_be_joined(run, reader, part, opened, kinds):
        return None
    rows = part_rows(part, opened, kinds)
    selected: list[str] = []
    sound = True
    for name, expression in part.columns.items():
        column = part.table.columns[name]
        value = _value(run, reader, expression, column, rows, opened)
        sound = sound and value is not None
        if value is None:
            continue
        shown = f"cast({value} as {SQL_TYPES[column.type]})" if column.type == DATE else value
        selected.append(f"{f'lower({shown})' if column.values else shown} as {sql_name(name)}")
        bare = expression.bare
        if column.moment and (bare is None or bare.name in hours.get(bare.read, ())):
            selected.append(f"{value} as {sql_name(column.hour)}")
    for number, expression in enumerate(part.also):
        selected.append(f"cast({expression.sql} as varchar) as {sql_name(f'{ALSO} {number}')}")
    if part.where and not _runs(run, reader, part.where, f"select 1 {rows} limit 0", "`where`"):
        return None
    return f"select {', '.join(selected)} {rows}" if sound else None


def _can_be_joined(
    run: Run, reader: NodeReader, part: CompiledPart, opened: Mapping[str, OpenedRead], kinds: Kinds
) -> bool:
    """Whether all joins of a part can be run, one added after the other; else the first that cannot is noted."""
    for count, (name, join) in enumerate(part.joins.items(), 1):
        some = replace(part, joins=dict(list(part.joins.items())[:count]), where=None, columns={}, also=())
        rows = part_rows(some, opened, kinds)
        if not _runs(run, reader, join.on, f"select 1 {rows} limit 0", f"the join of `{name}`"):
            return False
    return True


def _value(
    run: Run,
    reader: NodeReader,
    expression: MappedExpression,
    column: CanonicalColumn,
    rows: str,
    opened: Mapping[str, OpenedRead],
) -> str | None:
    """What gives the value of a column, typed."""
    what, bare = f"`{column.name}`", expression.bare
    if bare is not None:
        native = opened[bare.read].columns[bare.name]
    elif not _runs(run, reader, expression, f"select {expression.sql} {rows} limit 0", what):
        return None
    else:
        [(_, native, *_)] = run(f"describe select {expression.sql} as v {rows}")
    reads = [used.read for used in expression.columns]
    how = opened[reads[0]].how if reads else next(iter(opened.values())).how
    value = typed(f"({expression.sql})", str(native), column.type, how)
    if not value:
        message = f"{what} must be a {column.type}, this gives {str(native).lower()}"
        reader.fault("type", message, first_line(expression.scalar.place))
        return None
    return value


def _runs(run: Run, reader: NodeReader, expression: MappedExpression, sql: str, what: str) -> bool:
    """Whether a statement with an expression in it runs; else what DuckDB says of it is noted."""
    try:
        run(sql)
    except QueryRefused as error:
        reader.fault("not-sql", f"{what} cannot be computed: {error}", first_line(expression.scalar.place))
        return False
    return True
