"""Which answers can still change a result: rules, statuses and modes as decision diagrams over what can be asked.

Each asked term is a variable whose cells are the values that no comparison of the rule base tells apart, and one cell
for "not known". A comparison over several terms, or over a computed one, is a variable of its own: so relevance is
exact where every comparison reads one asked term, and elsewhere errs only towards asking.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import ROUND_FLOOR, Decimal
from functools import lru_cache
from itertools import pairwise
from typing import Any

from salesdx.base.ladder_lines import LadderLine
from salesdx.base.model import RuleBase, Stage, Term
from salesdx.case.memory import WorkingMemory
from salesdx.case.statement import Unknown
from salesdx.engine.program import compile_base
from salesdx.interview.diagrams import Diagrams, Node
from salesdx.language.conditions import (
    And,
    Compare,
    Expr,
    In,
    Literal,
    Name,
    Not,
    Or,
    Value,
    Values,
    leaves,
    names,
    truth,
    walk,
)
from salesdx.language.intervals import Interval
from salesdx.language.rewriting import without_places
from salesdx.language.truth import FALSE, TRUE, UNKNOWN, Truth, not_


@dataclass(frozen=True)
class Variable:
    """What a variable of the diagrams stands for: an asked term with its cells, or a comparison over several."""

    index: int
    leaf: Expr | None
    term: str
    tests: tuple[Expr, ...]
    samples: tuple[Value, ...]
    """A value for each cell but the last, which is "not known". For a comparison: true, false."""
    reads: tuple[str, ...]
    """The names that the comparison reads."""


class Conditions:
    """The diagrams of a rule base's conditions: of its rules, of its findings, and of any other on demand."""

    def __init__(self, base: RuleBase) -> None:
        self.base = base
        self.diagrams = Diagrams()
        self.true, self.false, self.unknown = (self.diagrams.terminal(value) for value in (True, False, None))
        self.variables: dict[str | Expr, Variable] = {}
        self.by_index: list[Variable] = []
        self.conditions: dict[Expr, Node] = {}
        self._variables()
        self.rules: dict[str, Node] = {}
        self.findings: dict[str, Node] = {}
        for step in compile_base(base).steps:
            if isinstance(step, Term):
                continue
            for rule in base.findings[step]:
                self.rules[rule.id] = self.condition(rule.when)
            self.findings[step] = self.any_of(self.rules[rule.id] for rule in base.findings[step])

    # --- variables ---

    def _variables(self) -> None:
        tests: dict[str, list[Expr]] = {}
        order: dict[str | Expr, None] = {}
        for expr in self._expressions():
            for leaf in leaves(expr):
                term = self._single(leaf)
                if term:
                    tests.setdefault(term, []).append(leaf)
                if not (isinstance(leaf, Name) and leaf.id in self.base.findings) and not isinstance(leaf, Literal):
                    order.setdefault(term or without_places(leaf))
        for key in order:
            if isinstance(key, str):
                samples = cells(self.base.terms[key], tests[key])
                made = Variable(self.diagrams.variable(len(samples) + 1), None, key, tuple(tests[key]), samples, (key,))
            else:
                made = Variable(self.diagrams.variable(3), key, "", (), (True, False), names(key))
            self.variables[key] = made
            self.by_index.append(made)

    def _expressions(self) -> Iterator[Expr]:
        base = self.base
        yield from (line.when for line in base.ladder.modes)
        for stage in (*base.groups, *base.stages):
            yield from stage.conditions.values()
            yield from (rule.when for rule in base.rules_of[stage.id])
        yield from (i.preferred_when for i in base.interventions.values() if i.preferred_when is not None)

    def _single(self, leaf: Expr) -> str:
        """The asked term that a comparison is about; empty if it reads several names or a computed one."""
        match leaf:
            case Name(id) | Compare(_, Name(id), Literal()) | Compare(_, Literal(), Name(id)) | In(Name(id), _):
                term = self.base.terms.get(id)
                return id if term is not None and not term.computed else ""
        return ""

    # --- diagrams ---

    def condition(self, expr: Expr) -> Node:
        """The diagram of a condition: true, false or unknown (None) for each combination of answers."""
        found = self.conditions.get(expr)
        if found is None:
            found = self.conditions[expr] = self._condition(expr)
        return found

    def _condition(self, expr: Expr) -> Node:
        match expr:
            case And(parts):
                return self.all_of(map(self.condition, parts))
            case Or(parts):
                return self.any_of(map(self.condition, parts))
            case Not(part):
                return self.diagrams.apply(not_, self.condition(part))
            case Literal(known):
                return self.true if known is True else self.false
            case Name(id) if id in self.base.findings:
                return self.findings[id]
        term = self._single(expr)
        if term:
            variable = self.variables[term]
            children = [self._terminal(truth(expr, {term: sample})) for sample in variable.samples]
            return self.diagrams.inner(variable.index, (*children, self.unknown))
        return self.diagrams.inner(self.variables[without_places(expr)].index, (self.true, self.false, self.unknown))

    def _terminal(self, known: Truth) -> Node:
        return self.true if known is TRUE else self.false if known is FALSE else self.unknown

    def all_of(self, nodes: Iterable[Node]) -> Node:
        """The function that is true where all are, and false where one is."""
        return self.diagrams.join(self.true, self.false, nodes)

    def any_of(self, nodes: Iterable[Node]) -> Node:
        """The function that is true where one is, and false where all are."""
        return self.diagrams.join(self.false, self.true, nodes)


