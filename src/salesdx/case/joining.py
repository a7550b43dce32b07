"""What two programs wrote into one case at once, put together voice by voice."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TypeVar

from salesdx.case.memory import WorkingMemory
from salesdx.case.statement import Statement, shown_value

Part = TypeVar("Part")


@dataclass(frozen=True, slots=True)
class Clash:
    """One voice answers two things to a fact: in the file as it is by now, and here."""

    there: str
    here: str


def joined(
    term: str,
    before: WorkingMemory,
    here: WorkingMemory,
    there: WorkingMemory,
    speaks: tuple[str, str, bool] | None = None,
) -> WorkingMemory | Clash:
    """The case ``there`` with what was changed of a fact ``here`` since both were as ``before``.

    What other voices said stays, whatever they said. A voice that says something else in both is a clash, and so is the
    one that ``speaks`` here when it repeats what it no longer says there.
    """
    for voice in dict.fromkeys(said.voice for memory in (here, before) for said in memory.statements.get(term, ())):
        was, ours, theirs = (memory.words_of(term, voice) for memory in (before, here, there))
        if ours not in (was, theirs) or (voice == speaks and ours != theirs):
            if theirs != was:
                return Clash(*(_answer(memory.said_by(term, voice)) for memory in (there, here)))
            there = there.with_words(term, voice, ours)
    return there


def joined_heads(
    before: WorkingMemory, here: WorkingMemory, there: WorkingMemory, speaks: tuple[str, str, bool]
) -> tuple[WorkingMemory, tuple[str, ...]]:
    """The case ``there`` with what was changed of its head ``here`` since both were as ``before``, and what of that was
    changed there, too, and stays so. What others suspect stays."""
    stands: list[str] = []

    def merged(part: str, was: Part, ours: Part, theirs: Part) -> Part:
        if ours not in (was, theirs) and theirs != was:
            stands.append(part)
        return theirs if ours == was or theirs != was else ours

    memories = (before, here, there)
    subject = merged("subject", *(dict(memory.subject) for memory in memories))
    period = merged("period", *(memory.period for memory in memories))
    own = [tuple(one for one in memory.head.suspects if (one.by, one.author) == speaks[:2]) for memory in memories]
    suspects, kept = there.head.suspects, merged("suspicion", *own)
    if kept != own[2]:
        suspects = (*(one for one in suspects if one not in own[2]), *kept)
    return there.headed(subject, period, replace(there.head, suspects=suspects)), tuple(stands)


def _answer(said: Statement | None) -> str:
    if said is None:
        return "nothing"
    return said.unknown.value if said.unknown else shown_value(said.value)
