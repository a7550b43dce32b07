"""A program as formulas over all possible fact files, for z3. It proves; it never diagnoses.

Every fact that can be stated has three variables: whether it is known, its value, and whether its absence is excused.
What is left free is named by ``Encoding.free``: a computed term takes any value of its range, as somebody may state one
from a stronger source. So what is proved holds for more than the possible files; a counterexample is run by `diagnose`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from fractions import Fraction
from functools import cached_property
from typing import Any

import z3

from salesdx.conditions import And, Arithmetic, Compare, Expr, In, Literal, Name, Not, Or, Value, children
from salesdx.model import Rule, Term
from salesdx.program import Count, Decide, Define, Program, RuleRefused, Step, Tally, Unexamined

PROVER = f"z3 {z3.get_version_string()}"
TRUE, FALSE = z3.BoolVal(True), z3.BoolVal(False)


@dataclass(frozen=True)
class Symbol:
    """A name's value in formulas: ``kind`` is boolean, number or text; texts and dates are numbers."""

    kind: str
    known: Any
    value: Any


class Encoding:
    """One case: every possible fact file at once.

    ``prefix`` keeps the variables of two cases apart. ``domain`` are the conditions that make the variables a file.
    """

    def __init__(self, program: Program, prefix: str = "") -> None:
        self.program, self.base, self.prefix = program, program.base, prefix
        self.domain: list[Any] = []
        self.texts: dict[str, int] = {}
        self.facts: dict[str, Symbol] = {}
        self.excused: dict[str, Any] = {}
        self.symbols: dict[str, Symbol] = {}
        self.rules: dict[str, tuple[Any, Any]] = {}
        for term in self.base.terms.values():
            self._fact(term)
        self.symbols.update(self.facts)
        for step in program.steps:
            if not isinstance(step, Term):
                self._finding(step)
        for part in program.ladder:
            self._step(part)

    @property
    def free(self) -> tuple[str, ...]:
        """Computed terms, whose values are left free."""
        return tuple(term.name for term in self.base.terms.values() if term.computed)

    # --- facts ---

    def _fact(self, term: Term) -> None:
        known = z3.Bool(f"{self.prefix}known {term.name}")
        excused = z3.Bool(f"{self.prefix}excused {term.name}")
        name = f"{self.prefix}{term.name}"
        match term.type:
            case "boolean":
                symbol = Symbol("boolean", known, z3.Bool(name))
            case "enum":
                symbol = Symbol("text", known, z3.Int(name))
                self.domain.append(z3.Or([symbol.value == self.text(value) for value in term.values]))
            case "date":
                symbol = Symbol("date", known, z3.Int(name))
                self.domain.append(z3.And(symbol.value >= 1, symbol.value <= date.max.toordinal()))
            case _:
                symbol = Symbol("number", known, z3.Int(name) if term.type == "integer" else z3.Real(name))
                if term.low is not None and term.high is not None:
                    self.domain.append(z3.And(symbol.value >= exact(term.low), symbol.value <= exact(term.high)))
        self.domain.append(z3.Implies(excused, z3.Not(known)))
        self.facts[term.name] = symbol
        self.excused[term.name] = excused

    def text(self, value: str) -> int:
        return self.texts.setdefault(value, len(self.texts))

    def _finding(self, name: str) -> None:
        truths = []
        for rule in self.base.findings[name]:
            true, false = self._named(f"rule {rule.id}", self.true(rule.when), self.false(rule.when))
            self.rules[rule.id] = (true, false)
            truths.append((true, false))
        holds, fails = z3.Or([true for true, _ in truths]), z3.And([false for _, false in truths])
        self.symbols[name] = Symbol("boolean", z3.Or(holds, fails), holds)

    def _named(self, name: str, true: Any, false: Any) -> tuple[Any, Any]:
        """Variables for a truth, so that formulas stay small."""
        holds, fails = z3.Bool(f"{self.prefix}{name} is true"), z3.Bool(f"{self.prefix}{name} is false")
        self.domain += [holds == true, fails == false]
        return holds, fails

    # --- conditions ---

    def true(self, expr: Expr) -> Any:
        """The formula under which an expression is true."""
        return self.side(expr, True)

    def false(self, expr: Expr) -> Any:
        """The formula under which an expression is false."""
        return self.side(expr, False)

    def side(self, expr: Expr, side: bool) -> Any:
        match expr:
            case Not(part):
                return self.side(part, not side)
            case And(parts) | Or(parts):
                made = [self.side(part, side) for part in parts]
                return z3.And(made) if isinstance(expr, And) is side else z3.Or(made)
            case Literal(value):
                return z3.BoolVal((value is True) is side)
            case In(left, values):
                symbol = self.symbol(left)
                one = z3.Or([symbol.value == self.symbol(value).value for value in values])
                return z3.And(symbol.known, one if side else z3.Not(one))
            case Compare(op, left, right):
                a, b = self.symbol(left), self.symbol(right)
                holds = COMPARE[op](a.value, b.value)
                return z3.And(a.known, b.known, holds if side else z3.Not(holds))
        symbol = self.symbol(expr)
        return z3.And(symbol.known, symbol.value if side else z3.Not(symbol.value))

    def symbol(self, expr: Expr) -> Symbol:
        """Whether an expression is known, and its value."""
        match expr:
            case Literal(value):
                return self.constant(value)
            case Name(id):
                return self.symbols[id]
            case Arithmetic(op, left, right):
                a, b = self.symbol(left), self.symbol(right)
                known = z3.And(a.known, b.known)
                if op == "/":
                    return Symbol(
                        "number",
                        z3.And(known, b.value != 0),
                        z3.ToReal(a.value) / b.value if z3.is_int(a.value) else a.value / b.value,
                    )
                return Symbol("number", known, CALCULATE[op](a.value, b.value))
            case And() | Or() | Not() | Compare() | In():
                true = self.true(expr)
                return Symbol("boolean", z3.Or(true, self.false(expr)), true)
        raise RuleRefused(f"`{expr}` has no formula")

    def constant(self, value: Value) -> Symbol:
        match value:
            case bool():
                return Symbol("boolean", TRUE, z3.BoolVal(value))
            case Decimal():
                return Symbol("number", TRUE, exact(value))
            case date():
                return Symbol("date", TRUE, z3.IntVal(value.toordinal()))
        return Symbol("text", TRUE, z3.IntVal(self.text(value)))

    # --- what nobody looked at ---

    def open(self, rule: Rule) -> Any:
        """The formula under which a rule is unknown, and not only through facts that somebody excused."""
        true, false = self.rules[rule.id]
        excused, named = self._excuse(rule.when)
        return z3.And(z3.Not(true), z3.Not(false), z3.Not(z3.And(named, excused)))

    def _excuse(self, expr: Expr) -> tuple[Any, Any]:
        """(everything through which an expression is unknown is excused, there is something)."""
        if isinstance(expr, Literal):
            return TRUE, FALSE
        symbol = self.symbol(expr)
        if isinstance(expr, Name):
            excused, named = self._excused_name(expr.id)
        else:
            parts = [self._excuse(child) for child in children(expr)]
            excused, named = z3.And([part for part, _ in parts]), z3.Or([part for _, part in parts])
        return z3.Or(symbol.known, excused), z3.And(z3.Not(symbol.known), named)

    def _excused_name(self, name: str) -> tuple[Any, Any]:
        if name in self.excused:
            return self.excused[name], TRUE
        return self._finding_excuse[name] if name in self._finding_excuse else self._of_finding(name)

    @cached_property
    def _finding_excuse(self) -> dict[str, tuple[Any, Any]]:
        return {}

    def _of_finding(self, name: str) -> tuple[Any, Any]:
        """A finding is unknown through what its unknown rules are unknown through; else through itself."""
        excused, named = [], []
        for rule in self.base.findings[name]:
            true, false = self.rules[rule.id]
            unknown = z3.And(z3.Not(true), z3.Not(false))
            inner, some = self._excuse(rule.when)
            excused.append(z3.Implies(unknown, inner))
            named.append(z3.And(unknown, some))
        found = (z3.And(*excused, z3.Or(named)), TRUE)
        self._finding_excuse[name] = found
        return found

    # --- the ladder ---

    def _step(self, step: Step) -> None:
        match step:
            case Count(name, home, strength):
                true = [self.rules[r.id][0] for r in self.base.rules_of[home] if r.strength == strength]
                self.symbols[name] = Symbol("number", TRUE, _count(true))
            case Tally(name, of):
                self.symbols[name] = Symbol("number", TRUE, _count([z3.Not(self.true(Name(n))) for n in of]))
            case Unexamined(name, parts):
                looked = [
                    z3.And(self.true(Name(passed)), self.open(self.base.rule[id]))
                    for passed, rules in parts
                    for id in rules
                ]
                self.symbols[name] = Symbol("number", TRUE, _count(looked))
            case Decide(name, lines):
                self._decide(name, [(line.name, self.true(line.when)) for line in lines])
            case Define(name, expr):
                true, false = self._named(name, self.true(expr), self.false(expr))
                self.symbols[name] = Symbol("boolean", z3.Or(true, false), true)

    def _decide(self, name: str, lines: list[tuple[str, Any]]) -> None:
        value = z3.Int(f"{self.prefix}{name}")
        chosen: Any = z3.IntVal(-1)
        for said, when in reversed(lines):
            chosen = z3.If(when, z3.IntVal(self.text(said)), chosen)
        self.domain.append(value == chosen)
        self.symbols[name] = Symbol("text", z3.Or([when for _, when in lines]), value)

    def define(self, name: str, choices: list[tuple[str, Any]], otherwise: str) -> None:
        """A name with the text of the first formula that is true."""
        self._decide(name, [*choices, (otherwise, TRUE)])

    # --- models ---

    def facts_of(self, model: Any) -> dict[str, Value | None]:
        """The facts of a model: term -> its value, None where its absence is excused; unknown terms are left out."""
        names = {number: text for text, number in self.texts.items()}
        found: dict[str, Value | None] = {}
        for term in self.base.terms.values():
            symbol = self.facts[term.name]
            if z3.is_true(model.eval(symbol.known, model_completion=True)):
                found[term.name] = _python(symbol.kind, model.eval(symbol.value, model_completion=True), names)
            elif z3.is_true(model.eval(self.excused[term.name], model_completion=True)):
                found[term.name] = None
        return found


