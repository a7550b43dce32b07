"""The files of a rule base as nodes, through all its layers.

A folder with `layer.yaml` holds only what a firm changes of another rule base: the shipped one (`extends: salesdx`), or
a folder by its path. A rule, property, term, intervention or source of the layer takes the place of the one with its
name, as a whole; other keys of a stage, the ladder or the policy are replaced one by one. A copy of the extended rule
base in the folder `extended/` is used instead of the one that is installed: so a trail can replay it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from collections.abc import Mapping as ByName
from dataclasses import dataclass, field, replace
from pathlib import Path

from salesdx.base.background import Layer
from salesdx.base.layer_fields import LAYER as LAYER_FORM
from salesdx.base.nodes import parsed
from salesdx.base.reading import NodeReader, first_line, shortened
from salesdx.text.source import Fault, Mapping, Node, Place, Scalar, Sequence, parse_yaml, read_text

LAYER = "layer.yaml"
SHIPPED = "salesdx"
EXTENDED = "extended"
MAX_LAYERS = 5
NAMED = "named"
Below = Path | None | str
"""The folder below a layer: a path, None for the shipped rules, or NAMED, the one that the layer names."""
BY_NAME = ("limits", "terms", "interventions")
"""Keys of a stage's file whose entries have names."""
LIMIT = "limit"
BY_ID = ("rules/", "knowledge/properties.yaml")
"""Files that are lists of entries with an `id`."""
CASES = "rules/cases"
FACTS = "knowledge/facts"
"""What facts are drawn by from a firm's systems: no rules, so none of it is in the digest."""
CASE_SUFFIXES = (".yaml", ".json")
"""The worked cases, which are read when they are run."""
ENTRIES = "knowledge/sources.yaml"
"""A file whose entries have names."""


@dataclass
class RuleFiles:
    """What was read: nodes by file name, and the texts that make the digest."""

    nodes: dict[str, Node] = field(default_factory=dict)
    texts: dict[str, str] = field(default_factory=dict)
    unread: set[str] = field(default_factory=set)
    blind: bool = False
    """A file could not be read at all: nobody knows what it defines."""
    own: dict[str, Node] = field(default_factory=dict)
    """What `layer.yaml` of the topmost folder says; empty where it has none."""
    layers: list[Layer] = field(default_factory=list)
    """From the extended rule base up; empty where nothing is extended."""
    shown: dict[str, str] = field(default_factory=dict)
    """File name -> its path in messages."""
    paths: dict[str, str] = field(default_factory=dict)
    """Path in messages -> the name among ``texts``."""
    not_read: dict[str, str] = field(default_factory=dict)
    """Path in messages of what lies in a room and is not read -> why."""
    instead: ByName[Path, str] = field(default_factory=dict)
    """Path -> a text that counts in the place of what is on the disk, or beside it."""

    def text_of(self, path: Path, shown: str) -> tuple[str | None, list[Fault]]:
        """The text of a file, or the faults why there is none."""
        return (self.instead[path], []) if path in self.instead else read_text(path, shown)


def read_files(
    reader: NodeReader,
    folder: Path,
    shown: str,
    shipped: Callable[[], Path],
    below: Below = NAMED,
    instead: ByName[Path, str] | None = None,
) -> RuleFiles:
    """Every YAML file of a rule base, of a layer on ``below``. Faults are collected in the reader."""
    files = RuleFiles(instead=instead or {})
    _read(reader, files, folder, shown, "", shipped, (), below)
    return files


def folders(
    folder: Path, shown: str, shipped: Callable[[], Path], instead: ByName[Path, str] | None = None
) -> list[tuple[Path, str]]:
    """The folders of all layers and their paths in messages, the lowest first: as far as each says what it extends."""
    reader, found = NodeReader(), [(folder, shown)]
    while len(found) <= MAX_LAYERS:
        layer = _layer(reader, RuleFiles(instead=instead or {}), *found[0], "")
        below = _extended(reader, layer, *found[0], shipped) if layer else None
        if below is None or below[0].resolve() in [above.resolve() for above, _ in found]:
            break
        found.insert(0, below)
    return found


