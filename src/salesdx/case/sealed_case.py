"""A case with the evidence file of what was drawn into it, as far as its statements say what stands there."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from salesdx.case.evidence_file import EvidenceSeal, digest_of_bytes, evidence_beside, evidence_entries
from salesdx.case.memory import WorkingMemory
from salesdx.case.statement import Statement, as_json


def with_evidence(memory: WorkingMemory, path: str | Path) -> WorkingMemory:
    """A case with the evidence file beside its own; as it is where nothing in it was drawn, or no file is there."""
    drawn = any(said.drawn for statements in memory.statements.values() for said in statements)
    data = evidence_beside(path) if drawn else None
    return memory if data is None else sealed_by(memory, data)


def sealed_by(memory: WorkingMemory, data: bytes) -> WorkingMemory:
    """A case with the seal of an evidence file: its digest, and the entries that stand there unchanged and give what
    the case says. A drawn value that was typed over, or copied from another case, has none."""
    entries = evidence_entries(data)
    said = (
        one.drawn
        for term, statements in memory.statements.items()
        for one in statements
        if one.drawn in entries and _gives(entries[one.drawn], term, one, memory)
    )
    return replace(memory, evidence=EvidenceSeal(digest_of_bytes(data), frozenset(said)))


def _gives(entry: Mapping[str, Any], term: str, said: Statement, memory: WorkingMemory) -> bool:
    """Whether a statement of a case is what an entry gives: of this term, subject and period, with this value, by whom,
    of which kind and day."""
    period = memory.period and {"from": memory.period[0].isoformat(), "to": memory.period[1].isoformat()}
    stated = None if said.value is None else json.loads(json.dumps(as_json(said.value)))
    told = {"by": said.by, "kind": said.kind, "source": said.source, "date": said.date and said.date.isoformat()}
    return (
        entry.get("term") == term
        and entry.get("stated") == stated
        and entry.get("said") == told
        and _folded(entry.get("about")) == _folded(memory.subject)
        and entry.get("window") == period
    )


def _folded(head: Any) -> dict[str, str]:
    """The head of a case in small letters: a name of a unit is the same in both."""
    return {str(key): str(value).casefold() for key, value in head.items()} if isinstance(head, Mapping) else {}
