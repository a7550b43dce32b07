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
SHOWN = "knowledge/facts/schema.yaml"
REPORTED = "_r"
"""What the name of a money column ends with that is in the report currency."""


@dataclass(frozen=True, slots=True)
class CanonicalColumn:
    """A column of a canonical table.

    ``key``: it is one of those that together name a row. ``pseudonym``: whose name stands in it, ``person`` or
    ``customer``, empty where nobody's does; only in the rows that ``where`` says, if it says any. ``says``: what it
    says (`when an order was promised`). ``values``: all words that may stand in it, empty where any may. ``moment``: a
    date whose hour is kept too, where the source has it, in a column ``hour`` of type TIMESTAMP, in the firm's time
    zone. ``understood``: a pattern of the words that facts look for in it, and of others that are no strange ones.
    """

    name: str
    type: str
    key: bool = False
    pseudonym: str = ""
    where: str = ""
    says: str = ""
    values: tuple[str, ...] = ()
    moment: bool = False
    understood: str = ""

    @property
    def hour(self) -> str:
        """The name of the column that holds the hour of a moment: `created_at` beside `created_on`."""
        return self.name.removesuffix("on") + "at"


@dataclass(frozen=True, slots=True)
class CanonicalTable:
    """A canonical table: what a row of it is, its columns by name, and what reading and checks go by.

    ``key``: the columns that together name a row, empty where none do. ``day``: the date on which a row begins.
    ``of``: column -> the table whose key it names. ``lines``: the table that holds the parts of a row. ``alike``:
    columns that two rows share, with ``alike_too`` as far as they are mapped, only when one thing was entered twice.
    ``rated_on``: the dates of which the first that is known says which rate of its currency counts. ``settles``: how
    long after a period its rows still change (days, or ``median cycle``: from `created_on` to `decided_on`), empty
    where they do not.
    """

    name: str
    columns: dict[str, CanonicalColumn]
    row: str
    key: tuple[str, ...] = ()
    day: str = ""
    of: dict[str, str] = field(default_factory=dict)
    lines: str = ""
    alike: tuple[str, ...] = ()
    alike_too: tuple[str, ...] = ()
    rated_on: tuple[str, ...] = ()
    settles: str = ""


@dataclass(frozen=True, slots=True)
class SoldBy:
    """What counts as sold by one word: a relation, its day, its amount in the report currency, what undoes it."""

    relation: str
    day: str
    amount: str
    unless: str = ""
    where: str = ""


@dataclass(frozen=True, slots=True)
class Canonical:
    """The canonical tables by name, and what the view `sold` is made from, by the word of a mapping."""

    tables: dict[str, CanonicalTable]
    sold: dict[str, SoldBy]
    sold_columns: tuple[str, ...]


@lru_cache(maxsize=1)
def canonical_schema() -> Canonical:
    """The canonical tables that come with the program. Raises RuleBaseError where their file has faults."""
    reader = NodeReader()
    node = parsed_file(reader, facts_home() / "schema.yaml", SHOWN)
    found = reader.fields(node, "the schema", ("tables", "sold"), ()) if node else {}
    sold = dict(_entries(found.get("sold")))
    schema = Canonical(
        {name: _table(reader, name, value) for name, value in _entries(found.get("tables"))},
        {word: _sold(reader, value) for word, value in sold.items() if isinstance(value, Mapping)},
        _words(sold.get("columns")),
    )
    if reader.issues:
        raise RuleBaseError(reader.issues)
    return schema


def facts_home() -> Path:
    """The folder with the canonical tables, the drawn terms and the mappings of shipped systems."""
    return shipped_home() / "knowledge" / "facts"


def parsed_file(reader: NodeReader, path: Path, shown: str) -> Node | None:
    """What stands in a file of that folder, ``shown`` so in messages; its faults go to the reader."""
    text, faults = read_text(path, shown)
    reader.text_faults(faults)
    node, faults = parse_yaml(text or "", shown)
    reader.text_faults(faults)
    return node


def _table(reader: NodeReader, name: str, node: Node) -> CanonicalTable:
    keys = ("key", "day", "of", "lines", "alike", "alike_too", "rated_on", "settles")
    found = reader.fields(node, "a table", ("row", "columns"), keys)
    lists = ("key", "alike", "alike_too", "rated_on")
    key, alike, alike_too, rated_on = (_words(found.get(each)) for each in lists)
    row, day, lines, settles = (
        reader.text(found.get(each), f"`{each}`") for each in ("row", "day", "lines", "settles")
    )
    columns = {column: _column(reader, column, value, key) for column, value in _entries(found.get("columns"))}
    of = {column: value.text for column, value in _entries(found.get("of")) if isinstance(value, Scalar)}
    return CanonicalTable(name, columns, row, key, day, of, lines, alike, alike_too, rated_on, settles)


def _column(reader: NodeReader, name: str, node: Node, key: tuple[str, ...]) -> CanonicalColumn:
    found = reader.fields(node, "a column", ("type",), ("pseudonym", "where", "values", "moment", "says", "understood"))
    texts = ("type", "pseudonym", "where", "says", "understood")
    said = {each: reader.text(found.get(each), f"`{each}`") for each in texts}
    moment = reader.boolean(found.get("moment"), "`moment`")
    return CanonicalColumn(name, key=name in key, values=_words(found.get("values")), moment=moment, **said)


def _sold(reader: NodeReader, node: Node) -> SoldBy:
    keys = ("from", "day", "amount", "unless", "where")
    found = reader.fields(node, "what is sold", keys[:3], keys[3:])
    return SoldBy(*(reader.text(found.get(key), f"`{key}`") for key in keys))


def _entries(node: Node | None) -> tuple[tuple[str, Node], ...]:
    return tuple((key.text, value) for key, value in node.entries) if isinstance(node, Mapping) else ()


def _words(node: Node | None) -> tuple[str, ...]:
    return tuple(item.text for item in node if isinstance(item, Scalar)) if isinstance(node, Sequence) else ()
