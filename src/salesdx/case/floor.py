"""The floor: what a fact must be before a person's case may rest on it, and the low reading of a case.

What speaks against a person needs facts from those who must know, on record, dated and in agreement. The low reading
is the case with only the facts that meet the floor; nobody has said anything else in it.
"""

from __future__ import annotations

from salesdx.base.ladder_lines import Floor
from salesdx.base.model import Stage, Term
from salesdx.case.also_calculated import is_calculated
from salesdx.case.memory import WorkingMemory
from salesdx.case.persons import asks
from salesdx.case.settling import Fact, is_excuse, is_own
from salesdx.case.statement import Statement, Unknown, doubtful, evidence_kind, evidence_rank, shown_value, untimely
from salesdx.language.conditions import names
from salesdx.text.english import listed


def low_reading(memory: WorkingMemory, stage: Stage, distrusted: frozenset[str] = frozenset()) -> WorkingMemory:
    """The case as only those facts tell it that meet the floor of a stage.

    ``distrusted`` are kinds of evidence that this case shows to be of no use for single persons.
    """
    kept: dict[str, Fact] = {}
    for name, fact in memory.facts.items():
        term = memory.base.terms[name]
        if term.computed and name not in memory.supposed:
            continue  # it has its formula's value and excuse: what a hand wrote of it meets no floor
        if fact.value is not None and not shortfall(memory, fact, stage, distrusted):
            kept[name] = fact
        elif excuse := _excuse(memory, fact, stage, distrusted):
            kept[name] = Fact(name, None, Unknown.NOT_APPLICABLE, excuse, fact.statements, excused=True)
    return memory.with_facts(kept)


def _excuse(memory: WorkingMemory, fact: Fact, stage: Stage, distrusted: frozenset[str]) -> Statement | None:
    """The first statement, if any, that excuses a fact and meets the floor; none where who must know gives a value too,
    or it is calculated, also where that gives no sharp one: what takes the floor from that value would look at a rule.
    """
    term = memory.base.terms[fact.term]
    if stage.floor is None or fact.unknown is Unknown.IMPRECISE:
        return None
    stands = (said for said in fact.statements if said.stands)
    current = [said for said in stands if not untimely(term, said, memory.period, memory.today)]
    if any(said.value is not None and (is_own(term, said) or is_calculated(term, said)) for said in current):
        return None
    excuses = (said for said in current if is_excuse(term, said))
    return next((said for said in excuses if not _fault(memory, term, stage, said, distrusted)), None)


def shortfall(memory: WorkingMemory, fact: Fact, stage: Stage, distrusted: frozenset[str] = frozenset()) -> str:
    """Why a fact does not meet the floor of a stage, in a reader's words; empty where it does.

    A value that a formula gives meets it when all its inputs do, so this is asked of what was stated; but what an
    asked term can also be calculated from is asked for it here.
    """
    floor, term = stage.floor, memory.base.terms[fact.term]
    if floor is None or fact.term in memory.fixed:
        return ""
    if fact.disputed:
        return "statements of equal weight disagree"
    if fact.value is None:
        return fact.unknown.value if fact.unknown else ""
    stated = [s for s in fact.statements if s.stands and s.value is not None]
    current = [s for s in stated if not untimely(term, s, memory.period, memory.today)]
    alike = [s for s in current if s.value == fact.value]
    if any(is_own(term, s) for s in current if s not in alike):
        return "who must know says something else"
    faults = [_fault(memory, term, stage, said, distrusted) for said in alike]
    good = [said for said, fault in zip(alike, faults, strict=True) if not fault]
    if all(faults):
        return _only_foreign(memory, term, alike) or (min(faults, key=len) if faults else "nobody says so")
    authors = {author.casefold() for said in good if (author := _author(memory, term, said))}
    nameless = any(said.supposed or is_calculated(term, said) for said in good)
    if not nameless and len(authors) < term.authors and term.authors > 1:
        return f"{term.authors} named authors must say so, {len(authors) or 'none'} did"
    return ""


def _only_foreign(memory: WorkingMemory, term: Term, alike: list[Statement]) -> str:
    """Whose word a fact rests on, where nobody who must know it says so and others do; else empty."""
    voices = [said.by for said in alike]
    if not all(voices) or any(is_own(term, said) for said in alike) or not voices:
        return ""
    return f"rests on the word of {listed([memory.base.respondents.get(by, by) for by in dict.fromkeys(voices)])} alone"


def wanted_kind(floor: Floor, stage: Stage, term: Term) -> str:
    """The weakest kind of evidence that will do for a term."""
    return floor.own_kind if floor.own_kind and term.home == stage.id else floor.kind


def demanded(memory: WorkingMemory, stage: Stage, term: Term) -> str:
    """What a statement of whoever must know a term has to be to meet the floor of a stage: `CRM fields or stronger,
    dated`."""
    floor, asked_by = stage.floor, memory.head.asked_by.by or memory.base.ladder.asked_by
    if floor is None:
        return ""
    dated = ", dated" * floor.dated
    if term.respondent == asked_by and floor.asker_kind:
        return f"{floor.asker_kind}{dated}"
    return f"{wanted_kind(floor, stage, term)} or stronger{dated}"


def _off_record(memory: WorkingMemory, said: Statement) -> str:
    """Why a statement on what the record states does not carry it; empty where it is the record, confirmed as it is."""
    if not said.record:
        return "is not on the record of sessions"
    return "" if memory.period is not None and memory.subject.get("ref") else "the case has no period or no ref"


def _author(memory: WorkingMemory, term: Term, said: Statement) -> str:
    """The person who speaks: who is known to, where persons are known, else the one that the statement names."""
    return said.author if memory.persons is None else memory.persons.who_said(term.name, said)


def _fault(memory: WorkingMemory, term: Term, stage: Stage, said: Statement, distrusted: frozenset[str]) -> str:
    """Why one statement does not carry a fact over the floor; empty where it does."""
    base, floor = memory.base, stage.floor
    assert floor is not None
    if term.or_formula is not None and is_calculated(term, said):
        inputs = (memory.fact(name) for name in names(term.or_formula))
        return next((why for fact in inputs if (why := shortfall(memory, fact, stage, distrusted))), "")
    wanted = wanted_kind(floor, stage, term)
    if term.record is not None and not said.supposed and (said.record or memory.followed.actions):
        return _off_record(memory, said)
    if not is_own(term, said):
        return f"rests on the word of {base.respondents.get(said.by, said.by)}" if said.by else "rests on nobody's word"
    if memory.persons is not None and not said.supposed and not memory.persons.who_said(term.name, said):
        return f"{base.respondents.get(said.by, said.by)} has not vouched for it with a login of their own"
    asking = asks(base, memory.head.asked_by, memory.persons, term.name, said)
    if asking and evidence_kind(base, said) != floor.asker_kind:
        return f"rests on the word of {base.respondents.get(said.by, said.by)}, who asked for the review"
    if evidence_rank(base, said) > base.evidence_ranks[wanted]:
        return f"needs {wanted} or stronger evidence"
    if (kind := evidence_kind(base, said)) in distrusted:
        return f"{kind} cannot be used here for a single person"
    if floor.dated and (said.date is None or memory.period is None or not memory.subject.get("ref")):
        missing = [
            what
            for what, known in (("date", said.date), ("period", memory.period), ("ref", memory.subject.get("ref")))
            if not known
        ]
        return f"the {'statement has no date' if missing[0] == 'date' else f'case has no {missing[0]}'}"
    if doubtful(term, said):
        return f"{shown_value(said.value)}% may be meant as a fraction"
    return ""
