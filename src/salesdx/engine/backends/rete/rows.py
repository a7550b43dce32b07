"""A program as rows: which facts a rule of the engine joins, and what it does when they are all there.

An `or` becomes several rows; what the engine cannot test by itself becomes a fact of its own.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import partial
from itertools import chain, count

from salesdx.base.model import Rule, RuleBase, Term
from salesdx.case.memory import WorkingMemory
from salesdx.case.settling import computed
from salesdx.engine.program import MIRRORED, Program, fails, holds
from salesdx.language.conditions import CONDITIONS, And, Compare, Expr, Literal, Name, Or, Value, names, truth
from salesdx.language.truth import Truth, or_

JOINS = 16
"""Facts that one rule of the engine can join; longer conditions are chained through facts of their own."""
ALWAYS = 0
"""The fact that is always there."""


@dataclass(frozen=True, slots=True)
class Test:
    """A fact that a row joins: known at all (no ``op``), or compared with a constant."""

    fact: str | int
    op: str = ""
    constant: Value | None = None


@dataclass(frozen=True, slots=True)
class RuleRow:
    """A rule of the engine: when all tests hold, ``run``. ``owner`` is whose condition it is, for messages."""

    owner: str
    tests: tuple[Test, ...]
    run: Callable[[Case], None]


class Case:
    """One case in the network, and what the rows do to it. ``tell`` asserts a fact in the engine."""

    def __init__(
        self,
        program: Program,
        memory: WorkingMemory,
        tell: Callable[[str | int, Value], object],
        by_hand: Mapping[str, Value],
    ) -> None:
        self.program, self.memory = program, memory
        self.steps = dict.fromkeys(step if isinstance(step, str) else step.name for step in program.steps)
        self.given = {**memory.values, **by_hand}
        self.values: dict[str, Value | None] = {**self.steps, **self.given}
        self.truths: dict[str, Truth] = {}
        self.told: set[str | int] = set()
        self.assert_fact = tell
        self.error: BaseException | None = None

    def tell(self, fact: str | int, known: Value = True) -> None:
        """Assert a fact, once."""
        if fact not in self.told:
            self.told.add(fact)
            self.assert_fact(fact, known)

    def know(self, name: str, known: Value | None) -> None:
        """Take a value in and assert it; an unknown one is left out."""
        if known is not None:
            self.values[name] = known
            self.tell(name, known)

    def test(self, fact: int, expr: Expr) -> None:
        """Assert a fact where an expression is true."""
        if truth(expr, self.values) is True:
            self.tell(fact)

    def compute(self, term: Term) -> None:
        """Work out a computed term, after those that it reads."""
        for expr in term.expressions:
            for inner in (self.program.base.terms.get(name) for name in names(expr)):
                if inner is not None and inner.name in self.steps and self.values[inner.name] is None:
                    self.compute(inner)
        self.know(term.name, computed(term, self.values))

    def by_hand(self) -> dict[str, Value]:
        """The first hand-written value that counts, once nothing fires any more and its term is not computed."""
        for term in (step for step in self.program.steps if isinstance(step, Term) and self.values[step.name] is None):
            if (known := self.memory.late(term, self.values)) is not None:
                return {term.name: known}
        return {}

    def conclude(self, rule: Rule, truth: bool) -> None:
        """Keep the truth of a rule, and what it makes of its finding."""
        if self.truths.setdefault(rule.id, truth) is not truth:
            raise AssertionError(f"rule {rule.id} is both true and false")
        rules = self.program.base.findings[rule.finding]
        self.know(rule.finding, or_(self.truths.get(other.id) for other in rules))


Run = Callable[[Case], None]


def rows_of(program: Program) -> list[RuleRow]:
    """The rows of every rule, as its truth and as its falsity, and of the computed terms that read findings."""
    writer = _Writer(program.base)
    for clause in program.clauses.values():
        writer.owner = f"rule `{clause.rule.id}`"
        for side, expr in ((True, clause.holds), (False, clause.fails)):
            writer.add(expr, partial(Case.conclude, rule=clause.rule, truth=side))
    for step in program.steps:
        if isinstance(step, Term):
            writer.owner = f"term `{step.name}`"
            writer.term(step)
    return writer.rows


class _Writer:
    """Facts that are no names of the rule base are numbered."""

    def __init__(self, base: RuleBase) -> None:
        self.base = base
        self.owner = ""
        self.rows = [RuleRow("", (Test(ALWAYS),), lambda case: None)]
        self.made = count(ALWAYS + 1)
        self.written: dict[Expr, tuple[Test, ...] | None] = {}

    def term(self, term: Term) -> None:
        """A computed term is asserted as soon as it is settled."""
        run = partial(Case.compute, term=term)
        before: tuple[Test, ...] = ()
        for choice in term.choose:
            self.add(holds(choice.when), run, before)
            before = (self.fact(fails(choice.when), before),)
        if term.formula is not None and term.type == "boolean":
            self.add(Or((holds(term.formula), fails(term.formula))), run)
        elif term.formula is not None:  # known when all its names are
            self.row(map(Test, names(term.formula)), run)

    def add(self, expr: Expr, run: Run, before: tuple[Test, ...] = ()) -> None:
        """One row an alternative."""
        if isinstance(expr, Or):
            for part in expr.parts:
                self.add(part, run, before)
        elif (tests := self.tests(expr)) is not None:
            self.row((*before, *tests), run)

    def row(self, joined: Iterable[Test], run: Run) -> None:
        tests = tuple(joined) or (Test(ALWAYS),)
        while len(tests) > JOINS:
            fact = next(self.made)
            self.rows.append(RuleRow(self.owner, tests[:JOINS], partial(Case.tell, fact=fact)))
            tests = (Test(fact), *tests[JOINS:])
        self.rows.append(RuleRow(self.owner, tests, run))

    def fact(self, expr: Expr, before: tuple[Test, ...] = ()) -> Test:
        """A fact of its own that is there when a condition holds: a nested `or` costs rows, not their product."""
        fact = next(self.made)
        self.add(expr, partial(Case.tell, fact=fact), before)
        return Test(fact)

    def tests(self, expr: Expr) -> tuple[Test, ...] | None:
        """What must hold together for a condition without ``not``; None if it never holds."""
        if expr not in self.written:
            self.written[expr] = self.write(expr)
        return self.written[expr]

    def write(self, expr: Expr) -> tuple[Test, ...] | None:
        match expr:
            case Literal(known):
                return () if known is True else None
            case And(parts):
                found = [self.tests(part) for part in parts]
                return None if None in found else tuple(chain.from_iterable(tests or () for tests in found))
            case Or():
                return (self.fact(expr),)
            case Compare(op, Name(id), Literal(known)):
                return (Test(id, op, known),)
            case Compare(op, Literal(known), Name(id)):
                return (Test(id, MIRRORED.get(op, op), known),)
            case Compare(op, left, right) if isinstance(left, CONDITIONS) or isinstance(right, CONDITIONS):
                return self.tests(_alike(left, right, op == "=="))
        reads = names(expr)
        if not reads:
            return () if truth(expr, {}) is True else None
        fact = next(self.made)  # any other comparison is computed when its names are known
        self.row(map(Test, reads), partial(Case.test, fact=fact, expr=expr))
        return (Test(fact),)


def _alike(left: Expr, right: Expr, alike: bool) -> Expr:
    """Two conditions have the same truth, or opposite ones."""
    same, other = (holds(right), fails(right)) if alike else (fails(right), holds(right))
    return Or((And((holds(left), same)), And((fails(left), other))))