def exact(number: Decimal) -> Any:
    """A number without rounding; whole ones as integers."""
    found = Fraction(number)
    return z3.IntVal(found.numerator) if found.denominator == 1 else z3.Q(found.numerator, found.denominator)


def _count(formulas: list[Any]) -> Any:
    return z3.Sum([z3.If(formula, 1, 0) for formula in formulas]) if formulas else z3.IntVal(0)


def _python(kind: str, value: Any, names: Mapping[int, str]) -> Value:
    match kind:
        case "boolean":
            return bool(z3.is_true(value))
        case "text":
            return names[value.as_long()]
        case "date":
            return date.fromordinal(value.as_long())
    if z3.is_int_value(value):
        return Decimal(value.as_long())
    if z3.is_algebraic_value(value):
        value = value.approx(20)
    return Decimal(value.numerator_as_long()) / Decimal(value.denominator_as_long())


COMPARE: Mapping[str, Callable[[Any, Any], Any]] = {
    "==": lambda a, b: a == b,
    "!=": lambda a, b: a != b,
    "<": lambda a, b: a < b,
    "<=": lambda a, b: a <= b,
    ">": lambda a, b: a > b,
    ">=": lambda a, b: a >= b,
}
CALCULATE: Mapping[str, Callable[[Any, Any], Any]] = {
    "+": lambda a, b: a + b,
    "-": lambda a, b: a - b,
    "*": lambda a, b: a * b,
}
