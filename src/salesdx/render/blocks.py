"""What a report is made of, without any looks: text, Markdown and HTML show the same blocks."""

from __future__ import annotations

from enum import StrEnum
from typing import NamedTuple

TOGETHER = "\u00a0"
"""A space at which no line should be broken."""


class Mark(StrEnum):
    """How a rung of the ladder is marked. The meaning comes from what the ladder decided, not from a status's name."""

    CONCLUDED = "concluded"
    HELD = "held"
    PASSED = "passed"
    OPEN = "open"
    BLOCKED = "blocked"
    COMPLETE = "complete"
    IDLE = "idle"


class Heading(NamedTuple):
    """A heading inside a section."""

    text: str


class Paragraph(NamedTuple):
    """A text of its own; ``strong`` for what is to be read first."""

    text: str
    strong: bool = False


class EntryLine(NamedTuple):
    """A line of an entry: what it is about (may be empty), and its text.

    ``code`` is a text that stands in a file; what is ``repeated`` from another section is left out on paper.
    """

    label: str
    text: str
    code: bool = False
    repeated: bool = False


class Table(NamedTuple):
    """Rows under a header. A ``labelled`` row says nothing without its header: stacked cells carry its words."""

    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    labelled: bool = False


class Entry(NamedTuple):
    """An item of a list. ``reasons`` repeat what another section tells: only pages that can fold them show them."""

    title: str
    note: str = ""
    lines: tuple[EntryLine, ...] = ()
    table: Table | None = None
    parts: tuple[Entry, ...] = ()
    reasons: tuple[Entry, ...] = ()
    tree: Step | None = None


class Entries(NamedTuple):
    """A list of entries."""

    items: tuple[Entry, ...]
    numbered: bool = False


class Step(NamedTuple):
    """A step of a derivation and what it stands on. ``truth`` is "true", "false", "unknown", or "" without one."""

    text: str
    truth: str = ""
    notes: tuple[str, ...] = ()
    steps: tuple[Step, ...] = ()


class Tree(NamedTuple):
    """A derivation or a condition, laid out from its root."""

    root: Step


class Rung(NamedTuple):
    """A stage on the ladder: how it stands in words, and the decisive facts."""

    number: int
    title: str
    mark: Mark
    status: str
    lines: tuple[str, ...] = ()


class LadderBlock(NamedTuple):
    """The ladder; ``brief`` in one line of signs, where a page has room for no more."""

    rungs: tuple[Rung, ...]
    brief: bool = False


class Verbatim(NamedTuple):
    """A text shown line by line as it was, in letters of one width; only hidden characters become marks."""

    text: str


Block = Heading | Paragraph | Entries | Table | Tree | LadderBlock | Verbatim


class Section(NamedTuple):
    """A part of a page.

    ``folded``: pages that can fold show its title alone until a reader opens it, or prints. ``ends_page``: on paper
    the next section begins on a page of its own.
    """

    id: str
    title: str
    blocks: tuple[Block, ...]
    folded: bool = False
    ends_page: bool = False


class Report(NamedTuple):
    """A page: its title, what it is about in pairs of label and text, the sections, and where it came from.

    ``contents``: pages with links list their sections at the top. ``tight``: a terminal leaves no line empty inside a
    section.
    """

    title: str
    about: tuple[tuple[str, str], ...]
    sections: tuple[Section, ...]
    footer: tuple[str, ...]
    contents: bool = False
    tight: bool = False
