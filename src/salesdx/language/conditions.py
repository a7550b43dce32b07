"""Expressions: the tree, its three-valued evaluation and its types. ``parsing`` makes the tree from text.

The same small language serves the rules' conditions, the formulas of computed terms and the ladder.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from fractions import Fraction

from salesdx.language import statistics
from salesdx.language.characters import strange_letter
from salesdx.language.truth import UNKNOWN, Truth, and_, not_, or_

Value = bool | Decimal | str | date
"""A known value: boolean, exact number, enum value, date."""
Number = Decimal | Fraction | int


@dataclass(frozen=True, slots=True)
class Literal:
    value: Value
    start: int = 0
    end: int = 0


@dataclass(frozen=True, slots=True)
class Name:
    id: str
    start: int = 0
    end: int = 0


@dataclass(frozen=True, slots=True)
class Not:
    part: Expr
    start: int = 0
    end: int = 0


@dataclass(frozen=True, slots=True)
class And:
    parts: tuple[Expr, ...]
    start: int = 0
    end: int = 0


@dataclass(frozen=True, slots=True)
class Or:
    parts: tuple[Expr, ...]
    start: int = 0
    end: int = 0


@dataclass(frozen=True, slots=True)
class Compare:
    op: str
    left: Expr
    right: Expr
    start: int = 0
    end: int = 0


@dataclass(frozen=True, slots=True)
class In:
    left: Expr
    values: tuple[Literal, ...]
    start: int = 0
    end: int = 0


@dataclass(frozen=True, slots=True)
class Arithmetic:
    op: str
    left: Expr
    right: Expr
    start: int = 0
    end: int = 0


@dataclass(frozen=True, slots=True)
class Call:
    function: str
    arguments: tuple[Expr, ...]
    start: int = 0
    end: int = 0


Expr = Literal | Name | Not | And | Or | Compare | In | Arithmetic | Call


class ConditionError(ValueError):
    """A fault in an expression: the words at fault are ``text[start:end]``."""

    def __init__(self, code: str, message: str, start: int, end: int, help: str = "") -> None:
        super().__init__(message)
        self.code, self.message, self.start, self.end, self.help = code, message, start, end, help


def children(expr: Expr) -> tuple[Expr, ...]:
    """The direct parts of an expression."""
    match expr:
        case Literal() | Name():
            return ()
        case Not(part):
            return (part,)
        case And(parts) | Or(parts):
            return parts
        case Compare(_, left, right) | Arithmetic(_, left, right):
            return (left, right)
        case In(left, values):
            return (left, *values)
        case Call(_, arguments):
            return arguments


def walk(expr: Expr) -> Iterator[Expr]:
    """The expression and all its parts, from left to right."""
    yield expr
    for part in children(expr):
        yield from walk(part)


def names(expr: Expr) -> tuple[str, ...]:
    """The names an expression reads, each once, in order of first use."""
    return tuple(dict.fromkeys(part.id for part in walk(expr) if isinstance(part, Name)))


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


def truth(expr: Expr, values: Mapping[str, Value | None]) -> Truth:
    """The truth of a boolean expression; a name that is missing or None is unknown.

    >>> truth(And((Name("a"), Name("b"))), {"a": True}) is UNKNOWN
    True
    """
    match expr:
        case And(parts):
            return and_(truth(part, values) for part in parts)
        case Or(parts):
            return or_(truth(part, values) for part in parts)
        case Not(part):
            return not_(truth(part, values))
        case Compare(op, left, right):
            a, b = value(left, values), value(right, values)
            return UNKNOWN if a is None or b is None else compare(op, a, b)
        case In(left, literals):
            a = value(left, values)
            return UNKNOWN if a is None else any(compare("==", a, literal.value) for literal in literals)
        case _:
            known = value(expr, values)
            return UNKNOWN if known is None else known is True


def value(expr: Expr, values: Mapping[str, Value | None]) -> Value | Fraction | int | None:
    """The value of an expression, None if it is unknown. Arithmetic is exact."""
    match expr:
        case Literal(known):
            return known
        case Name(id):
            return values.get(id)
        case Arithmetic(op, left, right):
            a, b = value(left, values), value(right, values)
            return None if a is None or b is None else _calculate(op, a, b)
        case Call(function, arguments):
            known_arguments = [value(argument, values) for argument in arguments]
            return None if None in known_arguments else FUNCTIONS[function].run(*known_arguments)
        case _:
            return truth(expr, values)


def compare(op: str, a: Value | Fraction | int, b: Value | Fraction | int) -> bool:
    """A comparison of two known values of one type."""
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


def _calculate(op: str, a: object, b: object) -> Fraction | None:
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


def divisions_by_zero(expr: Expr, values: Mapping[str, Value | None]) -> list[Arithmetic]:
    """The divisions in an expression whose divisor is known and zero."""
    return [
        part
        for part in walk(expr)
        if isinstance(part, Arithmetic) and part.op == "/" and value(part.right, values) == 0
    ]


def unknown_names(expr: Expr, values: Mapping[str, Value | None]) -> tuple[str, ...]:
    """The unknown names that keep an expression unknown; none if its truth is known."""

    def of(part: Expr) -> Iterator[str]:
        if value(part, values) is not None:
            return
        if isinstance(part, Name):
            yield part.id
        for child in children(part):
            yield from of(child)

    return tuple(dict.fromkeys(of(expr)))


# --- types ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Type:
    """The type of a value: boolean, number, date or enum (with its values)."""

    kind: str
    values: tuple[str, ...] = ()

    def __str__(self) -> str:
        return {"boolean": "true or false", "enum": "a choice"}.get(self.kind, f"a {self.kind}")


BOOLEAN, NUMBER, DATE, TEXT = Type("boolean"), Type("number"), Type("date"), Type("text")


@dataclass(frozen=True, slots=True)
class Function:
    """A function of formulas: how many numbers it takes (at least), and what it does."""

    arity: int
    more: bool
    run: Callable[..., Number | None]


def _counts(run: Callable[..., Number | None]) -> Callable[..., Number | None]:
    """A function of whole numbers; anything else makes it unknown."""

    def wrapped(*arguments: Number) -> Number | None:
        counts = [Fraction(argument) for argument in arguments]
        return run(*map(int, counts)) if all(count.denominator == 1 for count in counts) else None

    return wrapped


def _bound(index: int) -> Callable[..., Number | None]:
    def run(wins: int, decided: int) -> Number | None:
        interval = statistics.wilson(wins, decided)
        return interval and interval[index]

    return _counts(run)


FUNCTIONS: dict[str, Function] = {
    "min": Function(1, True, lambda *a: min(Fraction(x) for x in a)),
    "max": Function(1, True, lambda *a: max(Fraction(x) for x in a)),
    "fisher_p": Function(4, False, _counts(statistics.fisher_p)),
    "wilson_low": Function(2, False, _bound(0)),
    "wilson_high": Function(2, False, _bound(1)),
    "holm": Function(1, True, lambda *a: statistics.holm(*(statistics.rounded(Fraction(x)) for x in a))),
}


def type_of(expr: Expr, lookup: Callable[[Name], Type | None], faults: list[ConditionError]) -> Type | None:
    """The type of an expression by the vocabulary; every fault found is appended, and None stands for a faulty part.

    ``lookup`` gives the type of a name, None for one whose definition is at fault, or raises ConditionError.
    """

    def of(part: Expr) -> Type | None:
        return type_of(part, lookup, faults)

    def need(part: Expr, wanted: Type, what: str) -> None:
        found = of(part)
        if found is not None and found.kind != wanted.kind:
            faults.append(
                ConditionError(
                    "type",
                    f"{what} needs {wanted}, this is {found}",
                    part.start,
                    part.end,
                    _type_help(part, found, wanted),
                )
            )

    match expr:
        case Literal(known):
            return (
                BOOLEAN
                if isinstance(known, bool)
                else NUMBER
                if isinstance(known, Decimal)
                else DATE
                if isinstance(known, date)
                else TEXT
            )
        case Name():
            try:
                return lookup(expr)
            except ConditionError as error:
                faults.append(error)
                return None
        case Not(part):
            need(part, BOOLEAN, "`not`")
            return BOOLEAN
        case And(parts) | Or(parts):
            for part in parts:
                need(part, BOOLEAN, "`and`" if isinstance(expr, And) else "`or`")
            return BOOLEAN
        case Arithmetic(op, left, right):
            if op == "-" and isinstance(left, Name) and isinstance(right, Name):
                quiet: list[ConditionError] = []
                if type_of(left, lookup, quiet) == type_of(right, lookup, quiet) == DATE:
                    return NUMBER
            need(left, NUMBER, f"`{op}`")
            need(right, NUMBER, f"`{op}`")
            return NUMBER
        case Call(function, arguments):
            for argument in arguments:
                need(argument, NUMBER, f"`{function}`")
            return NUMBER
        case Compare(op, left, right):
            _check_comparison(op, left, right, of(left), of(right), faults)
            return BOOLEAN
        case In(left, literals):
            found = of(left)
            for literal in literals:
                _check_comparison("==", left, literal, found, of(literal), faults)
            return BOOLEAN


def _check_comparison(
    op: str, left: Expr, right: Expr, a: Type | None, b: Type | None, faults: list[ConditionError]
) -> None:
    if a is None or b is None:
        return
    for enum, text, literal in ((a, b, right), (b, a, left)):
        if enum.kind == "enum" and text.kind == "text" and isinstance(literal, Literal):
            if literal.value not in enum.values:
                message = f"`{literal.value}` is none of the values of this choice"
                help = strange_letter(str(literal.value)) or f"its values are {', '.join(enum.values)}"
                faults.append(ConditionError("unknown-value", message, literal.start, literal.end, help))
            elif op not in ("==", "!="):
                help = "compare it with `==`, `!=` or `in`"
                faults.append(ConditionError("type", "a choice has no order", left.start, right.end, help))
            return
    if a.kind != b.kind or a.kind == "text":
        help = "put an enum value in quotes, a number without quotes" if "text" in (a.kind, b.kind) else ""
        faults.append(ConditionError("type", f"{a} cannot be compared with {b}", left.start, right.end, help))
    elif a.kind in ("boolean", "enum") and op not in ("==", "!="):
        faults.append(
            ConditionError("type", f"{a} has no order", left.start, right.end, "compare it with `==` or `!=`")
        )


def _type_help(part: Expr, found: Type, wanted: Type) -> str:
    if wanted == BOOLEAN and isinstance(part, Name):
        return f"write a comparison, such as `{part.id} > 0`" if found.kind == "number" else "write a comparison"
    return ""