class Relevance(Conditions):
    """The diagrams of a rule base with those of the statuses, made once."""

    def __init__(self, base: RuleBase) -> None:
        super().__init__(base)
        self.statuses = {stage.id: self._status(stage) for stage in base.stages}
        self.mode = self._decide(base.ladder.modes, {})

    def _status(self, stage: Stage) -> Node:
        """The stage's own status, as if the ladder led here and everything before were examined."""
        lines = self.base.ladder.decisions[stage.decided_by]
        enough = max((int(number) for line in lines for number in _numbers(line.when)), default=0) + 1
        conditions = {
            "applies": stage.applies_when or Literal(True),
            "ruled_out_when": stage.ruled_out_when or Literal(False),
            "set_aside_when": stage.set_aside_when or Literal(False),
        }
        parts = {word: self.condition(expr) for word, expr in conditions.items()}
        read = {name for line in lines for name in names(line.when)}
        for strength in self.base.ladder.strengths:
            if strength in read:
                rules = [self.rules[rule.id] for rule in self.base.rules_of[stage.id] if rule.strength == strength]
                parts[strength] = self._count(rules, enough)
        return self._decide(lines, {name: part for name, part in parts.items() if name in read})

    def _count(self, nodes: list[Node], enough: int) -> Node:
        result = self.diagrams.terminal(Decimal(0))
        for node in nodes:
            result = self.diagrams.apply(lambda n, t: min(Decimal(enough), n + 1) if t is TRUE else n, result, node)
        return result

    def _decide(self, lines: tuple[LadderLine, ...], parts: dict[str, Node]) -> Node:
        if not parts:  # a decision over terms, not over the words of the ladder
            conditions = [self.condition(line.when) for line in lines]
            return self.diagrams.apply(lambda *held: _first(lines, held), *conditions)
        words = tuple(parts)
        counted = ("unexamined", "unsettled", "unproven", "left_out", "not_passed", "not_proved")
        none = dict.fromkeys(counted, Decimal(0))
        settled: dict[str, Value] = {"previous_concluded": True, "personnel": False, **none}

        def status(*values: Any) -> str | None:
            env = {**settled, **dict(zip(words, values, strict=True))}
            return _first(lines, [truth(line.when, env) for line in lines])

        return self.diagrams.apply(status, *parts.values())

    # --- one case ---

    def given(self, memory: WorkingMemory, values: Values) -> dict[int, int | tuple[int, ...]]:
        """What a case says of each variable: its cell, or the cells that an answer may still choose."""
        return {variable.index: self._cell(variable, memory, values) for variable in self.by_index}

    def _cell(self, variable: Variable, memory: WorkingMemory, values: Values) -> int | tuple[int, ...]:
        unknown = len(variable.samples)
        if variable.leaf is None:
            value = values.get(variable.term)
            if value is not None:
                cells = cells_of(variable, value)
                return cells[0] if len(cells) == 1 else cells
            return tuple(range(unknown)) if askable(memory, variable.term) else unknown
        held = truth(variable.leaf, values)
        if held is not UNKNOWN:
            return 0 if held is TRUE else 1
        return (0, 1) if self.questions(variable, memory, values) else unknown

    def questions(self, variable: Variable, memory: WorkingMemory, values: Values) -> tuple[str, ...]:
        """The terms to ask so that a variable becomes known; none if it cannot become known any more."""
        found: dict[str, None] = {}
        for name in variable.reads:
            part = unanswered(self.base, memory, values, name)
            if part is None:
                return ()
            found.update(dict.fromkeys(part))
        return tuple(found)


