"""What the answers of several respondents did to a case, in lines for a terminal or a pipe."""

from __future__ import annotations

from collections.abc import Iterator

from salesdx.base.model import RuleBase, Stage, Term
from salesdx.case.memory import WorkingMemory
from salesdx.case.statement import Statement, untimely
from salesdx.engine.comparing import summary
from salesdx.engine.diagnosis import Conflict, status_words
from salesdx.questionnaire.collecting import Added, Collected, statement_of
from salesdx.render.lines import clean, wrap
from salesdx.render.wording import amount, called, in_quotes, person, said_value
from salesdx.text.english import capital, listed


def render_collected(found: Collected, width: int) -> str:
    """What was added, where respondents disagree, and how the result changed."""
    lines: list[str] = []
    for indent, text in _lines(found):
        lines += [" " * indent + line for line in wrap(clean(text), width - indent, width - indent)] or [""]
    return "".join(f"{line}\n" for line in lines)


def _lines(found: Collected) -> Iterator[tuple[int, str]]:
    base = found.memory.base
    for added in found.added:
        yield from _added(found, added)
    for conflict in found.conflicts:
        yield 0, ""
        yield from _conflict(found.memory, conflict)
    yield 0, ""
    for change in found.changes:
        was, now = status_words(change.before), status_words(change.after)
        told = f"overturned: it was {was}" if change.overturned else f"it was {was}"
        yield 0, f"Step {_number(base, change.stage)} “{change.stage.title}” is {now} now ({told})."
    if not found.changes:
        yield 0, "Nothing changes on the ladder."
    before, after = summary(found.before.to_dict()), summary(found.after.to_dict())
    yield 0, capital(after) + (f"; before, {before}." if before != after else ", as before.")


def _added(found: Collected, added: Added) -> Iterator[tuple[int, str]]:
    base = found.memory.base
    parts = [
        f"{len(names)} {word}"
        for word, names in (("new", added.new), ("replaced", added.replaced), ("as before", added.same))
        if names
    ]
    open_ = f"; {_many(added.left, 'question')} left open" if added.left else ""
    count = len(added.new) + len(added.replaced) + len(added.same)
    yield 0, capital(f"{person(base, added.respondent)}: {_many(count, 'answer')}{_in_brackets(parts)}{open_}")
    for name in (*added.new, *added.replaced):
        term, said, memory = base.terms[name], statement_of(found.memory, name, added.respondent), found.after.memory
        late = untimely(term, said, memory.period, memory.today) if said.value is not None else None
        dated = f"; of {said.date}, {late.told}" if late else ""
        yield 2, f"{called(base, name)}: {_said(memory, term, said)}{dated}"


def _conflict(memory: WorkingMemory, conflict: Conflict) -> Iterator[tuple[int, str]]:
    """Who says what, which value counts, and the result under each."""
    base = memory.base
    fact, term = conflict.fact, base.terms[conflict.fact.term]
    yield 0, f"Statements on {in_quotes(base, term.name)} disagree:"
    turns = dict(conflict.turns)
    for value in turns:
        who = [_who(base, said) for said in fact.statements if said.value == value]
        yield 2, f"{amount(term, value, memory)} ({listed(who)}): {turns[value]}"
    known = amount(term, fact.value, memory) if fact.value is not None else ""
    counts = f"it is disputed, {known}" if fact.disputed and known else f"{known} counts" if known else ""
    counts = counts or f"it counts as {fact.unknown}"
    yield 2, counts + (f": {fact.conflict}" if fact.conflict else "")


def _said(memory: WorkingMemory, term: Term, said: Statement) -> str:
    value = said_value(memory, term, said)
    return f"{value}: {said.reason}" if said.unknown and said.reason else value


def _who(base: RuleBase, said: Statement) -> str:
    parts = (person(base, said.by) or "not said by whom", said.source)
    return ", ".join(part for part in parts if part)


def _number(base: RuleBase, stage: Stage) -> int:
    return [each.id for each in base.stages].index(stage.id) + 1


def _in_brackets(parts: list[str]) -> str:
    return f" ({', '.join(parts)})" if parts else ""


def _many(number: int, what: str) -> str:
    return f"{number or 'no'} {what}" + "s" * (number != 1)
