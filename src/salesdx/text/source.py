"""YAML text -> nodes with places. The only module that imports yaml.

Nothing is constructed by the YAML library: its events become our nodes, and scalars keep their text, so that
``no``, ``012``, dates and the last of two equal keys mean what the reader of the file thinks they mean.
"""

from __future__ import annotations

import os
import re
import stat
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml

from salesdx.text.printable import NOT_PRINTABLE, unprintable
from salesdx.text.yaml_faults import explained

MAX_BYTES = 1 << 20
MAX_DEPTH = 32
MAX_NODES = 120_000
MAX_FAULTS = 1_000
"""Faults of one text, before its values are looked at."""
MAX_LOOKED_INTO = 8_192
"""Characters of one scalar in which words can be underlined; nothing longer is parsed."""

_PROPERTY = re.compile(r"[^\s,\[\]{}]+")
"""An anchor or a tag in front of a value."""


@dataclass(frozen=True, slots=True)
class Place:
    """A span in a file; lines and columns count from 1, the end column is exclusive."""

    path: str
    line: int
    column: int
    end_line: int
    end_column: int
    text: str = field(default="", compare=False, repr=False)
    """The line of the file that the span begins on, for showing it with a caret."""


@dataclass(frozen=True, slots=True)
class Fault:
    """A fault in a text, before it becomes an issue."""

    code: str
    message: str
    place: Place
    help: str = ""
    unread: str = field(default="", repr=False)
    """What of the text could not be read for this fault: names may be defined in it."""


class Text:
    """A file's text with its line starts: character index -> place."""

    def __init__(self, text: str, shown: str) -> None:
        self.text, self.shown = text, shown
        self.starts = [0, *(found.end() for found in re.finditer("\n", text))]
        self.lines: dict[int, str] = {}

    def line(self, number: int) -> str:
        """Line ``number``, counted from 0, without its end; one string for all places in it."""
        if number not in self.lines:
            end = self.starts[number + 1] if number + 1 < len(self.starts) else len(self.text)
            self.lines[number] = self.text[self.starts[number] : end].rstrip("\r\n")
        return self.lines[number]

    def place(self, start: int, end: int) -> Place:
        """The place of ``text[start:end]``; of nothing, the place of the character that stands before it."""
        if start >= min(end, len(self.text)):
            start = min(start, len(self.text)) - 1
            while start > 0 and self.text[start].isspace():
                start -= 1
            start = max(start, 0)
            end = start + 1
        line, last = bisect_right(self.starts, start) - 1, bisect_right(self.starts, end - 1) - 1
        column, end_column = start - self.starts[line] + 1, end - self.starts[last] + 1
        return Place(self.shown, line + 1, column, last + 1, end_column, self.line(line))

    def index(self, place: Place) -> int:
        """Where a place begins in the text."""
        return self.starts[place.line - 1] + place.column - 1


@dataclass(slots=True, unsafe_hash=True)  # nobody changes a node; frozen ones would take three times as long to make
class Scalar:
    text: str
    quoted: bool
    file: Text = field(compare=False, repr=False)
    start: int
    end: int

    @property
    def place(self) -> Place:
        return self.file.place(self.start, self.end)

    def span(self, start: int, end: int) -> Place:
        """The place of ``text[start:end]`` in the file, through folding and quoting; the first line of several."""
        found = _positions(self.file, self.start, self.end, self.text[:MAX_LOOKED_INTO])
        if not found:
            return self.place
        first, last = found[min(start, len(found) - 1)], found[min(max(end - 1, start), len(found) - 1)]
        place = self.file.place(first, last + 1)
        if place.end_line != place.line:
            return self.file.place(first, first + len(place.text.rstrip()) - place.column + 1)
        return place


