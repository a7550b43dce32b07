"""What one append stores, and the end of a log that it leaves."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from salesdx.ledger.standalone.verifier import Frontier


@dataclass(frozen=True)
class Head:
    """How far a trail has come: what the next append needs."""

    origin: str
    frontier: Frontier
    previous: bytes | None
    time: str
    register_since: str | None = None
    """The time of the entry with which a register of people began; from then on the database checks the time."""

    @property
    def size(self) -> int:
        """The number of entries."""
        return self.frontier.size


class NewRow(NamedTuple):
    """An entry to be stored; ``key`` makes a repeated append harmless."""

    seq: int
    entry: bytes
    leaf: bytes
    type: str
    case: str | None
    subject: str | None
    key: str | None
    salt: bytes
    payload: bytes


@dataclass
class LogChange:
    """Everything that one append stores, in one transaction."""

    head: Head
    note: str
    rows: list[NewRow]
    names: list[tuple[str, str, str]] = field(default_factory=list)
    """(pseudonym, kind, name) of people and cases that were not known."""
    rule_bases: list[tuple[str, str]] = field(default_factory=list)
    """(digest, files as JSON)."""
    wheels: list[tuple[str, bytes]] = field(default_factory=list)
    """(digest, bytes); those that are kept already are left as they are."""
    attachments: list[tuple[int, bytes]] = field(default_factory=list)
    """(entry, bytes) of files that go when the content of their entry goes."""
    erased: list[int] = field(default_factory=list)
    """Entries whose content goes."""
    forgotten: list[str] = field(default_factory=list)
    """Pseudonyms whose name goes."""
    register: bool = False
    """From here on the database refuses an entry whose time is not that of its clock."""


def head_values(head: Head) -> Mapping[str, Any]:
    """A head as its row."""
    return {
        "origin": head.origin,
        "size": head.size,
        "frontier": b"".join(head.frontier.roots),
        "previous": head.previous,
        "time": head.time,
    }
