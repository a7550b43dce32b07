"""What a mapping reads: files of comma-separated values, Parquet files, sheets, and tables of databases."""

from __future__ import annotations

import codecs
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from salesdx.base.reading import NodeReader, first_line, shortened
from salesdx.facts.sheet_kinds import sheet_words
from salesdx.text.source import Mapping as MappingNode
from salesdx.text.source import Node, Place, Scalar

CSV, PARQUET, XLSX, SQLITE, POSTGRES = "csv", "parquet", "xlsx", "sqlite", "postgres"
WORDED = ("decimal", "dates")
"""How numbers and dates are written in a source that has them as text."""
OPTIONS = {
    CSV: ("delimiter", "encoding", *WORDED),
    PARQUET: WORDED,
    XLSX: ("sheet", *WORDED),
    SQLITE: ("table", *WORDED),
    POSTGRES: ("url_from", *WORDED),
}
"""Kind of source -> what else is said of it."""
NEEDED = {SQLITE: "table", POSTGRES: "url_from"}
ALLOWED = {
    "delimiter": (",", ";", "|", "tab"),
    "decimal": (".", ","),
    "dates": ("dd/mm/yyyy", "mm/dd/yyyy"),
}
"""Option -> the words that it may have."""


@dataclass(frozen=True)
class SourceRead:
    """A source of a mapping: ``what`` is the path of a file, or the table of PostgreSQL.

    ``kind``: one of OPTIONS, or the kind of a sheet that is kept by hand.
    """

    name: str
    kind: str
    what: str
    path: Path
    place: Place
    options: Mapping[str, str] = field(default_factory=dict)

    @property
    def shown(self) -> str:
        """The source as messages name it."""
        inside = self.options.get("sheet") or self.options.get("table")
        return f"{self.what} ({inside})" if inside else self.what


def read_of(reader: NodeReader, name: str, node: Node, folder: Path, more: tuple[str, ...] = ()) -> SourceRead | None:
    """A source as an entry of a mapping says it; ``more`` are keys that it may have beside. None with a fault."""
    known = (*OPTIONS, *sheet_words().kinds)
    kinds = [key for key in known if isinstance(node, MappingNode) and node.key(key) is not None]
    if len(kinds) != 1:
        message = f"`{shortened(name)}` must say where it is read from"
        help = "csv, parquet, xlsx, sqlite, postgres, such as `{csv: Orders.csv}`, or a sheet: `{goals: ours.xlsx}`"
        reader.fault("type", message, first_line(node.place), help)
        return None
    kind = kinds[0]
    needed = (kind, NEEDED[kind]) if kind in NEEDED else (kind,)
    found = reader.fields(node, f"`{shortened(name)}`", needed, (*OPTIONS.get(kind, ()), *more))
    said = {key: reader.text(value, f"`{key}`") for key, value in found.items()}
    if not said.get(kind):
        return None
    place = first_line(found[kind].place)
    _check_options(reader, found, said)
    if kind != POSTGRES and any(char in said[kind] for char in "*?["):
        reader.fault("unreadable", "`*`, `?` and `[` cannot stand in the name of a file here", place, "name one file")
        return None
    return SourceRead(name, kind, said[kind], folder / said[kind], place, {k: v for k, v in said.items() if k != kind})


def _check_options(reader: NodeReader, found: Mapping[str, Node], said: Mapping[str, str]) -> None:
    for key, words in ALLOWED.items():
        if said.get(key) and said[key] not in words:
            message = f"`{key}` is one of {', '.join(words)}"
            reader.fault("unknown-value", message, first_line(found[key].place))
    encoding = said.get("encoding")
    if encoding and not _known(encoding):
        help = "such as utf-8, latin-1, cp1252, utf-16"
        message = f"there is no encoding `{shortened(encoding)}`"
        reader.fault("unknown-value", message, first_line(found["encoding"].place), help)
    url = said.get("url_from", "")
    if url and ("/" in url or ":" in url or "=" in url):
        node = found["url_from"]
        assert isinstance(node, Scalar)
        message = "`url_from` names a variable of the environment, a password never stands in a file"
        reader.fault(
            "password",
            message,
            Place(node.place.path, node.place.line, node.place.column, node.place.line, node.place.column + 1),
        )


def _known(encoding: str) -> bool:
    try:
        return codecs.lookup(encoding)._is_text_encoding
    except LookupError:
        return False
