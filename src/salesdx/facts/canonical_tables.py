"""knowledge/facts/schema.yaml -> the canonical tables, which every mapping fills and every drawn term reads."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

from salesdx.base.loading import shipped_home
from salesdx.base.reading import NodeReader
from salesdx.text.issues import RuleBaseError
from salesdx.text.source import Mapping, Node, Scalar, Sequence, parse_yaml, read_text

TEXT, DATE, NUMBER, BOOLEAN, MONEY = "text", "date", "number", "boolean", "money"
SQL_TYPES = {TEXT: "VARCHAR", DATE: "DATE", NUMBER: "DOUBLE", BOOLEAN: "BOOLEAN", MONEY: "DOUBLE"}
"""Type of a column -> its type in the warehouse."""
REPORTED = "_r"
"""What the name of a money column ends with that is in the report currency."""


@dataclass(frozen=True, slots=True)
class CanonicalColumn:
    """A column of a canonical table.

    ``key``: it is one of those that together name a row. ``pseudonym``: whose name stands in it, ``person`` or
    ``customer``, empty where nobody's does; only in the rows that ``where`` says, if it says any. ``values``: all words
    that may stand in it, empty where any may. ``moment``: a date whose hour is kept too, where the source has it, in a
    column ``hour`` of type TIMESTAMP, in the firm's time zone.
    """

    name: str
    type: str
    key: bool = False
    pseudonym: str = ""
    where: str = ""
    values: tuple[str, ...] = ()
    moment: bool = False

    @property
    def hour(self) -> str:
        """The name of the column that holds the hour of a moment: `created_at` beside `created_on`."""
        return self.name.removesuffix("on") + "at"


@dataclass(frozen=True, slots=True)
class CanonicalTable:
    """A canonical table: what a row of it is, its columns by name, and what the checks of a mapping read.

    ``key``: the columns that together name a row, empty where none do. ``day``: the date on which a row begins.
    ``of``: column -> the table with whose key it has to agree. ``alike``: columns that two rows share only when one
    thing was entered twice.
    """

    name: str
    columns: dict[str, CanonicalColumn]
    row: str
    key: tuple[str, ...] = ()
    day: str = ""
    of: dict[str, str] = field(default_factory=dict)
    alike: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Canonical:
    """The canonical tables by name."""

    tables: dict[str, CanonicalTable]


@lru_cache(maxsize=1)
def canonical_schema() -> Canonical:
    """The canonical tables that come with the program."""
    path = facts_home() / "schema.yaml"
    text, faults = read_text(path, "knowledge/facts/schema.yaml")
    reader = NodeReader()
    reader.text_faults(faults)
    node, faults = parse_yaml(text or "", "knowledge/facts/schema.yaml")
    reader.text_faults(faults)
    entries = node.entries if isinstance(node, Mapping) else ()
    tables = {name.text: _table(reader, name.text, value) for name, value in entries}
    if reader.issues:
        raise RuleBaseError(reader.issues)
    return Canonical(tables)


def facts_home() -> Path:
    """The folder with the canonical tables, the drawn terms and the mappings of shipped systems."""
    return shipped_home() / "knowledge" / "facts"


def _table(reader: NodeReader, name: str, node: Node) -> CanonicalTable:
    found = reader.fields(node, "a table", ("row", "columns"), ("key", "day", "of", "alike"))
    key = _words(found.get("key"))
    columns = found.get("columns")
    return CanonicalTable(
        name,
        {
            column.text: _column(reader, column.text, value, key)
            for column, value in (columns.entries if isinstance(columns, Mapping) else ())
        },
        reader.text(found.get("row"), "`row`"),
        key,
        reader.text(found.get("day"), "`day`") if "day" in found else "",
        _pairs(found.get("of")),
        _words(found.get("alike")),
    )


def _column(reader: NodeReader, name: str, node: Node, key: tuple[str, ...]) -> CanonicalColumn:
    found = reader.fields(node, "a column", ("type",), ("pseudonym", "where", "values", "moment"))
    said = {each: reader.text(found[each], f"`{each}`") for each in ("type", "pseudonym", "where") if each in found}
    moment = "moment" in found and reader.boolean(found["moment"], "`moment`")
    return CanonicalColumn(name, key=name in key, values=_words(found.get("values")), moment=bool(moment), **said)


def _words(node: Node | None) -> tuple[str, ...]:
    return tuple(item.text for item in node if isinstance(item, Scalar)) if isinstance(node, Sequence) else ()


def _pairs(node: Node | None) -> dict[str, str]:
    entries = node.entries if isinstance(node, Mapping) else ()
    return {key.text: value.text for key, value in entries if isinstance(value, Scalar)}
