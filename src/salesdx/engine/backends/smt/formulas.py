"""Conditions as formulas: when an expression is true, when it is false; neither is unknown."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Any

import z3

from salesdx.base.model import Term
from salesdx.engine.program import RuleRefused
from salesdx.language.conditions import And, Arithmetic, Compare, Expr, In, Literal, Name, Not, Or, Value

z3.z3.Z3_DEBUG = False  # else every part of a formula is asked again for its sort before it is used

PROVER = f"z3 {z3.get_version_string()}"
TRUE, FALSE = z3.BoolVal(True), z3.BoolVal(False)


def answer(solver: z3.Solver) -> z3.CheckSatResult:
    """What the solver finds out. z3 keeps Ctrl-C to itself while it searches, so it is sent again."""
    found = solver.check()
    if found == z3.unknown and solver.reason_unknown() == "interrupted from keyboard":
        signal.raise_signal(signal.SIGINT)
    return found


@dataclass(frozen=True)
class Symbol:
    """A name's value in formulas: ``kind`` is boolean, number or text; texts and dates are numbers."""

    kind: str
    known: Any
    value: Any


class Formulas:
    """The facts that terms can have, and conditions over them.

    ``prefix`` keeps the variables of two cases apart. ``domain`` are the conditions that make the variables a file.
    """

    def __init__(self, terms: Iterable[Term], prefix: str = "") -> None:
        self.prefix = prefix
        self.domain: list[Any] = []
        self.texts: dict[str, int] = {}
        self.facts: dict[str, Symbol] = {}
        self.excused: dict[str, Any] = {}
        for term in terms:
            self._fact(term)
        self.symbols: dict[str, Symbol] = dict(self.facts)

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
        """The number that stands for a text."""
        return self.texts.setdefault(value, len(self.texts))

    # --- conditions ---

    def true(self, expr: Expr) -> Any:
        """The formula under which an expression is true."""
        return self.side(expr, True)

    def false(self, expr: Expr) -> Any:
        """The formula under which an expression is false."""
        return self.side(expr, False)

    def side(self, expr: Expr, side: bool) -> Any:
        """The formula under which the truth of an expression is ``side``: known, and that."""
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
        """A constant with its type."""
        match value:
            case bool():
                return Symbol("boolean", TRUE, z3.BoolVal(value))
            case Decimal():
                return Symbol("number", TRUE, exact(value))
            case date():
                return Symbol("date", TRUE, z3.IntVal(value.toordinal()))
            case str():
                return Symbol("text", TRUE, z3.IntVal(self.text(value)))
        raise RuleRefused(f"`{value}` is no constant of a formula")


def exact(number: Decimal) -> Any:
    """A number without rounding; whole ones as integers."""
    found = Fraction(number)
    return z3.IntVal(found.numerator) if found.denominator == 1 else z3.Q(found.numerator, found.denominator)


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
