"""What is not certain: statements that disagree, what is missing and who can answer, signs not looked at."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from salesdx.base.model import Term
from salesdx.case.statement import COMPUTED, Statement
from salesdx.engine.diagnosis import Conflict, Diagnosis
from salesdx.render.blocks import Block, Entries, Entry, EntryLine, Paragraph, Table
from salesdx.render.rungs import step_number
from salesdx.render.wording import amount, by_respondent, called, person, said_value, unknown_words, who_answers
from salesdx.text.english import listed


def conflicts(diagnosis: Diagnosis) -> Iterator[Block]:
    """Statements that disagree, which is used, and what follows under each."""
    if diagnosis.conflicts:
        yield Entries(tuple(_conflict(diagnosis, conflict) for conflict in diagnosis.conflicts))


def _conflict(diagnosis: Diagnosis, conflict: Conflict) -> Entry:
    fact, term = conflict.fact, diagnosis.base.terms[conflict.fact.term]
    used = "none is used: the fact is disputed" if fact.value is None else f"{amount(term, fact.value)} is used"
    lines = [EntryLine("", term.question)] if term.question else []
    lines.append(EntryLine("", f"{used}; {fact.conflict}"))
    results = {result for _, result in conflict.turns}
    if len(results) == 1:
        lines.append(EntryLine("", f"whichever counts, the result is the same: {results.pop()}"))
    else:
        lines += [EntryLine("", f"if it is {amount(term, value)}: {result}") for value, result in conflict.turns]
    rows = tuple(_statement(diagnosis, term, said, said == fact.used) for said in fact.statements)
    return Entry(
        called(diagnosis.base, fact.term),
        "",
        tuple(lines),
        Table(("stated by", "value", "source", "date", "use"), rows),
    )


def _statement(diagnosis: Diagnosis, term: Term, said: Statement, used: bool) -> tuple[str, ...]:
    who = person(diagnosis.base, said.by) or ("the formula" if said.source == COMPUTED else "not stated")
    return who, said_value(term, said), said.source, said.date.isoformat() if said.date else "", "used" if used else ""


def missing(diagnosis: Diagnosis) -> Iterator[Block]:
    """What to ask, and who can answer: what is asked first, then the rest."""
    questions = diagnosis.next_questions
    if questions:
        yield Paragraph("Ask first:")
        yield Entries(tuple(_question(diagnosis, term) for term in questions), numbered=True)
    asked = {term.name for term in questions}
    rest = [name for name in diagnosis.open_terms if name not in asked]
    if rest:
        yield Paragraph("Then, for the other open steps:" if questions else "For the open steps:")
        yield Table(("who can answer", "facts"), tuple(_answers(diagnosis, rest)))


def _question(diagnosis: Diagnosis, term: Term) -> Entry:
    who = person(diagnosis.base, term.respondent)
    look = f"look in: {term.evidence}" if term.evidence else ""
    unit = f"unit: {term.unit}" if term.unit else ""
    state = unknown_words(diagnosis, term.name) if diagnosis.matches.values.get(term.name) is None else "too few yet"
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
    yield Paragraph(
        "Some steps are ruled out on their core facts while signs of them are still unknown. Each of these could "
        f"confirm its step{needed}."
    )
    terms = [term for entry in unseen for term in entry.terms]
    counts = [f"{len(found)} for {who or 'a formula'}" for who, found in by_respondent(diagnosis, terms).items()]
    yield Paragraph(f"{len(unseen)} signs, {len(set(terms))} facts: {listed(counts)}.")
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