@lru_cache(maxsize=1)  # the faults of one scalar come one after the other
def _positions(file: Text, start: int, end: int, text: str) -> tuple[int, ...]:
    """Where each character of a scalar stands in the file; empty if an escape hides one.

    Folding and quoting only add characters or change white space.
    """
    at = start
    opening = file.text[start : start + 1]
    if opening in (">", "|"):  # the header of a block is none of its text
        at = file.text.find("\n", start, end) + 1 or end
    elif opening in ("'", '"'):
        at += 1
    found = []
    for char in text:
        if not char.isspace():
            at = file.text.find(char, at, end)
            if at < 0:
                return ()
        found.append(at)
        at += not char.isspace()
    return tuple(found)


@dataclass(slots=True, unsafe_hash=True)
class Sequence:
    items: tuple[Node, ...]
    file: Text = field(compare=False, repr=False)
    start: int
    end: int
    whole: bool = True

    def __iter__(self) -> Iterator[Node]:
        return iter(self.items)

    @property
    def place(self) -> Place:
        return self.file.place(self.start, self.end)


@dataclass(slots=True, unsafe_hash=True)
class Mapping:
    entries: tuple[tuple[Scalar, Node], ...]
    file: Text = field(compare=False, repr=False)
    start: int
    end: int
    whole: bool = True
    """False where a fault that was reported took entries away: then none is missing."""

    @property
    def place(self) -> Place:
        return self.file.place(self.start, self.end)

    def get(self, key: str) -> Node | None:
        return next((value for name, value in self.entries if name.text == key), None)

    def key(self, key: str) -> Scalar | None:
        return next((name for name, _ in self.entries if name.text == key), None)


Node = Scalar | Sequence | Mapping


def read_text(path: Path, shown: str, pipes: bool = False) -> tuple[str | None, list[Fault]]:
    """The text of a file, or the faults why it is none; ``shown`` is the path in messages, ``pipes`` as ``read_bytes``.

    Bytes that are not UTF-8 are a fault, and the text is given with U+FFFD in their place: the rest can be checked.
    """
    data, size, faults = read_bytes(path, shown, pipes)
    return decode(data, shown, size) if data is not None else (None, faults)


def read_bytes(
    path: Path, shown: str, pipes: bool = False, most: int = MAX_BYTES
) -> tuple[bytes | None, int, list[Fault]]:
    """The bytes of a file, one more than ``most`` at most, and its size; or the faults why there are none.

    ``pipes``: a pipe or a device is read too, once. Only for a path that somebody named, who waits for it then.
    """
    try:
        found = os.stat(path)
        if stat.S_ISREG(found.st_mode) or (pipes and (stat.S_ISFIFO(found.st_mode) or stat.S_ISCHR(found.st_mode))):
            with open(path, "rb") as file:
                return file.read(most + 1), found.st_size, []
        message = "this is a folder, not a file" if stat.S_ISDIR(found.st_mode) else "this is no ordinary file"
    except (OSError, ValueError) as error:  # a name with a NUL is a ValueError
        message = f"cannot read the file: {(getattr(error, 'strerror', '') or str(error)).lower()}"
    return None, 0, [Fault("unreadable", message, start_of("", shown))]


def decode(data: bytes, shown: str, size: int = 0) -> tuple[str | None, list[Fault]]:
    """UTF-8 bytes -> text; a byte order mark is skipped, anything else than UTF-8 is a fault."""
    if len(data) > MAX_BYTES:
        many = f"{size:,}" if size > MAX_BYTES else f"more than {MAX_BYTES:,}"
        message = f"the file has {many} bytes, at most {MAX_BYTES:,} are read"
        return None, [Fault("too-large", message, start_of("", shown), "split the file")]
    if data[:2] in (b"\xff\xfe", b"\xfe\xff") or data[:64].count(0) * 4 > len(data[:64]):
        message = "the file is UTF-16 or UTF-32 text, or no text at all"
        return None, [Fault("not-utf-8", message, start_of("", shown), "save it as UTF-8")]
    try:
        return data.decode("utf-8-sig"), []
    except UnicodeDecodeError as error:
        text = data.decode("utf-8-sig", "replace")
        at = len(data[: error.start].decode("utf-8-sig", "replace"))
        help = "save it as UTF-8; what cannot be read is shown as `\ufffd`"
        return text, [Fault("not-utf-8", "the file is not UTF-8 text", Text(text, shown).place(at, at + 1), help)]


