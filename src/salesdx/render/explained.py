"""Explanations -> report: derivations as trees, changed facts side by side, and what would turn a result."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from salesdx.base.model import RuleBase
from salesdx.case.memory import WorkingMemory
from salesdx.case.money import in_currency
from salesdx.case.statement import Unknown
from salesdx.engine.comparing import Difference
from salesdx.engine.diagnosis import Diagnosis, status_words
from salesdx.explanation import Derivation, NeededChange, Turning, Turns, WhatIf
from salesdx.explanation.derivation import COMPARISON, FACT
from salesdx.explanation.phrases import origin_text
from salesdx.language.conditions import Value
from salesdx.render.blocks import Block, Paragraph, Report, Section, Step, Table, Tree
from salesdx.render.report import about_lines, footer, heading
from salesdx.render.wording import amount, called, in_quotes, person, relabelled, who_answers
from salesdx.services.explaining import Explained

SCHEMA = "salesdx.explanation/1"


def answers_data(diagnosis: Diagnosis, answers: Sequence[Explained]) -> dict[str, Any]:
    """The answers as JSON-ready data."""
    found = diagnosis.to_dict()
    return {
        "schema": SCHEMA,
        "case": found["case"],
        "answers": [{"question": a.question, "name": a.name, "answer": a.answer.to_dict()} for a in answers],
        "rule_base": found["rule_base"],
        "engine": found["engine"],
    }


def answers_report(diagnosis: Diagnosis, answers: Sequence[Explained]) -> Report:
    """The answers as a report, a section for each."""
    sections = tuple(
        Section(f"answer-{n}", _title(diagnosis, answer), tuple(_blocks(diagnosis, answer.answer)))
        for n, answer in enumerate(answers, 1)
    )
    return Report(heading(diagnosis), about_lines(diagnosis), sections, footer(diagnosis))


def _title(diagnosis: Diagnosis, answer: Explained) -> str:
    base, memory = diagnosis.base, diagnosis.memory
    match answer:
        case Explained("why", _, Derivation(text=text)):
            return f"Why {_short(base, text)}"
        case Explained("why_not", _, Derivation(text=text)):
            return f"Why not otherwise: {_short(base, text)}"
        case Explained("what_if", _, WhatIf(changes=changes)):
            told = (
                f"{in_quotes(base, change.term)} is {_amount(memory, change.term, change.becomes)}"
                for change in changes
            )
            return f"What if {', '.join(told)}"
    home = base.home.get(answer.name)
    return f"What would change {f'“{home.title}”' if home else in_quotes(base, answer.name)}"


def _short(base: RuleBase, text: str) -> str:
    return relabelled(base, text).partition(": ")[0]


def _blocks(diagnosis: Diagnosis, answer: Derivation | WhatIf | Turns) -> Iterator[Block]:
    base = diagnosis.base
    match answer:
        case Derivation():
            yield Tree(_step(base, answer))
            if answer.deciding:
                yield Paragraph(f"What would decide it: {who_answers(diagnosis, answer.deciding)}.")
        case WhatIf():
            yield from _what_if(diagnosis.memory, answer)
        case Turns():
            yield from _turns(diagnosis.memory, answer)


def _step(base: RuleBase, derivation: Derivation) -> Step:
    """A derivation's node; a comparison of one fact tells where the fact comes from itself."""
    children = derivation.children
    text, notes = derivation.text, list(derivation.notes)
    if derivation.kind == COMPARISON and len(children) == 1 and children[0].kind == FACT and not children[0].children:
        (child,) = children
        origin = origin_text(child.fact, base) if child.fact is not None else ""
        text = f"{text} — {origin}" if origin else text
        notes += child.notes
        children = ()
    notes = [relabelled(base, note) for note in notes]
    return Step(relabelled(base, text), derivation.truth, tuple(notes), tuple(_step(base, child) for child in children))


def _what_if(memory: WorkingMemory, found: WhatIf) -> Iterator[Block]:
    yield Table(("changed fact", "in the case", "what if"), tuple(_change(memory, change) for change in found.changes))
    if not found.differences:
        yield Paragraph("Nothing else changes.", strong=True)
        return
    yield Paragraph("What changes with it:")
    rows = tuple(
        (_about(memory.base, d), _told(memory, d.name, d.before, d.was), _told(memory, d.name, d.after, d.now))
        for d in found.differences
    )
    yield Table(("", "in the case", "what if"), rows)


def _told(memory: WorkingMemory, name: str, known: Value | None, words: str) -> str:
    """One side of a difference; an amount of money with its currency."""
    return in_currency(memory, memory.base.terms.get(name), known) or words or "–"


def _change(memory: WorkingMemory, change: NeededChange) -> tuple[str, ...]:
    was = change.was.unknown.value if change.was.unknown is not None else _amount(memory, change.term, change.was.value)
    return called(memory.base, change.term), was, _amount(memory, change.term, change.becomes)


def _amount(memory: WorkingMemory, term: str, known: Value | Unknown | None) -> str:
    return known.value if isinstance(known, Unknown) else amount(memory.base.terms.get(term), known, memory)


def _about(base: RuleBase, difference: Difference) -> str:
    """What differs: a rule by its id, all else by its title."""
    name = difference.name
    if name in base.terms:
        return f"{status_words(difference.what)}: {difference.title or in_quotes(base, name)}"
    if name in base.rule:
        return f"rule {name}"
    what = status_words(difference.what)
    return what if what == name else f"{what}: {difference.title or name}"


def _turns(memory: WorkingMemory, found: Turns) -> Iterator[Block]:
    yield Paragraph(f"Now: {status_words(found.now)}.", strong=True)
    if not found.turns:
        yield Paragraph(f"No change of up to {found.limit} facts gives another result.")
        return
    rows = tuple((status_words(turn.outcome), _changes(memory, turn)) for turn in found.turns)
    yield Table(("would be", "if (each value is an example)"), rows)
    more = ", ".join(f"{count} for {status_words(outcome)}" for outcome, count in found.more if count)
    if more:
        yield Paragraph(f"More sets of facts would do it: {more}.")
    yield Paragraph(f"Sets of more than {found.limit} changed facts were not looked for.")


def _changes(memory: WorkingMemory, turn: Turning) -> str:
    base = memory.base
    made = [(base.terms[change.term], _change(memory, change)) for change in turn.changes]
    return "; and ".join(
        f"{name}: {was} → {becomes} ({person(base, term.respondent) or 'computed'})"
        for term, (name, was, becomes) in made
    )
