"""YAML text -> nodes with places. The only module that imports yaml.

Nothing is constructed by the YAML library: its events become our nodes, and scalars keep their text, so that
``no``, ``012``, dates and the last of two equal keys mean what the reader of the file thinks they mean.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

MAX_BYTES = 1 << 20
MAX_DEPTH = 32
MAX_NODES = 200_000
_NOT_PRINTABLE = re.compile("[\\x00-\\x08\\x0b\\x0c\\x0e-\\x1f\\x7f-\\x84\\x86-\\x9f\\ufeff\\ufffe\\uffff]")


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


@dataclass(frozen=True, slots=True)
class Scalar:
    text: str
    quoted: bool
    place: Place
    origin: tuple[_Text, int, int] | None = field(default=None, compare=False, repr=False)
    """The file's text and where in it the scalar begins and ends, quotes included."""

    def span(self, start: int, end: int) -> Place:
        """The place of ``text[start:end]`` in the file, through folding and quoting; the first line of several."""
        if self.origin is None:
            return self.place
        file, at, stop = self.origin
        found: list[int] = []
        for char in self.text:  # folding and quoting only add characters or change white space
            if char.isspace():
                found.append(at)
                continue
            at = file.text.find(char, at, stop)
            if at < 0:
                return self.place
            found.append(at)
            at += 1
        if not found:
            return self.place
        first, last = found[min(start, len(found) - 1)], found[min(max(end - 1, start), len(found) - 1)]
        place = file.place(first, last + 1)
        if place.end_line != place.line:
            return file.place(first, first + len(place.text) - place.column + 1)
        return place


@dataclass(frozen=True, slots=True)
class Sequence:
    items: tuple[Node, ...]
    place: Place

    def __iter__(self) -> Iterator[Node]:
        return iter(self.items)


@dataclass(frozen=True, slots=True)
class Mapping:
    entries: tuple[tuple[Scalar, Node], ...]
    place: Place

    def get(self, key: str) -> Node | None:
        return next((value for name, value in self.entries if name.text == key), None)

    def key(self, key: str) -> Scalar | None:
        return next((name for name, _ in self.entries if name.text == key), None)


Node = Scalar | Sequence | Mapping


def read_text(path: Path, shown: str) -> tuple[str | None, list[Fault]]:
    """The text of a file, or the faults why it is none. ``shown`` is the path as messages print it."""
    try:
        data = path.read_bytes()
    except OSError as error:
        return None, [Fault("unreadable", f"cannot read the file: {error.strerror or error}", _start(shown))]
    return decode(data, shown)


def decode(data: bytes, shown: str) -> tuple[str | None, list[Fault]]:
    """UTF-8 bytes -> text; a byte order mark is skipped, anything else than UTF-8 is a fault."""
    if len(data) > MAX_BYTES:
        message = f"the file has {len(data):,} bytes, at most {MAX_BYTES:,} are read"
        return None, [Fault("too-large", message, _start(shown), "split the file")]
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        before = data[: error.start].decode("utf-8", "replace")
        line, column = before.count("\n") + 1, len(before) - (before.rfind("\n") + 1) + 1
        return None, [
            Fault(
                "not-utf-8",
                "the file is not UTF-8 text",
                Place(shown, line, column, line, column + 1),
                "save it as UTF-8",
            )
        ]
    return text, []


def parse(text: str, shown: str) -> tuple[Node | None, list[Fault]]:
    """One YAML (or JSON) document -> its nodes, and all faults found. With a fault the nodes may be partial or None."""
    return _Composer(text, shown).compose()


def _start(shown: str) -> Place:
    return Place(shown, 1, 1, 1, 2)


class _Text:
    """A file's text with its line starts: character index -> place."""

    def __init__(self, text: str, shown: str) -> None:
        self.text, self.shown = text, shown
        self.starts = [0, *(i + 1 for i, char in enumerate(text) if char == "\n")]

    def line(self, number: int) -> str:
        """Line ``number``, counted from 0, without its end."""
        start = self.starts[number] if number < len(self.starts) else len(self.text)
        end = self.starts[number + 1] if number + 1 < len(self.starts) else len(self.text)
        return self.text[start:end].rstrip("\r\n")

    def place(self, start: int, end: int) -> Place:
        line, last = bisect_right(self.starts, start) - 1, bisect_right(self.starts, max(start, end - 1)) - 1
        return Place(
            self.shown,
            line + 1,
            start - self.starts[line] + 1,
            last + 1,
            max(end, start + 1) - self.starts[last] + 1,
            self.line(line),
        )