def named_below(below: Below, shipped: Callable[[], Path]) -> tuple[Path, str]:
    """A folder that is put below a layer, and its path in messages."""
    return (below, str(below)) if isinstance(below, Path) else (shipped(), SHIPPED)


def place_of(shown: str, name: str) -> Place:
    """The place of a file as a whole, by its name inside the rule base."""
    return Place(f"{shown.rstrip('/')}/{name}" if shown else name, 1, 1, 1, 2)


def _read(
    reader: NodeReader,
    files: RuleFiles,
    folder: Path,
    shown: str,
    prefix: str,
    shipped: Callable[[], Path],
    above: tuple[Path, ...],
    below: Below = NAMED,
) -> None:
    """The extended rule bases first, then what this folder changes of them."""
    layer = _layer(reader, files, folder, shown, prefix)
    if layer is not None:
        found = _extended(reader, layer, folder, shown, shipped)
        if below != NAMED:
            found = named_below(below, shipped)
        if found is None or len(above) >= MAX_LAYERS or found[0].resolve() in (folder.resolve(), *above):
            if found is not None:
                reader.fault("layer", "layers extend each other in a circle, or too many do", place_of(shown, LAYER))
            files.blind = True
        else:
            _read(reader, files, *found, f"{prefix}{EXTENDED}/", shipped, (*above, folder.resolve()))
    own: dict[str, Node] = {}
    for room in ("knowledge", "rules"):
        _read_room(reader, files, own, folder, shown, prefix, room, layer is not None)
    if layer is None:
        files.nodes.update(own)
        return
    changes: list[tuple[str, str, str]] = []
    for name, node in own.items():
        lower = files.nodes.get(name)
        files.nodes[name] = node if lower is None else _merged(name, lower, node, changes)
        if lower is None:
            changes.append(("file", name, "added"))
    _remove(reader, files, layer, changes)
    files.own = layer
    files.layers.append(Layer(shown or folder.name, tuple(changes)))


def _layer(reader: NodeReader, files: RuleFiles, folder: Path, shown: str, prefix: str) -> dict[str, Node] | None:
    path = folder / LAYER
    try:
        if path not in files.instead and not path.exists():
            return None
    except (OSError, ValueError):  # a name too long, or with a NUL: told where its rooms are read
        return None
    where = place_of(shown, LAYER)
    text, faults = files.text_of(path, where.path)
    reader.text_faults(faults)
    if text is None:
        files.blind = True
        return {}
    files.texts[prefix + LAYER] = text
    node, faults = parse_yaml(text, where.path)
    reader.text_faults(faults)
    if node is None:
        reader.fault("empty", "the file is empty", where, f"write `extends: {SHIPPED}`")
        return {}
    fields = reader.fields(node, "the layer", *LAYER_FORM.keys)
    reader.text(fields.get("name"), "`name`")
    return fields


def _extended(
    reader: NodeReader, layer: dict[str, Node], folder: Path, shown: str, shipped: Callable[[], Path]
) -> tuple[Path, str] | None:
    """The folder that a layer extends, and its path in messages."""
    named = layer.get("extends")
    text = reader.text(named, "`extends`")
    if not text or named is None:
        return None
    inside = folder / EXTENDED
    if inside.is_dir():
        return inside, f"{shown.rstrip('/')}/{EXTENDED}" if shown else EXTENDED
    if text == SHIPPED:
        return shipped(), SHIPPED
    path = folder / text
    if not path.is_dir():
        help = f"write `{SHIPPED}`, or the path of a folder from here"
        reader.fault("layer", f"there is no folder `{shortened(text)}`", first_line(named.place), help)
        return None
    return path, str(path)


