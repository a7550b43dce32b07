"""What each entry says of those before it, and of what was put beside them: checked entry by entry, in order.

Stands alone with `verifier`, because a copy of both travels in every exported bundle.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from typing import Any

from salesdx.ledger.standalone.verifier import Frontier, Invalid, canonical, leaf_hash, read_entry

BEFORE = {"case": "case_before", "subject": "subject_before"}
"""Whom an entry is about -> the field that holds the number of the entry about them before it, or null."""


@dataclass
class LogChecker:
    """Checks a whole log, entry after entry, in constant memory apart from one number a case and a subject.

    ``add`` raises Invalid for an entry that does not follow from those before it.
    """

    origin: str
    frontier: Frontier = field(default_factory=Frontier)
    previous: bytes | None = None
    time: str = ""
    version: str = ""
    last: dict[str, int] = field(default_factory=dict)
    """Pseudonym of a case or a subject -> the last entry about it."""

    def add(self, data: bytes) -> dict[str, Any]:
        entry = read_entry(data)
        seq = self.frontier.size
        if entry["seq"] != seq:
            raise Invalid(f"entry {seq} is missing or not in its place: here is entry {entry['seq']}")
        if entry["log"] != self.origin:
            raise Invalid(f"entry {seq} is from another trail")
        if entry["previous"] != (self.previous.hex() if self.previous else None):
            raise Invalid(f"entry {seq} does not follow the entry before it")
        if entry["time"] < self.time:
            raise Invalid(f"entry {seq} is older than the entry before it")
        if entry["version"] < self.version:
            raise Invalid(f"entry {seq} has an older version than the entry before it")
        last, case, subject = self.last, entry["case"], entry["subject"]
        before = last.get(subject)
        if entry["case_before"] != last.get(case) or entry.get("subject_before", before) != before:
            raise Invalid(f"entry {seq} does not follow the last entry of its case, or of its subject")
        if case is not None:
            last[case] = seq
        if subject is not None:
            last[subject] = seq
        self.previous = leaf_hash(data)
        self.time, self.version = entry["time"], entry["version"]
        self.frontier.push(self.previous)
        return entry


class Seal:
    """What was put beside the log and is not sealed yet; an entry of version 2 seals it in its field `sealed`.

    That is the checkpoint of the append before, then the signatures of witnesses that were kept since, by size and
    witness, then the key of the entry itself, which makes a repeated append harmless. The first entry of version 2
    seals all that came before it. The field is SHA-256 over one line of canonical JSON for each, or null for nothing.
    """

    def __init__(self) -> None:
        self._digest: Any = None

    def checkpoint(self, size: int, note: str) -> None:
        """The checkpoint of so many entries, without signatures of witnesses."""
        self._add(["checkpoint", size, note])

    def cosignature(self, size: int, witness: str, line: str) -> None:
        """The signature of a witness on the checkpoint of so many entries."""
        self._add(["cosignature", size, witness, line])

    def copy(self) -> Seal:
        """The same, to go on with otherwise."""
        found = Seal()
        found._digest = self._digest and self._digest.copy()
        return found

    def key(self, seq: int, key: str | None) -> None:
        """The key of an entry, if it has one."""
        if key is not None:
            self._add(["key", seq, key])

    def take(self) -> str | None:
        """The digest of all since the last one that was taken."""
        found, self._digest = self._digest, None
        return None if found is None else str(found.hexdigest())

    def _add(self, line: list[Any]) -> None:
        if self._digest is None:
            self._digest = hashlib.sha256()
        self._digest.update(canonical(line) + b"\n")