class _Composer:
    """Builds nodes from parser events on a stack of its own, so that depth is limited before anything recurses."""

    def __init__(self, text: str, shown: str) -> None:
        self.file = _Text(text, shown)
        self.faults: list[Fault] = []
        self.nodes = 0

    def place(self, start: Any, end: Any) -> Place:
        """A place from two marks of the YAML library (its two parsers have marks of different classes)."""
        return self.file.place(start.index, end.index)

    def fault(self, code: str, message: str, place: Place, help: str = "") -> None:
        self.faults.append(Fault(code, message, place, help))

    def compose(self) -> tuple[Node | None, list[Fault]]:
        bad = _NOT_PRINTABLE.search(self.file.text)
        if bad:
            message = f"the character U+{ord(bad.group()):04X} may not stand in a text file"
            self.fault("not-printable", message, self.file.place(bad.start(), bad.end()), "delete it")
            return None, self.faults
        loader = yaml.CSafeLoader if hasattr(yaml, "CSafeLoader") else yaml.SafeLoader
        try:
            return self._events(yaml.parse(self.file.text, Loader=loader)), self.faults
        except yaml.MarkedYAMLError as error:
            mark = error.problem_mark or error.context_mark
            place = self.place(mark, mark) if mark else _start(self.file.shown)
            problem = " ".join(part for part in (error.context, error.problem) if part)
            help = "indent with spaces, never with tabs" if "\\t" in problem or "tab" in problem else ""
            self.fault("not-yaml", f"this is not YAML: {problem}", place, help)
        except (yaml.YAMLError, ValueError, RecursionError) as error:
            self.fault("not-yaml", f"this is not YAML: {error}", _start(self.file.shown))
        return None, self.faults

    def _events(self, events: Iterator[yaml.Event]) -> Node | None:
        root: Node | None = None
        documents = 0
        stack: list[tuple[list[Node], yaml.Event]] = []
        for event in events:
            if isinstance(event, yaml.DocumentStartEvent):
                documents += 1
                if documents == 2:
                    self.fault(
                        "two-documents",
                        "a second document begins here",
                        self.place(event.start_mark, event.end_mark),
                        "use one file a document",
                    )
                    return root
                continue
            if not isinstance(event, yaml.NodeEvent | yaml.CollectionEndEvent):
                continue
            place = self.place(event.start_mark, event.end_mark)
            node: Node
            if isinstance(event, yaml.AliasEvent):
                self.fault("alias", "aliases are not allowed", place, "write the value out")
                node = Scalar("", False, place)
            elif isinstance(event, yaml.ScalarEvent):
                self._check_properties(event, place)
                origin = self._span(event)
                node = Scalar(event.value, not event.implicit[0], place, origin)
            elif isinstance(event, yaml.CollectionStartEvent):
                self._check_properties(event, place)
                if len(stack) >= MAX_DEPTH:
                    self.fault("too-deep", f"nested deeper than {MAX_DEPTH} levels", place)
                    return None
                stack.append(([], event))
                continue
            else:
                items, start = stack.pop()
                place = self.place(start.start_mark, event.end_mark)
                node = (
                    self._mapping(items, place)
                    if isinstance(start, yaml.MappingStartEvent)
                    else Sequence(tuple(items), place)
                )
            self.nodes += 1
            if self.nodes > MAX_NODES:
                self.fault("too-large", f"more than {MAX_NODES:,} values in one file", place, "split the file")
                return None
            if stack:
                stack[-1][0].append(node)
            else:
                root = node
        return root

    def _span(self, event: Any) -> tuple[_Text, int, int]:
        return self.file, event.start_mark.index, event.end_mark.index

    def _check_properties(self, event: yaml.NodeEvent, place: Place) -> None:
        if event.anchor:
            self.fault(
                "anchor", f"anchors are not allowed: `&{event.anchor}`", place, "write the value out where it is used"
            )
        tag = getattr(event, "tag", None)
        if tag and tag != "!":
            self.fault("tag", f"tags are not allowed: `{tag}`", place, "delete the tag")

    def _mapping(self, items: list[Node], place: Place) -> Mapping:
        entries: list[tuple[Scalar, Node]] = []
        seen: dict[str, Place] = {}
        for key, value in zip(items[::2], items[1::2], strict=True):
            if not isinstance(key, Scalar):
                self.fault("key", "a key must be a plain name", key.place)
                continue
            if key.text == "<<" and not key.quoted:
                self.fault("merge", "merge keys are not allowed", key.place, "write the entries out")
                continue
            if key.text in seen:
                self.fault(
                    "duplicate-key",
                    f"the key `{key.text}` stands here twice",
                    key.place,
                    f"the first is on line {seen[key.text].line}",
                )
                continue
            seen[key.text] = key.place
            entries.append((key, value))
        return Mapping(tuple(entries), place)
