"""Expressions: the tree and its three-valued evaluation. ``parsing`` makes the tree from text.

The same small language serves the rules' conditions, the formulas of computed terms and the ladder.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from fractions import Fraction
from functools import lru_cache
from typing import Any

from salesdx.language import statistics
from salesdx.language.intervals import Interval, calculate_ends, compare_ends, greatest, least
from salesdx.language.truth import UNKNOWN, Truth, and_, not_, or_

Value = bool | Decimal | str | date | Interval
"""A known value: boolean, exact number, enum value, date, or a number or date that is known between two ends."""
Values = Mapping[str, Value | None]
"""What is known by name; a name that is missing or None is unknown."""
Number = Decimal | Fraction | int
Result = Value | Fraction | int | None
"""The value of an expression; None where it is unknown."""


@dataclass(frozen=True, slots=True)
class Literal:
    """A constant, as it is written; ``limit`` is the name that stands there in its place, if one does."""

    value: Value
    start: int = 0
    end: int = 0
    limit: str = field(default="", compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Name:
    """A term, a finding, or a word of the ladder."""

    id: str
    start: int = 0
    end: int = 0


@dataclass(frozen=True, slots=True)
class Not:
    """True where its part is false."""

    part: Expr
    start: int = 0
    end: int = 0


@dataclass(frozen=True, slots=True)
class And:
    """True where all its parts are; false where one is false."""

    parts: tuple[Expr, ...]
    start: int = 0
    end: int = 0


@dataclass(frozen=True, slots=True)
class Or:
    """True where one of its parts is; false where all are false."""

    parts: tuple[Expr, ...]
    start: int = 0
    end: int = 0


@dataclass(frozen=True, slots=True)
class Compare:
    """Two sides compared: ``op`` is `==`, `!=`, `<`, `<=`, `>` or `>=`."""

    op: str
    left: Expr
    right: Expr
    start: int = 0
    end: int = 0


@dataclass(frozen=True, slots=True)
class In:
    """True where the left side is one of the constants."""

    left: Expr
    values: tuple[Literal, ...]
    start: int = 0
    end: int = 0


@dataclass(frozen=True, slots=True)
class Arithmetic:
    """An exact calculation: ``op`` is `+`, `-`, `*` or `/`."""

    op: str
    left: Expr
    right: Expr
    start: int = 0
    end: int = 0


@dataclass(frozen=True, slots=True)
class Call:
    """A function of FUNCTIONS and its arguments."""

    function: str
    arguments: tuple[Expr, ...]
    start: int = 0
    end: int = 0


Expr = Literal | Name | Not | And | Or | Compare | In | Arithmetic | Call
"""An expression; ``start`` and ``end`` of each part are its place in the text, and count when two are compared."""
CONDITIONS = (Not, And, Or, Compare, In)
"""Expressions that have a truth of their own, which can be known while a name in them is not."""


class ConditionError(ValueError):
    """A fault in an expression: the words at fault are ``text[start:end]``."""

    def __init__(self, code: str, message: str, start: int, end: int, help: str = "") -> None:
        super().__init__(message)
        self.code, self.message, self.start, self.end, self.help = code, message, start, end, help


OUTCOME = "outcome"
"""The one function of conditions: what became of an intervention. Its value is that of a name, `outcome(ID)`."""
WORKED, NOT_WORKED = OUTCOMES = ("worked", "not_worked")
"""Its values; before one of them is decided it is unknown."""


def outcome_name(intervention: str) -> str:
    """The name by which conditions read the outcome of an intervention.

    >>> outcome_name("promise_date")
    'outcome(promise_date)'
    """
    return f"{OUTCOME}({intervention})"


def intervention_of(name: str) -> str:
    """The intervention whose outcome a name is; empty for every other name."""
    return name[len(OUTCOME) + 1 : -1] if name.startswith(f"{OUTCOME}(") else ""


def children(expr: Expr) -> tuple[Expr, ...]:
    """The direct parts of an expression."""
    return _PARTS[type(expr)](expr)


_PARTS: Mapping[type, Callable[[Any], tuple[Expr, ...]]] = {
    Literal: lambda _: (),
    Name: lambda _: (),
    Not: lambda expr: (expr.part,),
    And: lambda expr: expr.parts,
    Or: lambda expr: expr.parts,
    Compare: lambda expr: (expr.left, expr.right),
    Arithmetic: lambda expr: (expr.left, expr.right),
    In: lambda expr: (expr.left, *expr.values),
    Call: lambda expr: expr.arguments,
}


def walk(expr: Expr) -> Iterator[Expr]:
    """The expression and all its parts, from left to right."""
    rest = [expr]
    while rest:
        yield (part := rest.pop())
        rest.extend(reversed(_PARTS[type(part)](part)))


def names(expr: Expr) -> tuple[str, ...]:
    """The names an expression reads, each once, in order of first use."""
    found: dict[str, None] = {}
    rest = [expr]
    while rest:
        part = rest.pop()
        if type(part) is Name:
            found[part.id] = None
        else:
            rest.extend(reversed(_PARTS[type(part)](part)))
    return tuple(found)


def limits_of(expr: Expr) -> tuple[str, ...]:
    """The limits whose numbers an expression has, each once, in order of first use."""
    return tuple(dict.fromkeys(part.limit for part in walk(expr) if isinstance(part, Literal) and part.limit))


def leaves(expr: Expr) -> Iterator[Expr]:
    """The comparisons and boolean names that the connectives join."""
    match expr:
        case Not(part):
            yield from leaves(part)
        case And(parts) | Or(parts):
            for part in parts:
                yield from leaves(part)
        case _:
            yield expr


# --- evaluation -----------------------------------------------------------------------------------------------------


def truth(expr: Expr, values: Values) -> Truth:
    """The truth of a boolean expression; a name that is missing or None is unknown.

    >>> truth(And((Name("a"), Name("b"))), {"a": True}) is UNKNOWN
    True
    """
    match expr:
        case Compare(op, left, right):
            a, b = value(left, values), value(right, values)
            return UNKNOWN if a is None or b is None else compare(op, a, b)
        case And(parts):
            return and_(truth(part, values) for part in parts)
        case Or(parts):
            return or_(truth(part, values) for part in parts)
        case Not(part):
            return not_(truth(part, values))
        case In(left, literals):
            a = value(left, values)
            return UNKNOWN if a is None else or_(compare("==", a, literal.value) for literal in literals)
        case _:
            known = value(expr, values)
            return UNKNOWN if known is None else known is True


def value(expr: Expr, values: Values) -> Result:
    """The value of an expression, None if it is unknown. Arithmetic is exact."""
    match expr:
        case Name(id):
            return values.get(id)
        case Literal(known):
            return known
        case Arithmetic(op, left, right):
            a, b = value(left, values), value(right, values)
            return None if a is None or b is None else _calculate(op, a, b)
        case Call(function, arguments):
            known_arguments = [value(argument, values) for argument in arguments]
            return None if None in known_arguments else FUNCTIONS[function].run(*known_arguments)
        case _:
            return truth(expr, values)


def compare(op: str, a: Value | Fraction | int, b: Value | Fraction | int) -> Truth:
    """A comparison of two known values of one type; unknown where one is imprecise and the limit lies inside."""
    if isinstance(a, Interval) or isinstance(b, Interval):
        return compare_ends(op, a, b)
    if isinstance(a, Fraction) or isinstance(b, Fraction):
        a, b = Fraction(a), Fraction(b)  # type: ignore[arg-type]
    match op:
        case "==":
            return a == b
        case "!=":
            return a != b
        case "<":
            return a < b  # type: ignore[operator]
        case "<=":
            return a <= b  # type: ignore[operator]
        case ">":
            return a > b  # type: ignore[operator]
        case _:
            return a >= b  # type: ignore[operator]


def _calculate(op: str, a: object, b: object) -> Fraction | Interval | None:
    if isinstance(a, Interval) or isinstance(b, Interval):
        return calculate_ends(op, a, b)
    if isinstance(a, date) and isinstance(b, date):
        return Fraction((a - b).days)
    x: Fraction = Fraction(a)  # type: ignore[call-overload]
    y: Fraction = Fraction(b)  # type: ignore[call-overload]
    match op:
        case "+":
            return x + y
        case "-":
            return x - y
        case "*":
            return x * y
        case _:
            return x / y if y else None  # division by zero is unknown


def divisions_by_zero(expr: Expr, values: Values) -> list[Arithmetic]:
    """The divisions in an expression whose divisor is known and zero."""
    return [
        part
        for part in walk(expr)
        if isinstance(part, Arithmetic) and part.op == "/" and value(part.right, values) == 0
    ]


def undecided_tests(expr: Expr, values: Values) -> Iterator[Expr]:
    """The tests that keep an expression unknown: its leaves that are unknown in unknown connectives."""
    if truth(expr, values) is not UNKNOWN:
        return
    match expr:
        case Not(part):
            yield from undecided_tests(part, values)
        case And(parts) | Or(parts):
            for part in parts:
                yield from undecided_tests(part, values)
        case _:
            yield expr


def unknown_names(expr: Expr, values: Values) -> tuple[str, ...]:
    """The names that keep an expression unknown; none if its truth is known.

    They are unknown themselves, or too imprecise for a test.
    """

    def of(part: Expr, tested: bool) -> Iterator[str]:
        known = value(part, values)
        if known is not None and not (tested and isinstance(known, Interval)):
            return
        if isinstance(part, Name):
            yield part.id
        tested = tested or not isinstance(part, Not | And | Or)
        for child in children(part):
            yield from of(child, tested)

    return tuple(dict.fromkeys(of(expr, False)))


# --- functions ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Function:
    """A function of formulas: how many numbers it takes (at least), and what it does."""

    arity: int
    more: bool
    run: Callable[..., Result]


def _points(run: Callable[..., Number | None]) -> Callable[..., Number | None]:
    """A function of exact numbers; an imprecise one makes it unknown."""

    def wrapped(*arguments: Number | Interval) -> Number | None:
        return None if any(isinstance(argument, Interval) for argument in arguments) else run(*arguments)

    return wrapped


def _counts(run: Callable[..., Number | None]) -> Callable[..., Number | None]:
    """A function of whole numbers; anything else makes it unknown."""

    def wrapped(*arguments: Number) -> Number | None:
        counts = [Fraction(argument) for argument in arguments]
        return run(*map(int, counts)) if all(count.denominator == 1 for count in counts) else None

    return _points(wrapped)


def _bound(index: int) -> Callable[..., Number | None]:
    def run(wins: int, decided: int) -> Number | None:
        interval = statistics.wilson(wins, decided)
        return interval and interval[index]

    return _counts(run)


FUNCTIONS: dict[str, Function] = {
    "min": Function(1, True, least),
    "max": Function(1, True, greatest),
    "fisher_p": Function(4, False, _counts(lru_cache(4096)(statistics.fisher_p))),
    "fisher_lower_p": Function(4, False, _counts(lru_cache(4096)(statistics.fisher_lower_p))),
    "wilson_low": Function(2, False, _bound(0)),
    "wilson_high": Function(2, False, _bound(1)),
    "holm": Function(1, True, _points(lambda *a: statistics.holm(*(statistics.rounded(Fraction(x)) for x in a)))),
}
