"""Conditions as formulas: when an expression is true, when it is false; neither is unknown."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from fractions import Fraction
from functools import reduce
from typing import Any

from salesdx.base.model import Term
from salesdx.engine.backends.smt.boundless import calculated_ends, first_end, last_end
from salesdx.engine.backends.smt.logic import (
    CALCULATE,
    FALSE,
    NUMBER,
    TRUE,
    TRUTH,
    WHOLE,
    Formula,
    all_of,
    any_of,
    either,
    fixed,
    free,
    implies,
    negated,
)
from salesdx.engine.program import OPPOSITE, RuleRefused
from salesdx.language.conditions import (
    And,
    Arithmetic,
    Call,
    Compare,
    Expr,
    In,
    Literal,
    Name,
    Not,
    Or,
    Value,
    children,
)


@dataclass(frozen=True)
class Symbol:
    """A name's value in formulas: ``kind`` is boolean, number, date or text; texts and dates are numbers.

    A number or date has a low and a high end, each of which may be no bound (``has_low``, ``has_high``); where it is
    known it has one at least. Whatever else has its value at both.
    """

    kind: str
    known: Formula
    low: Formula
    high: Formula
    has_low: Formula
    has_high: Formula
    positive: bool = False
    """It is never below zero."""

    @property
    def value(self) -> Formula:
        """The value of what is always exact: a boolean, a text, a count."""
        return self.low

    @property
    def variables(self) -> tuple[Formula, ...]:
        """What it is made of, some of it more than once."""
        return self.known, self.low, self.high, self.has_low, self.has_high

    @property
    def exact(self) -> Formula:
        """The formula under which the value is known, and a point."""
        ends = [] if self.low is self.high else [self.has_low, self.has_high, self.low == self.high]
        return all_of(self.known, *ends) if ends else self.known


def point(kind: str, known: Formula, value: Formula) -> Symbol:
    """A symbol whose value is exact."""
    return Symbol(kind, known, value, value, known, known)


def same_value(a: Symbol, b: Symbol) -> Formula:
    """The same value or ends; that both are known is told apart."""
    if a.low is a.high or b.low is b.high:
        return all_of(a.low == b.low, a.high == b.high)
    return all_of(a.low == b.low, a.high == b.high, a.has_low == b.has_low, a.has_high == b.has_high)


class Formulas:
    """The facts that terms can have, and conditions over them.

    ``prefix`` keeps the variables of two cases apart. ``domain`` are the conditions that make the variables a file.
    What is ``beside`` another shares the numbers of its texts and its calculations.
    """

    def __init__(self, terms: Iterable[Term], prefix: str = "", beside: Formulas | None = None) -> None:
        self.prefix = prefix
        self.domain: list[Formula] = []
        self.defined: dict[Formula, Formula] = {}
        """Formula of the domain -> the variable that it says something of; others speak of all their variables."""
        self.texts: dict[str, int] = beside.texts if beside else {}
        self.results: dict[tuple[object, ...], Symbol] = beside.results if beside else {}
        """What was calculated without a bound -> its symbol: the same calculation gives the same value."""
        self.facts: dict[str, Symbol] = {}
        self.excused: dict[str, Formula] = {}
        for term in terms:
            self._fact(term)
        self.symbols: dict[str, Symbol] = dict(self.facts)

    def _fact(self, term: Term) -> None:
        known = free(TRUTH, f"{self.prefix}known {term.name}")
        excused = free(TRUTH, f"{self.prefix}excused {term.name}")
        name = f"{self.prefix}{term.name}"
        match term.type:
            case "boolean":
                symbol = point("boolean", known, free(TRUTH, name))
            case "enum":
                symbol = point("text", known, free(WHOLE, name))
                self.domain.append(any_of([symbol.value == self.text(value) for value in term.values]))
            case _:
                symbol = self._between(term, known, name)
        self.domain.append(implies(excused, negated(known)))
        self.facts[term.name] = symbol
        self.excused[term.name] = excused

    def _between(self, term: Term, known: Formula, name: str) -> Symbol:
        """A number or date with a variable for each end, inside its range."""
        kind = "date" if term.type == "date" else "number"
        sort = NUMBER if kind == "number" and term.type != "integer" else WHOLE
        low, high = free(sort, f"{name} from"), free(sort, f"{name} to")
        self.domain.append(low <= high)
        if term.low is None or term.high is None:
            if kind == "date":
                self.domain.append(all_of(low >= 1, high <= date.max.toordinal()))
            has_low, has_high = free(TRUTH, f"{name} has a low end"), free(TRUTH, f"{name} has a high end")
            self.domain.append(known == any_of(has_low, has_high))
            return Symbol(kind, known, low, high, has_low, has_high)
        self.domain.append(all_of(low >= exact(term.low), high <= exact(term.high)))
        return Symbol(kind, known, low, high, known, known, term.low >= 0)

    def define(self, limited: Formula, formula: Formula) -> None:
        """Add to the domain what limits a variable, whatever the others are."""
        self.domain.append(formula)
        self.defined[formula] = limited

    def text(self, value: str) -> int:
        """The number that stands for a text."""
        return self.texts.setdefault(value, len(self.texts))

    # --- conditions ---

    def true(self, expr: Expr) -> Formula:
        """The formula under which an expression is true."""
        return self.side(expr, True)

    def false(self, expr: Expr) -> Formula:
        """The formula under which an expression is false."""
        return self.side(expr, False)

    def side(self, expr: Expr, side: bool) -> Formula:
        """The formula under which the truth of an expression is ``side``: known, and that."""
        match expr:
            case Not(part):
                return self.side(part, not side)
            case And(parts) | Or(parts):
                made = [self.side(part, side) for part in parts]
                return all_of(made) if isinstance(expr, And) is side else any_of(made)
            case Literal(value):
                return fixed((value is True) is side)
            case In(left, values):
                return self.side(Or(tuple(Compare("==", left, value) for value in values)), side)
            case Compare(op, left, right):
                return _compared(op if side else OPPOSITE[op], self.symbol(left), self.symbol(right))
        symbol = self.symbol(expr)
        return all_of(symbol.known, symbol.value if side else negated(symbol.value))

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
                return point("boolean", any_of(true, self.false(expr)), true)
        raise RuleRefused(f"`{expr}` has no formula")

    def through(self, expr: Expr, of_name: Callable[[str], Formula], tested: bool = False) -> Formula:
        """The formula under which a name through which an expression is unknown (`conditions.unknown_names`) is as
        ``of_name`` says: a part that is known decides nothing, though it reads such a name. In a test it is known
        exactly."""
        match expr:
            case Literal():
                return FALSE
            case Name(id):
                return of_name(id)
        symbol = self.symbol(expr)
        known = all_of(symbol.known, symbol.exact) if tested else symbol.known
        tested = tested or not isinstance(expr, Not | And | Or)
        return all_of(negated(known), any_of([self.through(part, of_name, tested) for part in children(expr)]))

    def calculated(self, op: str, a: Symbol, b: Symbol) -> Symbol:
        """A calculation by the ends of both sides."""
        if op in "+-":
            first, last = (b.low, b.high) if op == "+" else (b.high, b.low)
            has_first, has_last = (b.has_low, b.has_high) if op == "+" else (b.has_high, b.has_low)
            low, high = CALCULATE[op](a.low, first), CALCULATE[op](a.high, last)
            has_low, has_high = all_of(a.has_low, has_first), all_of(a.has_high, has_last)
            known = all_of(a.known, b.known, any_of(has_low, has_high))
            return Symbol("number", known, low, high, has_low, has_high, op == "+" and a.positive and b.positive)
        if a.has_low is a.known and b.has_low is b.known:
            known = all_of(a.known, b.known, any_of(b.low > 0, b.high < 0) if op == "/" else TRUE)
            return Symbol("number", known, *_product_ends(op, a, b), known, known, a.positive and b.positive)
        ends = (end for side in (a, b) for end in (side.known, side.low, side.high, side.has_low, side.has_high))
        key = (op, *(end.id for end in ends))
        if key not in self.results:
            made = self.results[key] = self._free(all_of(a.known, b.known))
            sides = ((first_end(side.low, side.has_low), last_end(side.high, side.has_high)) for side in (a, b))
            told, *ends_told = calculated_ends(op, *sides)
            for value, has, end in zip((made.low, made.high), (made.has_low, made.has_high), ends_told, strict=True):
                self.domain.append(has == all_of(a.known, b.known, told, end.has))
                self.domain.append(implies(has, value == end.value))
        return self.results[key]

    def _free(self, maybe: Formula) -> Symbol:
        """A number that can be anything, and known only where ``maybe``."""
        name = f"{self.prefix}calculated {len(self.results)}"
        low, high = free(NUMBER, f"{name} from"), free(NUMBER, f"{name} to")
        has_low, has_high = free(TRUTH, f"{name} has a low end"), free(TRUTH, f"{name} has a high end")
        known = any_of(has_low, has_high)
        self.domain += [low <= high, implies(known, maybe)]
        return Symbol("number", known, low, high, has_low, has_high)

    def constant(self, value: Value) -> Symbol:
        """A constant with its type."""
        match value:
            case bool():
                return point("boolean", TRUE, fixed(value))
            case Decimal():
                return replace(point("number", TRUE, exact(value)), positive=value >= 0)
            case date():
                return point("date", TRUE, fixed(value.toordinal()))
            case str():
                return point("text", TRUE, fixed(self.text(value)))
        raise RuleRefused(f"`{value}` is no constant of a formula")


def _compared(op: str, a: Symbol, b: Symbol) -> Formula:
    """When a comparison is known and holds, by the ends of both sides."""
    match op:
        case "==" | "!=" if a.low is a.high and b.low is b.high:
            return all_of(a.known, b.known, (a.low == b.low) if op == "==" else (a.low != b.low))
        case "==":  # no low end lies above a high one, so all four are equal
            return all_of(_compared(">=", a, b), _compared("<=", a, b))
        case "!=":
            return any_of(_compared("<", a, b), _compared(">", a, b))
        case "<" | "<=":
            return all_of(a.has_high, b.has_low, COMPARE[op](a.high, b.low))
    return all_of(a.has_low, b.has_high, COMPARE[op](a.low, b.high))


def _product_ends(op: str, a: Symbol, b: Symbol) -> tuple[Formula, Formula]:
    """The least and the greatest of the four results; two where no side is below zero, or one is exact."""
    run = CALCULATE[op]
    if a.positive and b.positive:
        return (run(a.low, b.low), run(a.high, b.high)) if op == "*" else (run(a.low, b.high), run(a.high, b.low))
    results = [run(x, y) for x in dict.fromkeys((a.low, a.high)) for y in dict.fromkeys((b.low, b.high))]
    low = high = results[0]
    for result in results[1:]:
        low, high = either(result < low, result, low), either(result > high, result, high)
    return low, high


def exact(number: Decimal) -> Formula:
    """A number without rounding; whole ones as integers."""
    found = Fraction(number)
    return fixed(found.numerator if found.denominator == 1 else found)


def _extreme(least: bool, a: Symbol, b: Symbol) -> Symbol:
    """The smaller or the larger of two numbers, by their ends: an end that is no bound is below, or above, all."""

    def chosen(one: Formula, other: Formula, has: Formula, has_other: Formula, both: bool) -> tuple[Formula, Formula]:
        first = (one <= other) if least else (one >= other)
        if both:  # on this side what has no bound decides
            return all_of(has, has_other), either(first, one, other)
        return any_of(has, has_other), either(all_of(has, any_of(first, negated(has_other))), one, other)

    has_low, low = chosen(a.low, b.low, a.has_low, b.has_low, least)
    has_high, high = chosen(a.high, b.high, a.has_high, b.has_high, not least)
    known = all_of(a.known, b.known, any_of(has_low, has_high))
    return Symbol(
        "number", known, low, high, all_of(known, has_low), all_of(known, has_high), a.positive and b.positive
    )


COMPARE: Mapping[str, Callable[[Any, Any], Any]] = {
    "<": lambda a, b: a < b,
    "<=": lambda a, b: a <= b,
    ">": lambda a, b: a > b,
    ">=": lambda a, b: a >= b,
}