def _read_room(
    reader: NodeReader,
    files: RuleFiles,
    own: dict[str, Node],
    folder: Path,
    shown: str,
    prefix: str,
    room: str,
    optional: bool,
) -> None:
    inside = folder / room
    added = [path for path in files.instead if path.parent == inside]
    try:
        paths = sorted({*(inside.iterdir() if not added or inside.exists() else ()), *added})
    except (OSError, ValueError):
        if optional and not inside.exists():
            return
        message = f"there is no folder `{room}` that can be read in `{folder}`"
        reader.fault("missing-file", message, place_of(shown, room), "`salesdx init DIR` makes one")
        files.blind = True
        files.unread |= {"knowledge/ladder.yaml"} if room == "knowledge" else set()
        return
    for path in paths:
        name = f"{room}/{path.name}"
        if name == CASES:
            for case in _entries(path):
                _note_unread(files, case, place_of(shown, f"{name}/{case.name}"), CASE_SUFFIXES)
        elif name == FACTS and path.is_dir():
            continue
        elif path.name.startswith(".") or path.suffix.lower() not in (".yml", ".yaml"):
            _note_unread(files, path, place_of(shown, name), (".yaml",))
        elif path.suffix == ".yaml":
            _read_file(reader, files, own, name, path, place_of(shown, name), prefix)
        else:
            help = f"rename it to {path.stem}.yaml"
            reader.fault("file-name", "files of a rule base end in .yaml", place_of(shown, name), help)
            files.blind = True


def _note_unread(files: RuleFiles, path: Path, where: Place, suffixes: tuple[str, ...]) -> None:
    """Note what lies in a room and is not read. Of what is hidden only YAML is noted: the rest is a tool's own."""
    folder = path.is_dir()
    if path.name.startswith("."):
        names = [path.name, *(inner.name for inner in (_entries(path) if folder else ()))]
        why = "what is hidden is not read" if any(re.search(r"\.ya?ml", name, re.I) for name in names) else ""
    elif folder:
        why = "no folder in here is looked into"
    else:
        why = "" if path.suffix in suffixes else f"only files that end in {' or '.join(suffixes)} are read here"
    if why:
        files.not_read[where.path] = why


def _entries(folder: Path) -> list[Path]:
    try:
        return sorted(folder.iterdir())
    except OSError:
        return []


def _read_file(
    reader: NodeReader, files: RuleFiles, own: dict[str, Node], name: str, path: Path, where: Place, prefix: str
) -> None:
    """Add a file's nodes, or what can be read of them; the names in the rest may be defined there."""
    files.shown[name] = where.path
    text, faults = files.text_of(path, where.path)
    reader.text_faults(faults)
    if text is None:
        files.blind = True
        files.unread.add(name)
        return
    files.texts[prefix + name] = text
    files.paths[where.path] = prefix + name
    node, unreadable = parsed(text, where.path)
    reader.text_faults(unreadable)
    if unreadable and not text.endswith("\n"):  # cut off: what is missing stands in no text
        files.blind = True
    if node is not None:
        own[name] = node
    else:
        files.blind = True
        files.unread.add(name)
        if not unreadable:
            reader.fault("empty", "the file is empty", where)


# --- one layer on another -------------------------------------------------------------------------------------------


def _merged(name: str, lower: Node, upper: Node, changes: list[tuple[str, str, str]]) -> Node:
    """A file with the changes of a layer; the layer's own node where the two are not alike, for its faults."""
    if isinstance(lower, Sequence) and isinstance(upper, Sequence) and name.startswith(BY_ID):
        return _merged_list(lower, upper, "property" if name.startswith("knowledge") else "rule", changes)
    if not isinstance(lower, Mapping) or not isinstance(upper, Mapping):
        return upper
    if name == ENTRIES:
        return _merged_mapping(lower, upper, "source", changes)
    parts: list[tuple[Scalar, Node]] = []
    for key, value in upper.entries:
        below = lower.get(key.text)
        if key.text in BY_NAME and isinstance(below or value, Mapping) and isinstance(value, Mapping):
            below = below if isinstance(below, Mapping) else replace(value, entries=())
            value = _merged_mapping(below, value, key.text.removesuffix("s"), changes)
        elif key.text not in BY_NAME and _text(below) != _text(value):
            changes.append(("key", f"{name}: {key.text}", "added" if below is None else "replaced"))
        parts.append((key, value))
    said = {key.text for key, _ in parts}
    kept = [(key, value) for key, value in lower.entries if key.text not in said]
    return replace(upper, entries=(*kept, *parts), whole=lower.whole and upper.whole)


