"""Which answers can still change a result: rules, statuses and modes as decision diagrams over what can be asked.

Each asked term is a variable whose cells are the values that no comparison of the rule base tells apart, those that are
known only between two ends (a comparison is unknown where the limit lies between them), and one for "not known". A
comparison over several terms, or over a computed one, is a variable of its own: so relevance is exact where every
comparison reads one asked term, and elsewhere errs only towards asking.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from functools import lru_cache
from typing import Any

from salesdx.base.ladder_lines import LadderLine
from salesdx.base.model import RuleBase, Stage, Term
from salesdx.case.closing import awaits_subject, is_closed
from salesdx.case.memory import WorkingMemory
from salesdx.engine.diagnosis import Diagnosis
from salesdx.engine.program import compile_base
from salesdx.interview.answer_cells import Variable, cell_of, cells
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

Cells = int | tuple[int, ...]
"""The cell of a variable, or those that an answer may choose."""


@dataclass(frozen=True)
class Asking:
    """A diagnosed case in front of the one who is asked, and what is closed to this role."""

    diagnosis: Diagnosis
    by: str = ""
    kept: Collection[str] = ()
    """The terms whose imprecise values are not to be sharpened any more."""

    @property
    def memory(self) -> WorkingMemory:
        """The case."""
        return self.diagnosis.memory

    @property
    def values(self) -> Values:
        """The facts, and what follows from them."""
        return self.diagnosis.matches.values

    found: dict[int, tuple[str, ...]] = field(default_factory=dict, compare=False, repr=False)
    """Variable -> the terms to ask so that it becomes known, as far as that was asked for."""

    def asks(self, name: str) -> bool:
        """Whether an asked term is still to be asked."""
        return not awaits_subject(self.memory, name) and not is_closed(self.memory, name, self.by, self.kept)


class Conditions:
    """The diagrams of a rule base's conditions: of its rules, of its findings, and of any other on demand."""

    imprecise = False
    """Whether there are cells for imprecise values."""

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
                found = cells(self.base.terms[key], tests[key], self.imprecise)
                samples = tuple(value for value in found if not isinstance(value, Interval))
                runs = tuple(value for value in found if isinstance(value, Interval))
                index = self.diagrams.variable(len(found) + 1)
                made = Variable(index, None, key, tuple(tests[key]), samples, (key,), runs)
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
            children = [self._terminal(truth(expr, {term: value})) for value in variable.values]
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

    imprecise = True

    def __init__(self, base: RuleBase) -> None:
        super().__init__(base)
        self.statuses = {stage.id: self._status(stage) for stage in base.stages}
        self.mode = self._decide(base.ladder.modes, {})

    def _status(self, stage: Stage) -> Node:
        """The stage's own status, as if the ladder led here, everything before were examined and nothing unsettled."""
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
        counted = ("unexamined", "unsettled", "unproven", "left_out", "under_remedy", "not_passed", "not_proved")
        none = dict.fromkeys(counted, Decimal(0))
        settled: dict[str, Value] = {"previous_concluded": True, "personnel": False, **none}

        def status(*values: Any) -> str | None:
            env = {**settled, **dict(zip(words, values, strict=True))}
            return _first(lines, [truth(line.when, env) for line in lines])

        return self.diagrams.apply(status, *parts.values())

    # --- one case ---

    def given(self, asking: Asking) -> dict[int, Cells]:
        """What a case says of each variable: its cell, or the cells that an answer may still choose."""
        return {variable.index: self._choices(variable, asking) for variable in self.by_index}

    def unanswered(self, asking: Asking, given: Mapping[int, Cells]) -> dict[int, Cells]:
        """The same where an answer may also be missing: the cell in which an open variable stands comes last."""
        by_index = self.by_index
        return {
            index: (*cells, self._stands(by_index[index], asking)) if isinstance(cells, tuple) else cells
            for index, cells in given.items()
        }

    def _choices(self, variable: Variable, asking: Asking) -> Cells:
        cell = self._stands(variable, asking)
        if cell < len(variable.samples) or not self.questions(variable, asking):
            return cell
        value = asking.values.get(variable.term)
        if value is None:
            return variable.exact
        known = variable.told(value)
        return tuple(
            exact
            for exact, sample in enumerate(variable.samples)
            if all(held in (UNKNOWN, other) for held, other in zip(known, variable.told(sample), strict=True))
        )

    def _stands(self, variable: Variable, asking: Asking) -> int:
        """The cell of a variable as the case stands."""
        if variable.leaf is None:
            value = asking.values.get(variable.term)
            return variable.unknown if value is None else cell_of(variable, value)
        held = truth(variable.leaf, asking.values)
        return variable.unknown if held is UNKNOWN else int(held is FALSE)

    def questions(self, variable: Variable, asking: Asking) -> tuple[str, ...]:
        """The terms to ask so that a variable becomes known; none if it cannot become known any more.

        What nobody stated comes before what is not exact enough.
        """
        found = asking.found.get(variable.index)
        if found is None:
            found = asking.found[variable.index] = self._questions(variable, asking)
        return found

    def _questions(self, variable: Variable, asking: Asking) -> tuple[str, ...]:
        if variable.leaf is None:
            return variable.reads if asking.asks(variable.term) else ()
        parts = [unanswered(asking, name) for name in variable.reads]
        if None in parts:
            return ()
        found = dict.fromkeys(name for part in parts for name in part or ())
        return tuple(sorted(found, key=lambda name: asking.values.get(name) is not None))


def _first(lines: tuple[LadderLine, ...], held: Iterable[Truth]) -> str | None:
    return next((line.name for line, truth_ in zip(lines, held, strict=True) if truth_ is TRUE), None)


def _numbers(expr: Expr) -> Iterator[Decimal]:
    return (part.value for part in walk(expr) if isinstance(part, Literal) and isinstance(part.value, Decimal))


def unanswered(asking: Asking, name: str) -> tuple[str, ...] | None:
    """The terms to ask so that a name becomes known, and exactly: none if it is, None if it cannot become known."""
    base, known = asking.diagnosis.base, asking.values.get(name)
    if known is not None and not isinstance(known, Interval):
        return ()
    term = base.terms.get(name)
    if term is not None and not term.computed:
        return (name,) if asking.asks(name) else None if known is None else ()
    if term is not None:
        if name in asking.memory.statements and known is None:
            return None
        exprs = [term.formula] if term.formula is not None else [choice.when for choice in term.choose]
        parts = [unanswered(asking, read) for expr in exprs for read in names(expr)]
        if None in parts and term.formula is not None:
            return (name,) if term.question else None
    else:
        parts = [unanswered(asking, read) for rule in base.findings[name] for read in names(rule.when)]
    found = tuple(dict.fromkeys(ask for part in parts for ask in part or ()))
    return found if found or known is not None else None


@lru_cache(maxsize=8)
def relevance(base: RuleBase) -> Relevance:
    """The diagrams of a rule base."""
    return Relevance(base)