def parse_yaml(text: str, shown: str) -> tuple[Node | None, list[Fault]]:
    """One YAML (or JSON) document -> its nodes, and all faults found.

    None stands for an empty document. After a fault the nodes are those before it, so that these can be checked too.
    """
    return _Composer(text, shown).compose()


def start_of(text: str, shown: str) -> Place:
    """The place of a fault that is the whole file's: its first line that holds something."""
    begin = len(text) - len(text.lstrip())
    return Text(text, shown).place(begin, begin)


class _Composer:
    """Builds nodes from parser events on a stack of its own, so that depth is limited before anything recurses."""

    def __init__(self, text: str, shown: str) -> None:
        self.file = Text(text, shown)
        self.faults: list[Fault] = []
        self.stack: list[tuple[list[Node], Any]] = []

    def fault(self, code: str, message: str, place: Place, help: str = "", unread: str = "") -> None:
        if len(self.faults) == MAX_FAULTS:
            code, message, help = "too-many", f"more than {MAX_FAULTS:,} faults; what follows is not looked at", ""
        if len(self.faults) <= MAX_FAULTS:
            self.faults.append(Fault(code, message, place, help, unread))

    def compose(self) -> tuple[Node | None, list[Fault]]:
        if self._not_printable():
            return None, self.faults
        loader = yaml.CSafeLoader if hasattr(yaml, "CSafeLoader") else yaml.SafeLoader
        try:
            return self._events(iter(loader(self.file.text).get_event, None)), self.faults
        except yaml.MarkedYAMLError as error:
            at = error.problem_mark.index if error.problem_mark else 0
            begun = error.context_mark.index if error.context_mark else at
            code, start, end, message, help = explained(self.file.text, error.problem or "", at, begun)
            self._stop(code, message, self.file.place(start, end), help)
        except (yaml.YAMLError, ValueError, RecursionError) as error:
            self._stop("not-yaml", f"this is not YAML: {error}", start_of("", self.file.shown))
        return self._before(), self.faults

    def _not_printable(self) -> bool:
        """Whether characters stand in the text that no text file has; each is reported once."""
        seen: set[str] = set()
        clean = self.file.text.replace("\n", "").isprintable()  # most files, in less time
        for bad in () if clean else NOT_PRINTABLE.finditer(self.file.text):
            if bad[0] not in seen:
                seen.add(bad[0])
                message, help = unprintable(bad[0])
                self.fault("not-printable", message, self.file.place(*bad.span()), help, self.file.text)
        return bool(seen)

    def _stop(self, code: str, message: str, place: Place, help: str = "") -> None:
        """A fault behind which nothing is read."""
        self.fault(code, message, place, help, self.file.text[self._cut_off(self.file.index(place)) :])

    def _cut_off(self, at: int) -> int:
        """Where the entry begins that a fault at ``at`` cuts off."""
        if not self.stack:
            return at
        items, start = self.stack[-1]
        dropped = _dropped(items, start)
        return min(at, items[-dropped].start) if dropped else at

    def _before(self) -> Node | None:
        """What was read before a fault, without the entry that it cut off, which may hold what was never meant."""
        node: Node | None = None
        while self.stack:
            items, start = self.stack.pop()
            if node is not None:
                items.append(node)
            elif dropped := _dropped(items, start):
                del items[-dropped:]
            if isinstance(start, yaml.MappingStartEvent) and len(items) % 2:  # the node was to be a key
                del items[-1]
            node = self._collection(items, start, max(_span(start)[1], _span(start)[0] + 1), whole=False)
        return node

    def _events(self, events: Iterator[Any]) -> Node | None:
        root: Node | None = None
        documents = nodes = 0
        file, stack = self.file, self.stack
        for event in events:
            kind, begin, end = type(event), event.start_mark.index, event.end_mark.index
            node: Node
            if kind is yaml.ScalarEvent:
                node = Scalar(event.value, not event.implicit[0], file, begin, end)
                if event.anchor or event.tag or event.style == '"':
                    self._check_scalar(event, node)
            elif kind is yaml.MappingEndEvent or kind is yaml.SequenceEndEvent:
                items, start = stack.pop()
                node = self._collection(items, start, end)
            elif kind is yaml.MappingStartEvent or kind is yaml.SequenceStartEvent:
                self._check_properties(event)
                if len(stack) >= MAX_DEPTH:
                    place = file.place(begin, max(end, begin + 1))
                    self._stop("too-deep", f"nested deeper than {MAX_DEPTH} levels", place)
                    return self._before()
                stack.append(([], event))
                continue
            elif kind is yaml.AliasEvent:
                node = Scalar("", False, file, begin, end)
                self.fault("alias", "aliases are not allowed", node.place, "write the value out")
            elif kind is yaml.DocumentStartEvent and (documents := documents + 1) == 2:
                place = file.place(begin, end)
                self._stop("two-documents", "a second document begins here", place, "use one file a document")
                return root
            else:
                continue
            nodes += 1
            if nodes > MAX_NODES:
                self._stop("too-large", f"more than {MAX_NODES:,} values in one file", node.place, "split the file")
                return self._before()
            if len(self.faults) > MAX_FAULTS:
                return self._before()
            if stack:
                stack[-1][0].append(node)
            elif not isinstance(node, Scalar) or node.text or node.quoted:  # `---` alone is an empty file
                root = node
        return root

    def _collection(self, items: list[Node], start: Any, end: int, whole: bool = True) -> Node:
        begin = _span(start)[0]
        if isinstance(start, yaml.MappingStartEvent):
            return self._mapping(items, begin, end, whole)
        return Sequence(tuple(items), self.file, begin, end, whole)

    def _check_scalar(self, event: Any, node: Scalar) -> None:
        self._check_properties(event)
        if bad := NOT_PRINTABLE.search(event.value):
            message, _ = unprintable(bad[0])
            self.fault("not-printable", message, node.place, "delete its escape")

    def _check_properties(self, event: Any) -> None:
        if not event.anchor and not event.tag:
            return
        start, end = _span(event)
        found = _PROPERTY.match(self.file.text, start)
        end = found.end() if found else end
        place = self.file.place(start, end)
        if event.anchor:
            help = "write the value out where it is used"
            self.fault("anchor", f"anchors are not allowed: `&{event.anchor}`", place, help)
        if event.tag and event.tag != "!":
            self.fault("tag", f"tags are not allowed: `{self.file.text[start:end]}`", place, "delete the tag")

    def _mapping(self, items: list[Node], start: int, end: int, whole: bool) -> Mapping:
        entries: list[tuple[Scalar, Node]] = []
        seen: dict[str, Scalar] = {}
        for key, value in zip(items[::2], items[1::2], strict=True):
            if not isinstance(key, Scalar):
                self.fault("key", "a key must be a plain name", key.place)
            elif key.text == "<<" and not key.quoted:
                self.fault("merge", "merge keys are not allowed", key.place, "write the entries out")
            elif key.text in seen:
                help = f"the first is on line {seen[key.text].place.line}"
                self.fault("duplicate-key", f"the key `{key.text}` stands here twice", key.place, help, key.text)
                continue
            else:
                seen[key.text] = key
                entries.append((key, value))
                continue
            whole = False
        return Mapping(tuple(entries), self.file, start, end, whole)


def _span(event: Any) -> tuple[int, int]:
    """Where an event of the YAML library begins and ends."""
    return event.start_mark.index, event.end_mark.index


def _dropped(items: list[Node], start: yaml.CollectionStartEvent) -> int:
    """How many of the nodes of an unfinished collection belong to its last entry."""
    size = 1 if isinstance(start, yaml.SequenceStartEvent) else 3 if len(items) % 2 else 2
    return min(size, len(items))