def cells_of(variable: Variable, value: Value) -> tuple[int, ...]:
    """The cells of a variable that a value is in: those that a more exact answer can choose where it is imprecise."""
    if not isinstance(value, Interval) or len(variable.samples) == 1:
        return (cell_of(variable, value),)
    known = [truth(test, {variable.term: value}) for test in variable.tests]
    return tuple(
        cell
        for cell, sample in enumerate(variable.samples)
        if all(
            k in (UNKNOWN, truth(test, {variable.term: sample})) for k, test in zip(known, variable.tests, strict=True)
        )
    )


def cell_of(variable: Variable, value: Value) -> int:
    """The cell of a variable that a value is in."""
    if len(variable.samples) == 1:
        return 0
    wanted = tuple(truth(test, {variable.term: value}) for test in variable.tests)
    for cell, sample in enumerate(variable.samples):
        if tuple(truth(test, {variable.term: sample}) for test in variable.tests) == wanted:
            return cell
    raise AssertionError(variable.term)  # the cells cover every value of the term's type


def _first(lines: tuple[LadderLine, ...], held: Iterable[Truth]) -> str | None:
    return next((line.name for line, truth_ in zip(lines, held, strict=True) if truth_ is TRUE), None)


def _numbers(expr: Expr) -> Iterator[Decimal]:
    return (part.value for part in walk(expr) if isinstance(part, Literal) and isinstance(part.value, Decimal))


def cells(term: Term, tests: Iterable[Expr]) -> tuple[Value, ...]:
    """One value for each way in which a term's values can answer all comparisons that read it."""
    tests = tuple(tests)
    seen: dict[tuple[Truth, ...], Value] = {}
    for sample in _samples(term, tests):
        seen.setdefault(tuple(truth(test, {term.name: sample}) for test in tests), sample)
    return tuple(seen.values())


def _samples(term: Term, tests: Iterable[Expr]) -> Iterator[Value]:
    if term.type == "boolean":
        yield from (True, False)
    elif term.type == "enum":
        yield from term.values
    else:
        literals = {part.value for test in tests for part in walk(test) if isinstance(part, Literal)}
        if term.type == "date":
            yield from _dates(sorted(literal for literal in literals if isinstance(literal, date)))
        else:
            yield from _decimals(term, sorted(literal for literal in literals if isinstance(literal, Decimal)))


def _dates(limits: list[date]) -> Iterator[date]:
    for limit in limits or [date(2000, 1, 1)]:
        yield from (limit - timedelta(1), limit, limit + timedelta(1))


def _decimals(term: Term, limits: list[Decimal]) -> Iterator[Decimal]:
    low = term.low if term.low is not None else min(limits, default=Decimal(0)) - 1
    high = term.high if term.high is not None else max(limits, default=Decimal(0)) + 1
    yield low
    for limit, following in pairwise([low, *limits, high]):
        between = (limit + following) / 2
        if term.type == "integer" and not term.computed:
            between = between.to_integral_value(ROUND_FLOOR)
            if between == limit:
                between = following
        yield from (value for value in (between, following) if low <= value <= high)


def unanswered(base: RuleBase, memory: WorkingMemory, values: Values, name: str) -> tuple[str, ...] | None:
    """The terms to ask so that a name becomes known: none if it is known, None if it cannot become known any more."""
    if values.get(name) is not None:
        return ()
    term = base.terms.get(name)
    if term is not None and not term.computed:
        return (name,) if askable(memory, name) else None
    if term is not None:
        if name in memory.statements:
            return None
        exprs = [term.formula] if term.formula is not None else [choice.when for choice in term.choose]
        parts = [unanswered(base, memory, values, read) for expr in exprs for read in names(expr)]
        if None in parts and term.formula is not None:
            return (name,) if term.question else None
    else:
        parts = [unanswered(base, memory, values, read) for rule in base.findings[name] for read in names(rule.when)]
    found = tuple(dict.fromkeys(ask for part in parts for ask in part or ()))
    return found or None


def askable(memory: WorkingMemory, name: str) -> bool:
    """Whether an asked term is still to be asked: nobody answered, or only evidence that is too old by now."""
    fact = memory.facts.get(name)
    if fact is None:
        return True
    return fact.unknown is Unknown.STALE and all(statement.unknown is None for statement in fact.statements)


@lru_cache(maxsize=8)
def relevance(base: RuleBase) -> Relevance:
    """The diagrams of a rule base."""
    return Relevance(base)
