"""What rests on too little and holds a person back: the facts, whose word they are, and what would lift them."""

from __future__ import annotations

from collections.abc import Iterator

from salesdx.base.model import SYSTEM, Stage, Term
from salesdx.case.floor import demanded
from salesdx.engine.diagnosis import Diagnosis
from salesdx.engine.standing import Standing
from salesdx.render.blocks import Block, Heading, Table
from salesdx.render.rungs import stage_title
from salesdx.render.wording import amount, called, in_quotes, person
from salesdx.text.english import listed

NAMED = 3
"""So many facts with one reason are named in a line."""


def waiting(diagnosis: Diagnosis) -> tuple[Standing, ...]:
    """The stages that would come out otherwise if what leads to them were proved, or could: held, and files."""
    return tuple(s for s in diagnosis.standings if s.unproven and (s.held or (s.reached and s.by_file)))


def weak_lines(diagnosis: Diagnosis, standing: Standing) -> tuple[str, ...]:
    """A line for each reason why facts below the floor do not carry a stage, with the facts; the most facts last.

    "rests on the word of the sales manager alone: “Orders complete and on time”"
    """
    found: dict[str, list[str]] = {}
    for fact in standing.unproven:
        found.setdefault(fact.why, []).append(in_quotes(diagnosis.base, fact.term))
    return tuple(f"{why}: {_few(names)}" for why, names in sorted(found.items(), key=lambda item: len(item[1])))


def _few(names: list[str]) -> str:
    more = [f"{len(names) - NAMED} more"] if len(names) > NAMED + 1 else []
    return listed([*names[:NAMED], *more] if more else names)


def proving(diagnosis: Diagnosis) -> Iterator[Block]:
    """The facts below the floor of each stage that waits for them, and what would lift each."""
    for standing in waiting(diagnosis):
        yield Heading(stage_title(diagnosis, standing.stage))
        rows = tuple(_row(diagnosis, standing, fact.term, fact.why) for fact in standing.unproven)
        yield Table(("fact", "value", "why it is too little", "what would lift it"), rows, labelled=True)


def _row(diagnosis: Diagnosis, standing: Standing, name: str, why: str) -> tuple[str, ...]:
    base = diagnosis.base
    term, known = base.terms[name], diagnosis.memory.fact(name).value
    value = (
        amount(term, known, diagnosis.memory) if known is not None else str(diagnosis.memory.fact(name).unknown or "")
    )
    return called(base, name), value, why, _lifting(diagnosis, standing.stage, term)


def _lifting(diagnosis: Diagnosis, stage: Stage, term: Term) -> str:
    """What would let a fact meet the floor of a stage: who says it, on what evidence."""
    authors = f", by {term.authors} named authors" if term.authors > 1 else ""
    return f"{_who(diagnosis, term)}: {demanded(diagnosis.memory, stage, term)}{authors}"


def _who(diagnosis: Diagnosis, term: Term) -> str:
    """Whose word counts on a term."""
    roles = [role for role in term.only if role != SYSTEM] or [term.respondent]
    return listed([person(diagnosis.base, role) for role in roles], "or")
