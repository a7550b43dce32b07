"""The floor: what a fact must be before a person's case may rest on it, and the low reading of a case.

What speaks against a person needs facts from those who must know, on record, dated and in agreement. The low reading
is the case with only the facts that meet the floor; nobody has said anything else in it.
"""

from __future__ import annotations

from salesdx.base.model import Floor, Stage, Term
from salesdx.case.memory import WorkingMemory
from salesdx.case.settling import Fact, is_own
from salesdx.case.statement import Statement, doubtful, evidence_rank, untimely


def low_reading(memory: WorkingMemory, stage: Stage, distrusted: frozenset[str] = frozenset()) -> WorkingMemory:
    """The case as only those facts tell it that meet the floor of a stage.

    ``distrusted`` are kinds of evidence that this case shows to be of no use for single persons.
    """
    kept = {
        name: fact
        for name, fact in memory.facts.items()
        if (fact.value is not None or fact.excused)
        and not memory.base.terms[name].computed
        and not shortfall(memory, fact, stage, distrusted)
    }
    return memory.with_facts(kept)


def shortfall(memory: WorkingMemory, fact: Fact, stage: Stage, distrusted: frozenset[str] = frozenset()) -> str:
    """Why a fact does not meet the floor of a stage, in a reader's words; empty where it does.

    A value that a formula gives meets it when all its inputs do, so this is asked of what was stated.
    """
    floor, term = stage.floor, memory.base.terms[fact.term]
    if floor is None or fact.term in memory.head:
        return ""
    if fact.disputed:
        return "statements of equal weight disagree"
    if fact.value is None and not fact.excused:
        return fact.unknown.value if fact.unknown else ""
    current = [s for s in fact.statements if s.stands and not untimely(term, s, memory.period, memory.today)]
    alike = [s for s in current if (s.value == fact.value if fact.value is not None else s.unknown is fact.unknown)]
    if any(is_own(term, s) and s.value is not None for s in current if s not in alike):
        return "who must know says something else"
    wanted = floor.own_kind if floor.own_kind and term.home == stage.id else floor.kind
    faults = [_fault(memory, term, floor, wanted, said, distrusted) for said in alike]
    authors = {said.author for said, fault in zip(alike, faults, strict=True) if not fault and said.author}
    if all(faults):
        return min(faults, key=len) if faults else "nobody says so"
    if len(authors) < term.authors and term.authors > 1:
        return f"{term.authors} named authors must say so, {len(authors) or 'none'} did"
    return ""


def _fault(
    memory: WorkingMemory, term: Term, floor: Floor, wanted: str, said: Statement, distrusted: frozenset[str]
) -> str:
    """Why one statement does not carry a fact over the floor; empty where it does."""
    base = memory.base
    if not is_own(term, said):
        return f"rests on the word of {base.respondents.get(said.by, said.by)}" if said.by else "rests on nobody's word"
    least = base.evidence_ranks[floor.asker_kind] if floor.asker_kind else -1
    if _asks(memory, said) and evidence_rank(base, said) > least:
        return f"rests on the word of {base.respondents.get(said.by, said.by)}, who asked for the review"
    if evidence_rank(base, said) > base.evidence_ranks[wanted]:
        return f"needs {wanted} or stronger evidence"
    if said.kind in distrusted:
        return f"{said.kind} cannot be used here for a single person"
    if floor.dated and (said.date is None or memory.period is None or not memory.subject.get("ref")):
        missing = [
            what
            for what, known in (("date", said.date), ("period", memory.period), ("ref", memory.subject.get("ref")))
            if not known
        ]
        return f"the {'statement has no date' if missing[0] == 'date' else f'case has no {missing[0]}'}"
    if doubtful(term, said):
        return f"{said.value}% may be meant as a fraction"
    return ""


def _asks(memory: WorkingMemory, said: Statement) -> bool:
    """Whether whoever asked for the review speaks: by role, or by name."""
    role, author = memory.asked_by
    return said.by == (role or memory.base.ladder.asked_by) or bool(author and said.author == author)
