"""Conditions as formulas: when an expression is true, when it is false; neither is unknown."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from fractions import Fraction
from functools import reduce
from typing import Any

import z3

from salesdx.base.model import Term
from salesdx.engine.program import OPPOSITE, RuleRefused
from salesdx.language.conditions import And, Arithmetic, Call, Compare, Expr, In, Literal, Name, Not, Or, Value

z3.z3.Z3_DEBUG = False  # else every part of a formula is asked again for its sort before it is used

PROVER = f"z3 {z3.get_version_string()}"
TRUE, FALSE = z3.BoolVal(True), z3.BoolVal(False)
Formula = Any
"""A truth of z3, whose own types are not told apart."""


def solve(conditions: Iterable[Formula], **settings: int) -> tuple[z3.ModelRef | None, str]:
    """A model, or None with why z3 gives up; with no word where there is none.

    It is asked in a context of its own: where z3 looks first hangs on the order in which formulas were made, and what a
    process has made before must change no result. z3 keeps Ctrl-C to itself while it searches, so it is sent again.
    """
    solver = z3.Solver(ctx=(own := z3.Context()))
    solver.set(**settings)
    solver.add(z3.And(list(conditions)).translate(own))
    found = solver.check()
    if found == z3.sat:
        return solver.model().translate(z3.main_ctx()), ""
    why = "" if found == z3.unsat else solver.reason_unknown()
    if why == "interrupted from keyboard":
        signal.raise_signal(signal.SIGINT)
    return None, why


@dataclass(frozen=True)
class Symbol:
    """A name's value in formulas: ``kind`` is boolean, number, date or text; texts and dates are numbers.

    A number or date has a low and a high end, each of which may be no bound (``has_low``, ``has_high``); where it is
    known it has one at least. Whatever else has its value at both.
    """

    kind: str
    known: Any
    low: Any
    high: Any
    has_low: Any
    has_high: Any
    positive: bool = False
    """It is never below zero."""

    @property
    def value(self) -> Any:
        """The value of what is always exact: a boolean, a text, a count."""
        return self.low

    @property
    def exact(self) -> Any:
        """The formula under which the value is known, and a point."""
        ends = [] if self.low is self.high else [self.has_low, self.has_high, self.low == self.high]
        return z3.And(self.known, *ends) if ends else self.known


def point(kind: str, known: Any, value: Any) -> Symbol:
    """A symbol whose value is exact."""
    return Symbol(kind, known, value, value, known, known)


def same_value(a: Symbol, b: Symbol) -> Any:
    """The same value or ends; that both are known is told apart."""
    if a.low is a.high or b.low is b.high:
        return z3.And(a.low == b.low, a.high == b.high)
    return z3.And(a.low == b.low, a.high == b.high, a.has_low == b.has_low, a.has_high == b.has_high)


class Formulas:
    """The facts that terms can have, and conditions over them.

    ``prefix`` keeps the variables of two cases apart. ``domain`` are the conditions that make the variables a file.
    What is ``beside`` another shares the numbers of its texts and its calculations.
    """

    def __init__(self, terms: Iterable[Term], prefix: str = "", beside: Formulas | None = None) -> None:
        self.prefix = prefix
        self.domain: list[Formula] = []
        self.defined: dict[int, int] = {}
        """Formula of the domain -> the variable that it says something of; others speak of all their variables."""
        self.texts: dict[str, int] = beside.texts if beside else {}
        self.results: dict[tuple[object, ...], Symbol] = beside.results if beside else {}
        """What was calculated without a bound -> its symbol: the same calculation gives the same value."""
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
                symbol = point("boolean", known, z3.Bool(name))
            case "enum":
                symbol = point("text", known, z3.Int(name))
                self.domain.append(z3.Or([symbol.value == self.text(value) for value in term.values]))
            case _:
                symbol = self._between(term, known, name)
        self.domain.append(z3.Implies(excused, z3.Not(known)))
        self.facts[term.name] = symbol
        self.excused[term.name] = excused

    def _between(self, term: Term, known: Any, name: str) -> Symbol:
        """A number or date with a variable for each end, inside its range."""
        kind = "date" if term.type == "date" else "number"
        make = z3.Real if kind == "number" and term.type != "integer" else z3.Int
        low, high = make(f"{name} from"), make(f"{name} to")
        self.domain.append(low <= high)
        if term.low is None or term.high is None:
            if kind == "date":
                self.domain.append(z3.And(low >= 1, high <= date.max.toordinal()))
            has_low, has_high = z3.Bool(f"{name} has a low end"), z3.Bool(f"{name} has a high end")
            self.domain.append(known == z3.Or(has_low, has_high))
            return Symbol(kind, known, low, high, has_low, has_high)
        self.domain.append(z3.And(low >= exact(term.low), high <= exact(term.high)))
        return Symbol(kind, known, low, high, known, known, term.low >= 0)

    def define(self, variable: Formula, formula: Formula) -> None:
        """Add to the domain what gives a variable its value, or limits it, whatever the others are."""
        self.domain.append(formula)
        self.defined[formula.get_id()] = variable.get_id()

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
                return self.side(Or(tuple(Compare("==", left, value) for value in values)), side)
            case Compare(op, left, right):
                return _compared(op if side else OPPOSITE[op], self.symbol(left), self.symbol(right))
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
                return self.calculated(op, self.symbol(left), self.symbol(right))
            case Call("min" | "max" as function, arguments):
                return reduce(lambda a, b: _extreme(function == "min", a, b), map(self.symbol, arguments))
            case And() | Or() | Not() | Compare() | In():
                true = self.true(expr)
                return point("boolean", z3.Or(true, self.false(expr)), true)
        raise RuleRefused(f"`{expr}` has no formula")

    def calculated(self, op: str, a: Symbol, b: Symbol) -> Symbol:
        """A calculation by the ends of both sides."""
        if op in "+-":
            first, last = (b.low, b.high) if op == "+" else (b.high, b.low)
            has_first, has_last = (b.has_low, b.has_high) if op == "+" else (b.has_high, b.has_low)
            low, high = CALCULATE[op](a.low, first), CALCULATE[op](a.high, last)
            has_low, has_high = z3.And(a.has_low, has_first), z3.And(a.has_high, has_last)
            known = z3.And(a.known, b.known, z3.Or(has_low, has_high))
            return Symbol("number", known, low, high, has_low, has_high, op == "+" and a.positive and b.positive)
        bounded = z3.And(a.has_low, a.has_high, b.has_low, b.has_high)
        known = z3.And(bounded, z3.Or(b.low > 0, b.high < 0)) if op == "/" else bounded
        low, high = _product_ends(op, a, b)
        if a.has_low is a.known and b.has_low is b.known:
            return Symbol("number", known, low, high, known, known, a.positive and b.positive)
        ends = (end for side in (a, b) for end in (side.known, side.low, side.high, side.has_low, side.has_high))
        key = (op, *(end.get_id() for end in ends))
        if key not in self.results:
            made = self.results[key] = self._free(z3.And(a.known, b.known))  # an end that is no bound: anything
            self.domain.append(z3.Implies(bounded, z3.And(made.has_low == known, made.has_high == known)))
            self.domain.append(z3.Implies(known, z3.And(made.low == low, made.high == high)))
        return self.results[key]

    def _free(self, maybe: Any) -> Symbol:
        """A number that can be anything, and known only where ``maybe``."""
        name = f"{self.prefix}calculated {len(self.results)}"
        low, high = z3.Real(f"{name} from"), z3.Real(f"{name} to")
        has_low, has_high = z3.Bool(f"{name} has a low end"), z3.Bool(f"{name} has a high end")
        known = z3.Or(has_low, has_high)
        self.domain += [low <= high, z3.Implies(known, maybe)]
        return Symbol("number", known, low, high, has_low, has_high)

    def constant(self, value: Value) -> Symbol:
        """A constant with its type."""
        match value:
            case bool():
                return point("boolean", TRUE, z3.BoolVal(value))
            case Decimal():
                return replace(point("number", TRUE, exact(value)), positive=value >= 0)
            case date():
                return point("date", TRUE, z3.IntVal(value.toordinal()))
            case str():
                return point("text", TRUE, z3.IntVal(self.text(value)))
        raise RuleRefused(f"`{value}` is no constant of a formula")


def _compared(op: str, a: Symbol, b: Symbol) -> Any:
    """When a comparison is known and holds, by the ends of both sides."""
    match op:
        case "==" | "!=" if a.low is a.high and b.low is b.high:
            return z3.And(a.known, b.known, (a.low == b.low) if op == "==" else (a.low != b.low))
        case "==":  # no low end lies above a high one, so all four are equal
            return z3.And(_compared(">=", a, b), _compared("<=", a, b))
        case "!=":
            return z3.Or(_compared("<", a, b), _compared(">", a, b))
        case "<" | "<=":
            return z3.And(a.has_high, b.has_low, COMPARE[op](a.high, b.low))
    return z3.And(a.has_low, b.has_high, COMPARE[op](a.low, b.high))


def _product_ends(op: str, a: Symbol, b: Symbol) -> tuple[Any, Any]:
    """The least and the greatest of the four results; two where no side is below zero, or one is exact."""
    run = CALCULATE[op]
    if a.positive and b.positive:
        return (run(a.low, b.low), run(a.high, b.high)) if op == "*" else (run(a.low, b.high), run(a.high, b.low))
    results = [run(x, y) for x in dict.fromkeys((a.low, a.high)) for y in dict.fromkeys((b.low, b.high))]
    low = high = results[0]
    for result in results[1:]:
        low, high = z3.If(result < low, result, low), z3.If(result > high, result, high)
    return low, high


def exact(number: Decimal) -> Any:
    """A number without rounding; whole ones as integers."""
    found = Fraction(number)
    return z3.IntVal(found.numerator) if found.denominator == 1 else z3.Q(found.numerator, found.denominator)


def _extreme(least: bool, a: Symbol, b: Symbol) -> Symbol:
    """The smaller or the larger of two numbers, by their ends: an end that is no bound is below, or above, all."""

    def chosen(one: Formula, other: Formula, has: Formula, has_other: Formula, both: bool) -> tuple[Formula, Formula]:
        first = (one <= other) if least else (one >= other)
        if both:  # on this side what has no bound decides
            return z3.And(has, has_other), z3.If(first, one, other)
        return z3.Or(has, has_other), z3.If(z3.And(has, z3.Or(first, z3.Not(has_other))), one, other)

    has_low, low = chosen(a.low, b.low, a.has_low, b.has_low, least)
    has_high, high = chosen(a.high, b.high, a.has_high, b.has_high, not least)
    known = z3.And(a.known, b.known, z3.Or(has_low, has_high))
    return Symbol(
        "number", known, low, high, z3.And(known, has_low), z3.And(known, has_high), a.positive and b.positive
    )


def _divided(a: Any, b: Any) -> Any:
    return z3.ToReal(a) / b if z3.is_int(a) else a / b


COMPARE: Mapping[str, Callable[[Any, Any], Any]] = {
    "<": lambda a, b: a < b,
    "<=": lambda a, b: a <= b,
    ">": lambda a, b: a > b,
    ">=": lambda a, b: a >= b,
}
CALCULATE: Mapping[str, Callable[[Any, Any], Any]] = {
    "+": lambda a, b: a + b,
    "-": lambda a, b: a - b,
    "*": lambda a, b: a * b,
    "/": _divided,
}
