"""How a mapping fills a canonical table: from one source, from several joined, or from several one after the other."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from salesdx.base.reading import NodeReader, first_line, shortened
from salesdx.facts.canonical_tables import CanonicalTable
from salesdx.facts.forbidden import is_protected
from salesdx.facts.named_sources import SourceRead
from salesdx.facts.sheet_kinds import SheetKind, sheet_words
from salesdx.text.source import Mapping as MappingNode
from salesdx.text.source import Node, Place, Scalar, Sequence

ALSO = "also_known_as"
"""What `people` may say beside its columns: the name of a person in other systems; a list of several."""
BESIDE = ("from", "where", "join", "proxy")


@dataclass(frozen=True)
class SourceJoin:
    """A source that is joined to the one of a part: by a condition, all of its rows that fit, or one of them.

    ``by``: the column of which the greatest value says which row is taken, the least where ``first``. ``optional``:
    rows that find nothing are no fault, as an order has no delivery yet.
    """

    read: Scalar
    on: Scalar
    by: Scalar | None = None
    first: bool = False
    optional: bool = False


@dataclass(frozen=True)
class TablePart:
    """One source of a table with what is joined to it, the rows that count, and an expression for each column.

    ``kept``: it is a sheet that is kept by hand, and columns that nobody filled in are none; nor is the part where that
    is the column that it ``needs``.
    """

    source: Scalar
    where: Scalar | None
    joins: tuple[SourceJoin, ...]
    columns: Mapping[str, Scalar]
    also: tuple[Scalar, ...] = ()
    kept: bool = False
    needs: str = ""


@dataclass(frozen=True)
class TableMapping:
    """The parts that together fill a canonical table, and its columns that only stand for what is not recorded."""

    name: str
    place: Place
    parts: tuple[TablePart, ...]
    proxies: frozenset[str]


def with_sheets(
    tables: Mapping[str, TableMapping], reads: Mapping[str, tuple[Scalar, SourceRead]]
) -> dict[str, TableMapping]:
    """Tables with the rows of each sheet that is kept by hand, where none of them says how it is read."""
    found = dict(tables)
    named = {part.source.text for table in tables.values() for part in table.parts}
    for name, read in reads.values():
        kind = sheet_words().kinds.get(read.kind)
        for table, part in _parts_of(kind, name) if kind is not None and name.text not in named else ():
            known = found.get(table) or TableMapping(table, name.place, (), frozenset())
            found[table] = replace(known, parts=(*known.parts, part))
    return found


def _parts_of(kind: SheetKind, name: Scalar) -> Iterator[tuple[str, TablePart]]:
    """The tables that a sheet fills, with how; expressions stand where the mapping names the sheet."""
    own = {column.name: replace(name, text=column.name) for column in kind.columns if not column.table}
    yield kind.table, TablePart(name, None, (), own, kept=True)
    for also in kind.also:
        columns = {column: replace(name, text=said) for column, said in also.columns.items()}
        where = replace(name, text=also.where) if also.where else None
        yield also.table, TablePart(name, where, (), columns, kept=True, needs=also.needs)


def mapped_table(
    reader: NodeReader, table: CanonicalTable, name: Scalar, node: Node, reads: Mapping[str, SourceRead]
) -> TableMapping | None:
    """A table as a mapping fills it; None with a fault."""
    union = node.get("union") if isinstance(node, MappingNode) else None
    if union is not None:
        reader.fields(node, f"`{table.name}`", ("union",), ())
    nodes = union.items if isinstance(union, Sequence) else (node,)
    if union is not None and not isinstance(union, Sequence):
        reader.fault("type", "`union` must be a list of tables", first_line(union.place))
        return None
    proxies: set[str] = set()
    parts = [part for each in nodes if (part := _part(reader, table, name, each, reads, proxies)) is not None]
    return TableMapping(table.name, name.place, tuple(parts), frozenset(proxies)) if parts else None


def _part(
    reader: NodeReader,
    table: CanonicalTable,
    name: Scalar,
    node: Node,
    reads: Mapping[str, SourceRead],
    proxies: set[str],
) -> TablePart | None:
    if not isinstance(node, MappingNode):
        reader.fault("type", f"`{table.name}` must be a mapping (`column: expression` lines)", first_line(node.place))
        return None
    found = dict(_known(reader, table, node))
    source = found.get("from")
    if not isinstance(source, Scalar):
        reader.fault("missing-key", f"`{table.name}` needs the key `from`", name.place)
        return None
    joins = _joins(reader, table, found.get("join"))
    for read in (source, *(join.read for join in joins)):
        if read.text not in reads:
            message = f"`reads` has no `{shortened(read.text)}`"
            reader.fault("unknown-read", message, read.place, reader.near(read.text, reads))
    proxies |= _proxies(reader, table, found.get("proxy"))
    columns = {
        column: value for column in table.columns if column in found and isinstance(value := found[column], Scalar)
    }
    lacking = [column for column in table.key[:1] if column not in columns and node.whole]
    if lacking:
        reader.fault("missing-key", f"`{table.name}` needs the column `{lacking[0]}`", name.place)
    where = found.get("where")
    return TablePart(
        source, where if isinstance(where, Scalar) else None, joins, columns, reader.texts(found.get(ALSO), f"`{ALSO}`")
    )


def _known(reader: NodeReader, table: CanonicalTable, node: MappingNode) -> list[tuple[str, Node]]:
    """The entries of a table whose keys there are; others are faults, and what is protected has a fault of its own."""
    beside = (*BESIDE, ALSO) if table.name == "people" else BESIDE
    known = (*table.columns, *beside)
    kept = []
    for key, value in node.entries:
        if key.text in known:
            kept.append((key.text, value))
            if key.text not in beside or key.text == "where":
                _check_scalar(reader, key.text, value)
        elif is_protected(key.text):
            message = f"`{shortened(key.text)}` cannot be mapped: nothing may be concluded from it"
            reader.fault("forbidden-column", message, key.place, "no table has a place for it")
        else:
            help = reader.near(key.text, known) or f"its columns are {', '.join(table.columns)}"
            message = f"`{table.name}` has no column `{shortened(key.text)}`"
            reader.fault("unknown-column", message, key.place, help)
    return kept


def _check_scalar(reader: NodeReader, column: str, value: Node) -> None:
    reader.text(value, f"`{column}`")


def _joins(reader: NodeReader, table: CanonicalTable, node: Node | None) -> tuple[SourceJoin, ...]:
    if node is None:
        return ()
    if not isinstance(node, MappingNode):
        help = "such as `join: {d: o.OrderID == d.OrderID}`"
        reader.fault("type", f"`join` of `{table.name}` must be `read: condition` lines", first_line(node.place), help)
        return ()
    return tuple(join for read, value in node.entries if (join := _join(reader, read, value)) is not None)


def _join(reader: NodeReader, read: Scalar, node: Node) -> SourceJoin | None:
    """A condition alone, or `{on: condition, last: column, optional: true}`."""
    if isinstance(node, Scalar):
        return SourceJoin(read, node) if reader.text(node, "a condition") else None
    found = reader.fields(node, f"the join of `{shortened(read.text)}`", ("on",), ("last", "first", "optional"))
    said = {key: value for key in ("on", "last", "first") if isinstance(value := found.get(key), Scalar)}
    if "last" in said and "first" in said:
        reader.fault("type", "one row is taken, the `last` or the `first`", first_line(said["first"].place))
    if "on" not in said or not reader.text(said["on"], "`on`"):
        return None
    by = said.get("last", said.get("first"))
    return SourceJoin(read, said["on"], by, "first" in said, reader.boolean(found.get("optional"), "`optional`"))


def _proxies(reader: NodeReader, table: CanonicalTable, node: Node | None) -> set[str]:
    """The columns that stand for something else: all of a table with `true`."""
    if node is None:
        return set()
    if isinstance(node, Scalar) and node.text == "true":
        return {f"{table.name}.{column}" for column in table.columns}
    for column in reader.texts(node, "`proxy`"):
        if column.text not in table.columns:
            message = f"`{table.name}` has no column `{shortened(column.text)}`"
            reader.fault("unknown-column", message, column.place, reader.near(column.text, table.columns))
    return {f"{table.name}.{column.text}" for column in reader.texts(node, "`proxy`")}
