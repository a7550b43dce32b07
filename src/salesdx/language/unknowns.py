"""What keeps an expression unknown, prepared once for each expression: the meaning is ``conditions.unknown_names``."""

from __future__ import annotations

from collections.abc import Callable

from salesdx.language.conditions import (
    And,
    Arithmetic,
    Compare,
    Expr,
    In,
    Literal,
    Name,
    Not,
    Or,
    Values,
    leaves,
    names,
    truth,
    walk,
)
from salesdx.language.conditions import unknown_names as defined
from salesdx.language.intervals import Interval
from salesdx.language.truth import UNKNOWN

Reader = Callable[[Values], tuple[str, ...]]
"""Values under which an expression is unknown -> the names that keep it so."""


def reader(expr: Expr) -> Reader:
    """A function that gives the names that keep an expression unknown, wherever it is unknown.

    >>> reader(And((Name("a"), Not(Name("b")), Name("c"))))({"a": True})
    ('b', 'c')
    """
    match expr:
        case Not(part):
            return reader(part)
        case And(parts) | Or(parts):
            return _joined(expr, parts)
        case _ if _plain(expr):
            return _names(expr)
    return lambda values: defined(expr, values)


def _joined(expr: Expr, parts: tuple[Expr, ...]) -> Reader:
    """Where a connective is unknown no part decides it, so a plain part's unknown names all count.

    An imprecise name may decide its part, so there the definition is asked.
    """
    if all(_plain(part) for part in parts):
        return _names(expr)
    inner = [(None if _plain(part) else part, reader(part)) for part in parts]

    def read(values: Values) -> tuple[str, ...]:
        found: dict[str, None] = {}
        for part, of in inner:
            if part is None or truth(part, values) is UNKNOWN:
                found.update(dict.fromkeys(of(values)))
        return tuple(found)

    return read


def _names(expr: Expr) -> Reader:
    read = names(expr)
    tests = [(test, names(test)) for test in leaves(expr)]
    calculated = any(isinstance(part, Arithmetic) for part in walk(expr))

    def of(values: Values) -> tuple[str, ...]:
        unknown = [name for name in read if values.get(name) is None]
        imprecise = {name for name in read if type(values.get(name)) is Interval}  # each may decide its test, or not
        if not imprecise:
            return tuple(unknown)
        if calculated:
            return defined(expr, values)
        found: dict[str, None] = {}
        for test, inner in tests:
            if imprecise.isdisjoint(inner) or truth(test, values) is UNKNOWN:
                found.update(dict.fromkeys(name for name in inner if name in imprecise or values.get(name) is None))
        return tuple(found)

    return of


def _plain(expr: Expr) -> bool:
    """Whether an expression is a test that, among exact values, is unknown exactly when one of its names is."""
    match expr:
        case Name() | Literal():
            return True
        case Not(part):
            return _plain(part)
        case In(left, _):
            return isinstance(left, Name)
        case Compare(_, left, right):
            return _known_with_its_names(left) and _known_with_its_names(right)
    return False


def _known_with_its_names(expr: Expr) -> bool:
    match expr:
        case Arithmetic(op, left, right):  # a division by zero is unknown though its names are known
            return op != "/" and _known_with_its_names(left) and _known_with_its_names(right)
    return isinstance(expr, Name | Literal)
