"""A case that a service holds as a file that somebody takes along, and such a file brought back or begun with.

A file that comes out says of which case it is and how far that had come; what comes back on an older state is refused.
Nobody takes away or changes what others said: a file adds statements, and changes those of its reader alone.
"""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date

from salesdx.base.model import RuleBase
from salesdx.case.file import case_from_text
from salesdx.case.memory import WorkingMemory
from salesdx.case.statement import Statement
from salesdx.interview.opening import is_about_somebody
from salesdx.interview.speaker import Speaker
from salesdx.ledger.errors import Refused
from salesdx.text.issues import CaseError, Issue
from salesdx.text.source import MAX_BYTES, Place

BY_FILE = "case file"
"""The way in which answers of a file come: nobody's own words."""
_VERSION = re.compile(r"# salesdx case (c-[a-z2-7]{16}) version ([0-9]{1,9})\r?\n")


def case_file(id: str, version: int, text: str) -> str:
    """The file of a case: its text, below a line that says which case it is, and how far it had come."""
    return f"# salesdx case {id} version {version}\n{text}"


def version_of(text: str) -> tuple[str, int] | None:
    """Of which case a file is, and of which version of it; None for a file that no service gave out."""
    found = _VERSION.match(text)
    return (found[1], int(found[2])) if found else None


def case_begun_from(base: RuleBase, id: str, text: str, shown: str, today: date) -> WorkingMemory:
    """A new case with all that a file says. Raises CaseError, and Refused for what begins no case here."""
    memory = _read(base, text, shown, today)
    if memory.period is None or not memory.subject.get("kind"):
        raise Refused("the file says not what it is about and which period: `subject` with its `kind`, and `period`")
    if is_about_somebody(base, memory) and not memory.subject.get("ref"):
        raise Refused("a pseudonym is needed where it is about a person: `ref` of the subject")
    return replace(memory, case=id)


def case_brought_back(
    held: WorkingMemory, text: str, shown: str, speaker: Speaker, today: date
) -> tuple[WorkingMemory, tuple[str, ...]]:
    """A case as a file has it that was taken from it, and the terms on which it says something else. Raises CaseError,
    and Refused where it says something else for others, or about something else."""
    memory = replace(_read(held.base, text, shown, today), case=held.case)
    if (memory.subject, memory.period, memory.head) != (held.subject, held.period, held.head):
        raise Refused("the file is about something else than the case: begin another one with it")
    if memory.followed != held.followed:
        raise Refused("what was done about the case is otherwise in the file: it is said at the page of the case")
    terms = [name for name in held.base.terms if name in held.statements or name in memory.statements]
    changed = [name for name in terms if _said(held, name) != _said(memory, name)]
    for name in changed:
        if _others(held, name, speaker) - _others(memory, name, speaker):
            raise Refused(f"the file changes what others said of “{held.base.terms[name].called}”")
    return memory, tuple(changed)


def _read(base: RuleBase, text: str, shown: str, today: date) -> WorkingMemory:
    if len(text.encode()) > MAX_BYTES:
        told = f"a case file has at most {MAX_BYTES:,} bytes"
        raise CaseError([Issue("too-large", told, Place(shown, 1, 1, 1, 2))])
    memory = replace(case_from_text(text, shown, base), today=today)
    if memory.supposes:
        raise Refused("a worked case is an example; a case here takes what people state")
    return memory


def _said(memory: WorkingMemory, name: str) -> frozenset[Statement]:
    return frozenset(memory.statements.get(name, ()))


def _others(memory: WorkingMemory, name: str, speaker: Speaker) -> frozenset[Statement]:
    return frozenset(said for said in _said(memory, name) if said.voice != speaker.voice)
