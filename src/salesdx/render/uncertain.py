"""What is not certain: statements that disagree, what is missing and who can answer, signs not looked at."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from salesdx.base.model import Term
from salesdx.case.closing import awaits_subject
from salesdx.case.memory import WorkingMemory
from salesdx.case.settling import Fact, speaker
from salesdx.case.statement import COMPUTED, Statement, evidence_kind, evidence_rank, untimely
from salesdx.engine.diagnosis import Conflict, Diagnosis
from salesdx.language.intervals import Interval
from salesdx.render.blocks import Block, Entries, Entry, EntryLine, Paragraph, Table
from salesdx.render.rungs import step_number
from salesdx.render.wording import (
    NOBODY,
    amount,
    by_respondent,
    called,
    concerns_person,
    person,
    unchecked_words,
    unknown_words,
    who_answers,
)
from salesdx.text.english import listed, many


def gone(diagnosis: Diagnosis) -> Iterator[Block]:
    """Statements that were taken back, and those that earlier records of the subject hold and the case lacks."""
    rows = []
    for name, said in diagnosis.memory.withdrawn:
        why = f"withdrawn on {said.withdrawn.date.isoformat()}: {said.withdrawn.reason}" if said.withdrawn else ""
        rows.append((name, said, why))
    rows += [(name, said, "left out: it is on record and not in this case") for name, said in diagnosis.memory.left_out]
    if rows:
        told = tuple((*_stated(diagnosis.memory, name, said), why) for name, said, why in rows)
        yield Table(("fact", "value", "stated by", "date", "what became of it"), told)


def withdrawn_words(memory: WorkingMemory, name: str, said: Statement) -> str:
    """A statement that was taken back, in a line."""
    label, value, who, _ = _stated(memory, name, said)
    return f"{label}, {value}, by {who}" + (f": {said.withdrawn.reason}" if said.withdrawn else "")


def _stated(memory: WorkingMemory, name: str, said: Statement) -> tuple[str, ...]:
    base = memory.base
    term = base.terms.get(name)
    value = amount(term, said.value, memory) if said.value is not None else str(said.unknown or "")
    who = person(base, said.by) or "not stated"
    return called(base, name), value, who, said.date.isoformat() if said.date else ""


def conflicts(diagnosis: Diagnosis) -> Iterator[Block]:
    """Statements that disagree, which is used, and what follows under each."""
    if diagnosis.conflicts:
        yield Entries(tuple(_conflict(diagnosis, conflict) for conflict in diagnosis.conflicts))


def _conflict(diagnosis: Diagnosis, conflict: Conflict) -> Entry:
    fact, term = conflict.fact, diagnosis.base.terms[conflict.fact.term]
    counts = amount(term, fact.value, diagnosis.memory)
    used = "none is used: the fact is disputed" if fact.value is None else f"{counts} is used"
    used += ", which is disputed" * (fact.disputed and fact.value is not None)
    lines = [EntryLine("", term.question)] if term.question else []
    lines.append(EntryLine("", f"{used}; {fact.conflict}"))
    results = {result for _, result in conflict.turns}
    if len(results) == 1:
        lines.append(EntryLine("", f"whichever counts, the result is the same: {results.pop()}"))
    else:
        turns = ((amount(term, value, diagnosis.memory), result) for value, result in conflict.turns)
        lines += [EntryLine("", f"if it is {value}: {result}") for value, result in turns]
    rows = tuple(_statement(diagnosis, term, said, use_words(diagnosis.memory, fact, said)) for said in fact.statements)
    return Entry(
        called(diagnosis.base, fact.term),
        "",
        tuple(lines),
        Table(("stated by", "value", "evidence", "source", "date", "use"), rows),
    )


def _statement(diagnosis: Diagnosis, term: Term, said: Statement, use: str) -> tuple[str, ...]:
    who = person(diagnosis.base, speaker(term, said)) or ("the formula" if said.source == COMPUTED else "not stated")
    value = amount(term, said.value, diagnosis.memory) if said.value is not None else str(said.unknown or "")
    kind = "" if said.source == COMPUTED else evidence_kind(diagnosis.base, said)
    unchecked = unchecked_words(diagnosis.memory, said)
    source = ", ".join(filter(None, ("" if said.source == kind else said.source, unchecked)))
    return who, value, kind, source, said.date.isoformat() if said.date else "", use


def use_words(memory: WorkingMemory, fact: Fact, said: Statement) -> str:
    """What became of a statement: of a disputed number all of the strongest kind make the span."""
    base = memory.base
    if not said.stands:
        return "withdrawn"
    late = untimely(base.terms[fact.term], said, memory.period, memory.today)
    if said.value is not None and late is not None:
        return late.label
    if not fact.disputed or fact.used is None:
        return "used" if said == fact.used else ""
    return "in the span" if evidence_rank(base, said) == evidence_rank(base, fact.used) else ""


def missing(diagnosis: Diagnosis) -> Iterator[Block]:
    """What to ask, and who can answer: what is asked first, then the rest."""
    questions = [term for term in diagnosis.next_questions if not diagnosis.declined(term.name)]
    if questions:
        yield Paragraph("Ask first:")
        yield Entries(tuple(_question(diagnosis, term) for term in questions), numbered=True)
    asked = {term.name for term in questions}
    rest = [name for name in diagnosis.open_terms if name not in asked and not awaits_subject(diagnosis.memory, name)]
    if rest:
        yield Paragraph("Then, for the other open steps:" if questions else "For the open steps:")
        yield Table(("who can answer", "facts"), tuple(_answers(diagnosis, rest)))


def _question(diagnosis: Diagnosis, term: Term) -> Entry:
    who = person(diagnosis.base, diagnosis.asked_of(term.name))
    look = f"look in: {term.evidence}" if term.evidence else ""
    unit = f"unit: {term.unit}" if term.unit else ""
    known = diagnosis.matches.values.get(term.name)
    vague = known is None or isinstance(known, Interval)
    state = unknown_words(diagnosis, term.name) if vague else "too few yet"
    told = "; ".join(part for part in (state, unit, look) if part)
    return Entry(term.question, who, (EntryLine(called(diagnosis.base, term.name), told),))


def _answers(diagnosis: Diagnosis, terms: Iterable[str]) -> Iterator[tuple[str, str]]:
    for who, found in by_respondent(diagnosis, terms).items():
        yield who or "computed", ", ".join(found)


def unexamined(diagnosis: Diagnosis) -> Iterator[Block]:
    """The signs at which nobody looked, with the facts that would decide them."""
    unseen = diagnosis.unexamined
    if not unseen:
        return
    needed = (
        "; the file is complete only when all of them were looked at" if any(f.reached for f in diagnosis.files) else ""
    )
    spares = concerns_person(diagnosis) and any(entry.rule.suppresses or entry.rule.distrusts for entry in unseen)
    spare = ", or keep from the person what acts on one" if spares else ""
    yield Paragraph(
        "Some steps are ruled out on their core facts while signs of them are still unknown. Each of these could "
        f"confirm its step{spare}{needed}."
    )
    terms = [term for entry in unseen for term in entry.terms]
    counts = [
        f"{len(found)} {'with' if who == NOBODY else 'for'} {who or 'a formula'}"
        for who, found in by_respondent(diagnosis, terms).items()
    ]
    yield Paragraph(f"{many(len(unseen), 'sign')}, {many(len(set(terms)), 'fact')}: {listed(counts)}.")
    rows = tuple(
        (
            str(step_number(diagnosis, diagnosis.base.home[entry.rule.home])),
            entry.rule.id,
            entry.rule.strength,
            who_answers(diagnosis, entry.terms),
        )
        for entry in unseen
    )
    yield Table(("step", "sign", "strength", "facts that would decide it, and who can answer"), rows)
