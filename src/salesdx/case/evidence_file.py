"""CASE.evidence.json: what stands behind each drawn statement of a case, an entry each, named by its own digest."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

SUFFIX = ".evidence.json"
FORM = "salesdx.evidence/1"
ID_DIGITS = 16
"""Hexadecimal digits of an entry's name: 64 bits, so that no entry is changed and keeps its name by chance."""
MOST_BYTES = 64 << 20
"""A file that is longer is not read, and counts as not there."""


@dataclass(frozen=True)
class EvidenceSeal:
    """An evidence file as it was found: the SHA-256 digest of its bytes, and the entries that stand in it unchanged and
    give what the case says."""

    digest: str
    entries: frozenset[str]

    def to_dict(self) -> dict[str, Any]:
        """As records hold it."""
        return {"digest": self.digest, "entries": sorted(self.entries)}

    @classmethod
    def of(cls, told: Mapping[str, Any]) -> EvidenceSeal:
        """From its form in records."""
        return cls(str(told["digest"]), frozenset(map(str, told["entries"])))


def evidence_path(case: str | Path) -> Path:
    """The evidence file of a case file.

    >>> evidence_path("north.yaml").name
    'north.evidence.json'
    """
    path = Path(case)
    return path.with_name(re.sub(r"\.(ya?ml|json)$", "", path.name) + SUFFIX)


def entry_id(entry: Mapping[str, Any]) -> str:
    """The name of an entry: the first digits of the SHA-256 of its canonical JSON, in which another value is another
    name."""
    return hashlib.sha256(_canonical(entry)).hexdigest()[:ID_DIGITS]


def evidence_text(entries: Mapping[str, Mapping[str, Any]], mapping: str = "") -> str:
    """The text of an evidence file: entries by name, one a line, in the order of their names. ``mapping``: the way from
    its folder to the file by which they were drawn, for whoever draws them again."""
    lines = ",\n".join(f"{json.dumps(id)}: {_canonical(entries[id]).decode()}" for id in sorted(entries))
    drawn_by = f'"mapping": {json.dumps(mapping, ensure_ascii=False)}, ' if mapping else ""
    return f'{{"form": "{FORM}", {drawn_by}"facts": {{\n{lines}\n}}}}\n'


def mapping_named(data: bytes) -> str:
    """The mapping that an evidence file names; empty where it names none."""
    try:
        found = json.loads(data).get("mapping", "")
        return found if isinstance(found, str) else ""
    except (ValueError, AttributeError, RecursionError):
        return ""


def evidence_entries(data: bytes) -> dict[str, dict[str, Any]]:
    """The entries of an evidence file that are what their names say; none where it is no such file."""
    try:
        told = json.loads(data)
        facts = told["facts"] if told["form"] == FORM else {}
        return {id: entry for id, entry in facts.items() if isinstance(entry, dict) and entry_id(entry) == id}
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return {}


def digest_of_bytes(data: bytes) -> str:
    """The digest of an evidence file."""
    return f"sha256:{hashlib.sha256(data).hexdigest()}"


def evidence_beside(case: str | Path) -> bytes | None:
    """The evidence file beside a case file; None where there is none that can be read."""
    if str(case) == "-":
        return None
    try:
        with open(evidence_path(case), "rb") as file:
            data = file.read(MOST_BYTES + 1)
    except (OSError, ValueError):  # a name that cannot be one is told where the case is opened
        return None
    return data if len(data) <= MOST_BYTES else None


def _canonical(entry: Mapping[str, Any]) -> bytes:
    return json.dumps(entry, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()