def _merged_mapping(lower: Mapping, upper: Mapping, what: str, changes: list[tuple[str, str, str]]) -> Mapping:
    """Named entries: those of the layer in the place of those with their name, new ones at the end.

    An intervention keeps what a layer does not say of it.
    """
    new = {key.text: (key, value) for key, value in upper.entries}
    entries = []
    for key, below in lower.entries:
        named, value = new.pop(key.text, (key, below))
        if what == LIMIT:
            value = _moved(below, value)
        elif what == "intervention":
            value = _restated(below, value)
        entries.append((named, value))
    for key, _ in upper.entries:
        changes.append((what, key.text, "added" if key.text in new else "replaced"))
    return replace(upper, entries=(*entries, *new.values()), whole=lower.whole and upper.whole)


def _moved(lower: Node, upper: Node) -> Node:
    """A limit as a layer has it; a number alone stands in the place of the one below, whose unit and source stay."""
    if not isinstance(upper, Scalar) or not isinstance(lower, Mapping):
        return upper
    return replace(lower, entries=tuple((key, upper if key.text == "value" else old) for key, old in lower.entries))


def _restated(lower: Node, upper: Node) -> Node:
    if not isinstance(lower, Mapping) or not isinstance(upper, Mapping):
        return upper
    said = {key.text for key, _ in upper.entries}
    return replace(upper, entries=(*(entry for entry in lower.entries if entry[0].text not in said), *upper.entries))


def _merged_list(lower: Sequence, upper: Sequence, what: str, changes: list[tuple[str, str, str]]) -> Sequence:
    """Entries with an id: those of the layer in the place of those with their id, new ones at the end."""
    new: dict[str, Node] = {}
    loose: list[Node] = []
    for item in upper.items:
        id = _id(item)
        if id and id not in new:
            new[id] = item
        else:
            loose.append(item)  # without an id, or with one twice: the loader tells
    items = []
    for item in lower.items:
        own = new.pop(_id(item), None)
        items.append(item if own is None else own)
        if own is not None:
            changes.append((what, _id(item), "replaced"))
    changes += [(what, id, "added") for id in new]
    return replace(upper, items=(*items, *new.values(), *loose), whole=lower.whole and upper.whole)


def _id(item: Node) -> str:
    id = item.get("id") if isinstance(item, Mapping) else None
    return id.text if isinstance(id, Scalar) else ""


def _text(node: Node | None) -> str | None:
    return None if node is None else node.file.text[node.start : node.end].strip()


def _remove(reader: NodeReader, files: RuleFiles, layer: dict[str, Node], changes: list[tuple[str, str, str]]) -> None:
    """Take out the rules that a layer removes, each with a reason."""
    node = layer.get("removes")
    if node is None:
        return
    if not isinstance(node, Mapping):
        message = "`removes` must be a mapping (`rule id: why it is taken out` lines)"
        reader.fault("type", message, first_line(node.place))
        return
    for key, why in node.entries:
        reader.text(why, f"the reason for taking out `{shortened(key.text)}`")
        if not _take_out(files, key.text):
            known = [_id(item) for item in _rules(files)]
            message = f"there is no rule `{shortened(key.text)}` to take out"
            reader.fault("layer", message, key.place, reader.near(key.text, known))
        else:
            changes.append(("rule", key.text, "removed"))


def _rules(files: RuleFiles) -> Iterator[Node]:
    for name, node in files.nodes.items():
        if name.startswith("rules/") and isinstance(node, Sequence):
            yield from node.items


def _take_out(files: RuleFiles, id: str) -> bool:
    for name, node in files.nodes.items():
        if name.startswith("rules/") and isinstance(node, Sequence) and any(_id(item) == id for item in node.items):
            files.nodes[name] = replace(node, items=tuple(item for item in node.items if _id(item) != id))
            return True
    return False
