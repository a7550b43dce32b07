"""knowledge/facts/sheets.yaml -> the kinds of sheets that people keep by hand."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import lru_cache
from typing import Any

from salesdx.base.reading import NodeReader
from salesdx.facts.canonical_tables import (
    BOOLEAN,
    DATE,
    TEXT,
    CanonicalColumn,
    canonical_schema,
    facts_home,
    parsed_file,
)
from salesdx.text.issues import RuleBaseError
from salesdx.text.source import Mapping as MappingNode
from salesdx.text.source import Node, Scalar

SHOWN = "knowledge/facts/sheets.yaml"
YES, NO = "yes", "no"
Value = str | float | bool | date | datetime
"""What a cell of a sheet holds: a date of a column of moments has its hour."""


@dataclass(frozen=True, slots=True)
class SheetColumn:
    """A column of a sheet and the column of its table that it fills.

    ``words``: the table's words of a list -> those that people see. ``percent``: 80 stands for 80%. ``past``: no date
    after today. ``after``: the column whose date comes no later. ``least``, ``most``: the ends of a number, inside.
    ``table``: the table of the column where it is not the sheet's.
    """

    name: str
    title: str
    of: CanonicalColumn
    help: str = ""
    required: bool = False
    past: bool = False
    after: str = ""
    percent: bool = False
    whole: bool = False
    least: float | None = None
    most: float | None = None
    words: Mapping[str, str] = field(default_factory=dict)
    example: Value | None = None
    table: str = ""

    @property
    def guide(self) -> str:
        """What to write below the title, in words."""
        kinds = {DATE: "day and hour" if self.of.moment else "a date", BOOLEAN: f"{YES} or {NO}"}
        kind = "one of the list" if self.words else kinds.get(self.of.type, "" if self.of.type == TEXT else "a number")
        needed = "" if self.required or "empty" in self.help else "may stay empty"
        return "; ".join(filter(None, (self.help, "" if kind in self.help else kind, needed)))


@dataclass(frozen=True, slots=True)
class SecondTable:
    """Rows of another table that a sheet holds: an expression for each column, the rows that count, what it needs."""

    table: str
    columns: Mapping[str, str]
    where: str = ""
    needs: str = ""


@dataclass(frozen=True, slots=True)
class SheetKind:
    """A kind of sheet: what a row of it is, the canonical table that it fills, and its columns in their order."""

    name: str
    title: str
    row: str
    table: str
    columns: tuple[SheetColumn, ...]
    also: tuple[SecondTable, ...] = ()


@dataclass(frozen=True, slots=True)
class SheetWords:
    """All kinds by name, the words that a row of totals begins with, and those of headings that are figures."""

    kinds: dict[str, SheetKind]
    totals: frozenset[str]
    figures: tuple[str, ...]


def heading_key(text: str) -> str:
    """A heading or a word as it is compared: letters of one kind, no case, no doubled blanks, no mark of a must.

    >>> heading_key("  First  promised for * ")
    'first promised for'
    """
    return " ".join(unicodedata.normalize("NFKC", text).casefold().replace("*", " ").split())


@lru_cache(maxsize=1)
def sheet_words() -> SheetWords:
    """The kinds of sheets that come with the program."""
    reader = NodeReader()
    node = parsed_file(reader, facts_home() / "sheets.yaml", SHOWN)
    found = reader.fields(node, "this file", ("totals", "figures", "sheets"), ()) if node else {}
    kinds = {name.text: _kind(reader, name.text, inner) for name, inner in _entries(found.get("sheets"))}
    totals, figures = (reader.filled(found.get(key), f"`{key}`") for key in ("totals", "figures"))
    if reader.issues:
        raise RuleBaseError(reader.issues)
    return SheetWords(kinds, frozenset(map(heading_key, totals)), tuple(map(heading_key, figures)))


def _kind(reader: NodeReader, name: str, node: Node) -> SheetKind:
    found = reader.fields(node, "a sheet", ("title", "row", "table", "columns"), ("also",))
    said = {key: reader.text(found[key], f"`{key}`") for key in ("title", "row", "table") if key in found}
    columns = tuple(_column(reader, said["table"], key.text, inner) for key, inner in _entries(found.get("columns")))
    also = tuple(_second(reader, key.text, inner) for key, inner in _entries(found.get("also")))
    return SheetKind(name, columns=columns, also=also, **said)


def _second(reader: NodeReader, table: str, node: Node) -> SecondTable:
    said = {key.text: reader.text(value, f"`{key.text}`") for key, value in _entries(node)}
    where, needs = said.pop("where", ""), said.pop("needs", "")
    return SecondTable(table, said, where, needs)


def _entries(node: Node | None) -> tuple[tuple[Scalar, Node], ...]:
    return node.entries if isinstance(node, MappingNode) else ()


OPTIONAL = ("help", "after", "table", "required", "past", "percent", "whole", "least", "most", "words", "example")


def _column(reader: NodeReader, table: str, name: str, node: Node) -> SheetColumn:
    found = reader.fields(node, "a column", ("title",), OPTIONAL)
    said: dict[str, Any] = {
        key: reader.text(found[key], f"`{key}`") for key in ("title", "help", "after", "table") if key in found
    }
    of = canonical_schema().tables[said.get("table", table)].columns[name]
    for key in ("required", "past", "percent", "whole"):
        said[key] = reader.boolean(found.get(key), f"`{key}`")
    for key in ("least", "most"):
        said[key] = float(reader.text(found[key], f"`{key}`")) if key in found else None
    said["words"] = {key.text: reader.text(value, "a word") for key, value in _entries(found.get("words"))}
    if "example" in found:
        said["example"] = _example(of, reader.text(found["example"], "`example`"))
    return SheetColumn(of.name, of=of, **said)


def _example(of: CanonicalColumn, text: str) -> Value:
    if of.type == DATE:
        return datetime.fromisoformat(text) if of.moment else date.fromisoformat(text)
    if of.type == BOOLEAN:
        return text == "true"
    return text if of.type == TEXT else float(text)
