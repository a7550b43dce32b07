"""What was drawn from a firm's systems: where each figure comes from, what was refused, what people say otherwise."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from decimal import Decimal

from salesdx.base.model import Term
from salesdx.case.memory import WorkingMemory
from salesdx.case.settling import is_refusal, speaker
from salesdx.case.statement import Statement, shown_value
from salesdx.engine.diagnosis import Diagnosis
from salesdx.language.intervals import Interval
from salesdx.render.blocks import Block, Heading, Paragraph, Section, Table
from salesdx.render.wording import amount, called, in_quotes, person, said_value
from salesdx.text.english import listed, many

ROWS = "`salesdx facts rows CASE FACT` gives the rows behind one"
NO_EVIDENCE = "The evidence file is not there, so that nobody can check them: they count as typed."


def drawn_section(diagnosis: Diagnosis) -> Section:
    """Where the drawn facts of a case come from; empty where nothing was drawn."""
    return Section("drawn", "Figures from the firm's systems", tuple(drawn_blocks(diagnosis.memory)), folded=True)


def drawn_line(memory: WorkingMemory) -> tuple[tuple[str, str], ...]:
    """How many figures were drawn, in a line of the head; nothing where nothing was drawn."""
    drawn, refused = len(drawn_statements(memory)), len(refusals(memory))
    if not drawn and not refused:
        return ()
    told = many(drawn, "fact") + " drawn" + (f", {refused} could not be" if refused else "")
    return (("From systems", told + (": no evidence file" if drawn and memory.evidence is None else "")),)


def drawn_statements(memory: WorkingMemory) -> list[tuple[Term, Statement]]:
    """The standing statements that were drawn and have a value, in the order of the vocabulary."""
    return [(term, said) for term, said in _drawn(memory) if not is_refusal(said)]


def refusals(memory: WorkingMemory) -> list[tuple[Term, Statement]]:
    """The facts that systems could not give."""
    return [(term, said) for term, said in _drawn(memory) if is_refusal(said)]


def _drawn(memory: WorkingMemory) -> Iterator[tuple[Term, Statement]]:
    for name, term in memory.base.terms.items():
        yield from ((term, said) for said in memory.statements.get(name, ()) if said.drawn and said.stands)


def drawn_blocks(memory: WorkingMemory) -> Iterator[Block]:
    """The figures with where each comes from, what is stated otherwise, and what was refused, by its reason."""
    drawn = drawn_statements(memory)
    if drawn:
        sealed = memory.evidence.digest.removeprefix("sha256:")[:12] if memory.evidence else ""
        proof = f"Evidence file {sealed}: {ROWS}." if sealed else NO_EVIDENCE
        yield Paragraph(f"{many(len(drawn), 'fact')} drawn from the firm's systems. {proof}")
        rows = tuple(_row(memory, term, said) for term, said in drawn)
        yield Table(("fact", "value", "rests on"), rows)
    if beside := tuple(beside_drawn(memory)):
        yield Heading("Stated otherwise by people")
        yield Table(("fact", "systems", "stated", "by"), beside)
    if refused := refusals(memory):
        reasons: dict[str, list[str]] = {}
        for term, said in refused:
            reasons.setdefault(said.reason or "no reason is given", []).append(in_quotes(memory.base, term.name))
        yield Heading(f"Not drawn, and why ({len(refused)})")
        yield Table(("why", "facts"), tuple((why, ", ".join(names)) for why, names in reasons.items()))


def _row(memory: WorkingMemory, term: Term, said: Statement) -> tuple[str, ...]:
    known = "" if memory.proves(said) or memory.evidence is None else "not in the evidence file: counts as typed"
    end = memory.period[1] if memory.period else None
    day = said.date.isoformat() if said.date and said.date != end else ""
    source = ", ".join(filter(None, (said.source, day, known)))
    rests_on = "; ".join(filter(None, (said.note, source)))
    return called(memory.base, term.name), drawn_value(memory, term, said), rests_on


def drawn_value(memory: WorkingMemory, term: Term, said: Statement) -> str:
    """A drawn value: the best estimate before the ends between which it lies."""
    if isinstance(said.value, Interval) and isinstance(said.value.best, Decimal | date):
        return f"{amount(term, said.value.best, memory)} ({shown_value(replace(said.value, best=None))})"
    return said_value(memory, term, said)


def beside_drawn(memory: WorkingMemory) -> Iterator[tuple[str, ...]]:
    """Facts of which people state something else than systems give."""
    base = memory.base
    for term, drawn in _drawn(memory):
        others = [s for s in memory.statements[term.name] if s.stands and not s.drawn and s.value is not None]
        found = [said for said in others if not _agree(drawn, said)]
        if found:
            told = listed([amount(term, said.value, memory) for said in found])
            who = listed([person(base, speaker(term, said)) or "nobody named" for said in found])
            yield called(base, term.name), drawn_value(memory, term, drawn) or "not known", told, who


def _agree(drawn: Statement, said: Statement) -> bool:
    """Whether what somebody states is what systems give, or lies between its ends."""
    ends = drawn.value
    if isinstance(ends, Interval) and not isinstance(said.value, Interval | str | bool | None):
        low = ends.low is None or ends.low <= said.value  # type: ignore[operator]
        return low and (ends.high is None or said.value <= ends.high)  # type: ignore[operator]
    return drawn.value == said.value
