"""What two programs wrote into one case at once, put together voice by voice."""

from __future__ import annotations

from dataclasses import dataclass

from salesdx.case.memory import WorkingMemory
from salesdx.case.statement import Statement, shown_value


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


def _answer(said: Statement | None) -> str:
    if said is None:
        return "nothing"
    return said.unknown.value if said.unknown else shown_value(said.value)
