"""Answers of several respondents -> one case: what was added, where they disagree, and what changes with it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from salesdx.case.file import formula_issues
from salesdx.case.left_out import lacking
from salesdx.case.memory import WorkingMemory
from salesdx.case.statement import Statement
from salesdx.engine.comparing import StageChange, stage_changes
from salesdx.engine.diagnose import quick, turns
from salesdx.engine.diagnosis import Conflict, Diagnosis
from salesdx.questionnaire.replies import Reply
from salesdx.text.issues import Issue


@dataclass(frozen=True, slots=True)
class Added:
    """What one questionnaire added: terms with a first statement of the respondent, with another one, with the same."""

    respondent: str
    new: tuple[str, ...]
    replaced: tuple[str, ...]
    same: tuple[str, ...]
    left: int
    """Questions without an answer."""


@dataclass(frozen=True, slots=True)
class Collected:
    """The case with all answers that came back, and what they change."""

    memory: WorkingMemory
    added: tuple[Added, ...]
    conflicts: tuple[Conflict, ...]
    """Facts that were answered now and that others state otherwise, with the result under each value."""
    before: Diagnosis
    after: Diagnosis
    changes: tuple[StageChange, ...]

    @property
    def names(self) -> tuple[str, ...]:
        """The facts whose statements differ from before."""
        return tuple(dict.fromkeys(name for part in self.added for name in (*part.new, *part.replaced)))


def answered_twice(replies: Iterable[Reply]) -> tuple[Issue, ...]:
    """A fault for each question that one respondent answered in two questionnaires."""
    seen: dict[tuple[str, str], Reply] = {}
    issues = []
    for reply in replies:
        for name, said in reply.statements.items():
            first = seen.setdefault((reply.respondent, name), reply)
            if first is not reply and said.place is not None:
                message = f"{reply.respondent} answers `{name}` in `{first.shown}` too"
                issues.append(Issue("twice", message, said.place, "collect one of the two"))
    return tuple(issues)


def collect(memory: WorkingMemory, replies: Iterable[Reply]) -> tuple[Collected, tuple[Issue, ...]]:
    """The case with all answers, and faults that only show when they stand together.

    A respondent's earlier statement on a fact is replaced; what others state is kept.
    """
    base, start = memory.base, memory
    added = []
    for reply in replies:
        parts: dict[str, list[str]] = {"new": [], "replaced": [], "same": []}
        for name, said in reply.statements.items():
            own = memory.said_by(name, said.voice)
            parts["same" if own == said else "replaced" if own else "new"].append(name)
            if own != said:
                memory = memory.saying(name, said)
        added.append(Added(reply.respondent, **{key: tuple(names) for key, names in parts.items()}, left=reply.left))
    memory = replace(memory, left_out=lacking(memory, memory.left_out))
    before, after = quick(base, start), quick(base, memory)
    answered = [name for part in added for name in (*part.new, *part.replaced, *part.same)]
    conflicts = tuple(conflict for name in dict.fromkeys(answered) if (conflict := _conflict(memory, name)))
    found = Collected(memory, tuple(added), conflicts, before, after, stage_changes(before, after))
    return found, formula_issues(memory)


def _conflict(memory: WorkingMemory, name: str) -> Conflict | None:
    """Statements that disagree, and how the result turns under each value."""
    fact = memory.fact(name)
    found = turns(memory, fact)
    return Conflict(fact, found) if len(found) > 1 else None


def statement_of(memory: WorkingMemory, name: str, respondent: str) -> Statement:
    """What a respondent states about a fact."""
    return next(said for said in memory.statements[name] if said.by == respondent)
