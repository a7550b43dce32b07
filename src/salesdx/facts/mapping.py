"""A firm's mapping: which of its files and tables fill which canonical table, and what else draws go by.

A mapping may extend a shipped system, or another file: then it says only what differs.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path

from salesdx.base.reading import NodeReader, first_line, shortened
from salesdx.facts.canonical_tables import canonical_schema, facts_home
from salesdx.facts.firm_settings import FirmCalendar, PeerRule
from salesdx.facts.mapping_settings import KEYS as SETTINGS
from salesdx.facts.mapping_settings import SettingsReader
from salesdx.facts.named_sources import SourceRead, read_of
from salesdx.facts.sheet_kinds import sheet_words
from salesdx.facts.table_parts import TableMapping, mapped_table, with_sheets
from salesdx.text.issues import IssuesError
from salesdx.text.source import Mapping as MappingNode
from salesdx.text.source import Node, Place, Scalar, Sequence, parse_yaml, read_text, start_of

BY_NAME = (
    "reads",
    "tables",
    "settles",
    "not_here",
    "respondents",
    "sources",
    "aliases",
    "calendar",
    "currency",
    "peers",
)
"""Keys whose entries a mapping replaces one by one in what it extends; columns of a table too."""
KEYS = ("system", "extends", "reads", "tables", "aliases", *SETTINGS)
NONE = "none"
"""Takes a read, and all tables from it, or a table or column out of what is extended."""
MAX_EXTENDED = 3


class MappingError(IssuesError):
    """A mapping, or what it reads, has faults; ``issues`` holds all of them, sorted by place."""


@dataclass(frozen=True)
class FirmMapping:
    """A mapping as it is read from its file and those that it extends; no file of the firm was opened for it yet.

    ``reads`` and ``tables`` by name. ``aliases``: column -> what is written there -> what is meant. ``data_until``: a
    date, or `max(read.column)`, and ``won``: a word of the schema, or a condition on deals; both as they stand there.
    ``digest``: the SHA-256 of the texts.
    """

    path: Path
    system: str
    reads: Mapping[str, SourceRead]
    tables: Mapping[str, TableMapping]
    calendar: FirmCalendar
    holidays: SourceRead | None
    currency: str
    rates: SourceRead | None
    data_until: Scalar | None
    settles: Mapping[str, timedelta]
    won: Scalar | None
    peers: PeerRule
    not_here: Mapping[str, str]
    respondents: Mapping[str, str]
    sources: Mapping[str, str]
    aliases: Mapping[str, Mapping[str, str]]
    place: Place
    digest: str
    zone_place: Place | None = None


@dataclass
class _Texts:
    reader: NodeReader = field(default_factory=NodeReader)
    texts: list[str] = field(default_factory=list)


def read_mapping(path: Path | str, shown: str = "") -> FirmMapping:
    """The mapping in a file; ``shown`` is its path in messages. Raises MappingError with every fault of its text."""
    file = Path(path)
    texts = _Texts()
    node = _merged_file(texts, file, shown or str(path), ())
    reader = SettingsReader(texts.reader)
    found = texts.reader.fields(node, "a mapping", _needed(node), KEYS) if node is not None else {}
    named = {
        name.text: (name, made)
        for name, value in _entries(texts.reader, found.get("reads"), "reads")
        if (made := read_of(texts.reader, name.text, value, file.parent)) is not None
    }
    reads = {name: made for name, (_, made) in named.items()}
    tables = with_sheets(_tables(texts.reader, found.get("tables"), reads), named)
    calendar, holidays, zone = reader.calendar(found.get("calendar"), file.parent)
    currency, rates = reader.currency(found.get("currency"), file.parent)
    mapping = FirmMapping(
        path=file,
        system=texts.reader.text(found.get("system"), "`system`"),
        reads=reads,
        tables=tables,
        calendar=calendar,
        holidays=holidays,
        currency=currency,
        rates=rates,
        data_until=reader.scalar(found.get("data_until"), "`data_until`"),
        settles=reader.settles(found.get("settles")),
        won=reader.scalar(found.get("won"), "`won`"),
        peers=reader.peers(found.get("peers")),
        not_here=reader.reasons(found.get("not_here")),
        respondents=reader.by_table(found.get("respondents"), "respondents"),
        sources=reader.by_table(found.get("sources"), "sources"),
        aliases=_aliases(texts.reader, found.get("aliases")),
        place=first_line(node.place) if node is not None else start_of("", shown or str(path)),
        digest="sha256:" + hashlib.sha256("\0".join(texts.texts).encode("utf-8", "surrogatepass")).hexdigest(),
        zone_place=zone,
    )
    if node is not None and mapping.data_until is None and not texts.reader.issues:
        help = "a date, or `max(o.OrderDate)`: the last day for which the export has rows"
        texts.reader.fault("missing-key", "a mapping needs the key `data_until`", mapping.place, help)
    if texts.reader.issues:
        raise MappingError(texts.reader.issues)
    return mapping


def _needed(node: MappingNode) -> tuple[str, ...]:
    """The keys that a mapping cannot do without: sheets that are kept by hand say themselves which table they fill."""
    reads = node.get("reads")
    kinds = [value for _, value in reads.entries] if isinstance(reads, MappingNode) else []
    kept = sheet_words().kinds
    own = [each for each in kinds if isinstance(each, MappingNode) and any(key.text in kept for key, _ in each.entries)]
    return ("reads",) if kinds and len(own) == len(kinds) else ("reads", "tables")


def shipped_systems() -> tuple[str, ...]:
    """The names of the systems whose mappings come with the program."""
    return tuple(sorted(path.stem for path in (facts_home() / "systems").glob("*.yaml")))


def _merged_file(texts: _Texts, path: Path, shown: str, above: tuple[Path, ...]) -> MappingNode | None:
    """The node of a mapping with what it extends below it."""
    text, faults = read_text(path, shown)
    texts.reader.text_faults(faults)
    if text is None:
        return None
    texts.texts.append(text)
    node, faults = parse_yaml(text, shown)
    texts.reader.text_faults(faults)
    if not isinstance(node, MappingNode):
        texts.reader.fault("empty", "this is no mapping (`key: value` lines)", start_of(text, shown))
        return None
    extends = node.get("extends")
    if extends is None:
        return node
    below = _extended(texts.reader, extends, path, (*above, path.resolve()))
    lower = _merged_file(texts, *below, (*above, path.resolve())) if below else None
    return node if lower is None else _merged(lower, node)


def _extended(reader: NodeReader, node: Node, path: Path, above: tuple[Path, ...]) -> tuple[Path, str] | None:
    name = reader.text(node, "`extends`")
    if not name:
        return None
    if name in shipped_systems():
        return facts_home() / "systems" / f"{name}.yaml", f"knowledge/facts/systems/{name}.yaml"
    other = path.parent / name
    if not other.is_file():
        help = reader.near(name, shipped_systems()) or f"shipped are {', '.join(shipped_systems())}"
        reader.fault("extends", f"there is no system or file `{shortened(name)}`", first_line(node.place), help)
        return None
    if len(above) > MAX_EXTENDED or other.resolve() in above:
        reader.fault("extends", "mappings extend each other in a circle, or too many do", first_line(node.place))
        return None
    return other, str(other)


def _merged(lower: MappingNode, upper: MappingNode) -> MappingNode:
    """The entries of a mapping over those that it extends; what it says `none` of is gone."""
    entries = {key.text: (key, value) for key, value in lower.entries if key.text != "extends"}
    for key, value in upper.entries:
        below = entries.get(key.text, (key, None))[1]
        if key.text in BY_NAME and isinstance(below, MappingNode) and isinstance(value, MappingNode):
            value = _by_name(below, value, 2 if key.text == "tables" else 1)
        entries[key.text] = (key, value)
    gone = _gone(entries.get("reads", (None, None))[1])
    kept = {
        name: (key, _without(value, gone) if name in ("reads", "tables") else value)
        for name, (key, value) in entries.items()
    }
    return replace(upper, entries=tuple(kept.values()))


def _by_name(lower: MappingNode, upper: MappingNode, depth: int) -> MappingNode:
    entries = {key.text: (key, value) for key, value in lower.entries}
    for key, value in upper.entries:
        below = entries.get(key.text, (key, None))[1]
        if depth > 1 and isinstance(below, MappingNode) and isinstance(value, MappingNode):
            whole = value.get("union") is not None or below.get("union") is not None
            value = value if whole else _by_name(below, value, depth - 1)
        entries[key.text] = (key, value)
    return replace(upper, entries=tuple(entries.values()))


def _gone(reads: Node | None) -> set[str]:
    entries = reads.entries if isinstance(reads, MappingNode) else ()
    return {key.text for key, value in entries if isinstance(value, Scalar) and value.text == NONE}


def _without(node: Node, gone: set[str]) -> Node:
    """Reads and tables without those that are taken out, and without columns that are."""
    if not isinstance(node, MappingNode):
        return node
    kept = []
    for key, value in node.entries:
        if isinstance(value, Scalar) and value.text == NONE:
            continue
        if isinstance(value, MappingNode):
            if _is_from(value, gone):
                continue
            value = replace(value, entries=tuple(_parts_left(e, gone) for e in value.entries if not _says_none(e[1])))
        kept.append((key, value))
    return replace(node, entries=tuple(kept))


def _is_from(node: Node, gone: set[str]) -> bool:
    source = node.get("from") if isinstance(node, MappingNode) else None
    return isinstance(source, Scalar) and source.text in gone


def _parts_left(entry: tuple[Scalar, Node], gone: set[str]) -> tuple[Scalar, Node]:
    """An entry of a table; a union without the parts that are from what is taken out."""
    key, value = entry
    if key.text != "union" or not isinstance(value, Sequence):
        return entry
    return key, replace(value, items=tuple(item for item in value.items if not _is_from(item, gone)))


def _says_none(node: Node) -> bool:
    return isinstance(node, Scalar) and node.text == NONE and not node.quoted


def _entries(reader: NodeReader, node: Node | None, what: str) -> tuple[tuple[Scalar, Node], ...]:
    if node is None or isinstance(node, MappingNode):
        return node.entries if node is not None else ()
    reader.fault("type", f"`{what}` must be a mapping (`name: ...` lines)", first_line(node.place))
    return ()


def _tables(reader: NodeReader, node: Node | None, reads: Mapping[str, SourceRead]) -> dict[str, TableMapping]:
    schema = canonical_schema().tables
    tables = {}
    for name, value in _entries(reader, node, "tables"):
        if name.text not in schema:
            help = reader.near(name.text, schema) or f"there are {', '.join(schema)}"
            reader.fault("unknown-table", f"there is no table `{shortened(name.text)}` to fill", name.place, help)
        elif (made := mapped_table(reader, schema[name.text], name, value, reads)) is not None:
            tables[name.text] = made
    return tables


def _aliases(reader: NodeReader, node: Node | None) -> dict[str, dict[str, str]]:
    columns = {name for table in canonical_schema().tables.values() for name in table.columns}
    found: dict[str, dict[str, str]] = {}
    for column, value in _entries(reader, node, "aliases"):
        if column.text not in columns:
            message = f"no table has a column `{shortened(column.text)}`"
            reader.fault("unknown-column", message, column.place, reader.near(column.text, columns))
        words = _entries(reader, value, f"aliases of `{shortened(column.text)}`")
        found[column.text] = {key.text: reader.text(meant, "what is meant") for key, meant in words}
    return found
