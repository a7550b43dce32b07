"""How far what leads to a stage still holds when only facts that meet the stage's floor are believed."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from salesdx.base.model import Stage, is_file
from salesdx.case.floor import low_reading, shortfall
from salesdx.case.memory import WorkingMemory
from salesdx.engine.excuses import Excuses
from salesdx.engine.program import (
    MODE,
    Count,
    Decide,
    Define,
    LeftOut,
    Matches,
    Program,
    Step,
    Tally,
    UnexaminedCount,
    UnprovenCount,
    UnsettledCount,
    ladder_name,
    ladder_word,
)
from salesdx.language.conditions import Expr, names, truth
from salesdx.language.truth import FALSE, TRUE, Truth

Match = Callable[[Program, WorkingMemory], Matches]


@dataclass(frozen=True, slots=True)
class WeakFact:
    """A fact that does not meet the floor of a stage which rests on it, and why not."""

    term: str
    why: str
    stage: Stage = field(compare=False, repr=False)


class LowReading:
    """What the rules are in the low reading of a case, for the floor of one stage.

    ``distrusted`` are kinds of evidence that this case shows to be of no use for single persons.
    """

    def __init__(
        self, program: Program, memory: WorkingMemory, stage: Stage, match: Match, distrusted: frozenset[str]
    ) -> None:
        self.program, self.memory, self.stage, self.distrusted = program, memory, stage, distrusted
        low = low_reading(memory, stage, distrusted)
        self.matches = match(program, low)
        self.excuses = Excuses(program.base, low, self.matches)


@dataclass(frozen=True)
class Unproven:
    """What leads to a stage and does not hold in the low reading, by the conditions; each with its weak facts."""

    conditions: Mapping[str, tuple[WeakFact, ...]]

    @property
    def facts(self) -> tuple[WeakFact, ...]:
        """The weak facts behind all conditions, each once."""
        return tuple(dict.fromkeys(fact for facts in self.conditions.values() for fact in facts))


def unproven(low: LowReading, ladder: Mapping[str, Any], unsettled: Callable[[tuple[str, ...]], int]) -> Unproven:
    """What of the way to a stage does not follow from the facts that meet its floor.

    ``ladder`` are the ladder's words in the full reading, as far as they are decided, and ``unsettled`` counts of some
    rules those that are not settled there. Asked are the mode, each earlier
    stage but the personnel stage (it does not apply, or is ruled out), the personnel stage's own line, and of a file
    its line for a complete one. Nothing else: a sign, or what is imprecise, holds back in the full reading, which has
    all of them.
    """
    words = _words(low, ladder, unsettled, _status_steps(low.program, low.stage.id))
    found: dict[str, tuple[WeakFact, ...]] = {}
    for name, holds, reads in _conditions(low.program, low.stage, ladder, low.matches, words):
        if not holds:
            weak = (_weak(low, read) for read in _asked(low.program, reads))
            found[name] = tuple(fact for fact in weak if fact is not None)
    return Unproven(found)


def holds_low(
    expr: Expr, low: LowReading, ladder: Mapping[str, Any], unsettled: Callable[[tuple[str, ...]], int]
) -> Truth:
    """The truth of a condition of the ladder in the low reading; what the ladder decided stands as in the full one."""
    read = set(names(expr))
    steps = tuple(step for step in low.program.ladder if step.name in read)
    return truth(expr, _words(low, ladder, unsettled, steps))


def _conditions(
    program: Program, stage: Stage, ladder: Mapping[str, Any], matches: Matches, words: Mapping[str, Any]
) -> Iterator[tuple[str, bool, tuple[Expr, ...]]]:
    """Each condition: what it is of, whether it holds in the low reading, and what it reads."""
    base, values = program.base, matches.values
    modes = [*_lines_to(base.ladder.modes, ladder[MODE])]
    holds = all(truth(line.when, values) is (TRUE if line is modes[-1] else FALSE) for line in modes)
    yield MODE, holds, tuple(line.when for line in modes)
    steps = {step.name: step for step in program.ladder}
    for earlier in base.stages:
        own = earlier.id == base.ladder.personnel_stage
        if earlier is stage and not own and not is_file(base, stage):
            return
        if own or earlier is stage:
            line = steps[ladder_name(earlier.id, "status")]
            assert isinstance(line, Decide)
            wanted = ladder.get(line.name) if own else complete_status(program, earlier)
            whens = [each.when for each in line.lines if each.name == wanted]
            yield earlier.id, any(truth(when, words) is TRUE for when in whens), _of_rules(program, earlier)
        else:
            parts = [steps[ladder_name(earlier.id, word)] for word in ("applies", "ruled_out_when")]
            applies, out = (truth(part.expr, values) for part in parts if isinstance(part, Define))
            exprs = tuple(part.expr for part in parts if isinstance(part, Define))
            yield earlier.id, applies is FALSE or out is TRUE, exprs
        if earlier is stage:
            return


def _lines_to(lines: tuple[Any, ...], name: str) -> Iterator[Any]:
    for line in lines:
        yield line
        if line.name == name:
            return


def complete_status(program: Program, stage: Stage) -> str:
    """The status of a file that is complete: the one that exhausts the earlier help."""
    steps = {step.name: step for step in program.ladder}
    exhausted, decide = (steps[ladder_name(stage.id, word)] for word in ("exhausted", "status"))
    assert isinstance(exhausted, Define) and isinstance(decide, Decide)
    fit = [line.name for line in decide.lines if truth(exhausted.expr, {decide.name: line.name}) is TRUE]
    return fit[0] if fit else ""


@lru_cache(maxsize=64)
def _status_steps(program: Program, stage: str) -> tuple[Step, ...]:
    """The steps of the ladder by which the statuses of a stage and of the personnel stage are decided."""
    lines = {ladder_name(id, "status") for id in (stage, program.base.ladder.personnel_stage)}
    decides = [step for step in program.ladder if isinstance(step, Decide) and step.name in lines]
    read = {name for step in decides for line in step.lines for name in names(line.when)}
    return tuple(step for step in program.ladder if step.name in read)


def _words(
    low: LowReading,
    ladder: Mapping[str, Any],
    unsettled: Callable[[tuple[str, ...]], int],
    steps: tuple[Step, ...],
) -> dict[str, Any]:
    """The words of some steps of the ladder in the low reading; what is decided stands as in the full reading."""
    base, matches, excuses = low.program.base, low.matches, low.excuses
    words: dict[str, Any] = dict(ladder)
    for step in steps:
        stage, word = ladder_word(step.name)
        match step:
            case Count(name, home, strength):
                true = (matches.truths[rule.id] is TRUE for rule in base.rules_of[home] if rule.strength == strength)
                words[name] = sum(true)
            case UnexaminedCount(name, parts):
                looked = (len(excuses.open(rules)) for passed, rules in parts if ladder.get(passed) is TRUE)
                words[name] = sum(looked)
            case UnsettledCount(name, rules):
                words[name] = unsettled(rules)
            case UnprovenCount(name, _) | LeftOut(name):
                words[name] = 0  # the first is what is asked, the other holds the full reading back
            case Tally(name, of):
                words[name] = sum(ladder.get(part) is not TRUE for part in of)
            case Define(name, expr) if stage and word in ("applies", "ruled_out_when", "set_aside_when"):
                words[name] = truth(expr, matches.values)
    return words


def _of_rules(program: Program, stage: Stage) -> tuple[Expr, ...]:
    return tuple(rule.when for rule in program.base.rules_of[stage.id])


def _asked(program: Program, exprs: tuple[Expr, ...]) -> Iterator[str]:
    """The asked terms behind some expressions, also through findings and formulas; each once."""
    base = program.base
    queue = [name for expr in exprs for name in names(expr)]
    seen: set[str] = set()
    while queue:
        name = queue.pop(0)
        if name in seen:
            continue
        seen.add(name)
        term = base.terms.get(name)
        if term is not None and not term.computed:
            yield name
        inner = term.expressions if term is not None else tuple(rule.when for rule in base.findings.get(name, ()))
        queue += [read for expr in inner for read in names(expr)]


def _weak(low: LowReading, name: str) -> WeakFact | None:
    fact = low.memory.facts.get(name)
    if fact is None or (fact.value is None and not fact.excused):
        return None
    why = shortfall(low.memory, fact, low.stage, low.distrusted)
    return WeakFact(name, why, low.stage) if why else None
