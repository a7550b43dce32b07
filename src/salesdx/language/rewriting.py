"""Expressions made from others."""

from __future__ import annotations

from collections.abc import Callable

from salesdx.language.conditions import And, Arithmetic, Call, Compare, Expr, In, Literal, Name, Not, Or


def substitute(expr: Expr, rename: Callable[[str], Expr]) -> Expr:
    """The expression with every name replaced; the result stands at no place of a file."""
    match expr:
        case Name(id):
            return rename(id)
        case Not(part):
            return Not(substitute(part, rename))
        case And(parts):
            return And(tuple(substitute(part, rename) for part in parts))
        case Or(parts):
            return Or(tuple(substitute(part, rename) for part in parts))
        case Compare(op, left, right):
            return Compare(op, substitute(left, rename), substitute(right, rename))
        case In(left, values):
            return In(substitute(left, rename), tuple(Literal(literal.value) for literal in values))
        case Arithmetic(op, left, right):
            return Arithmetic(op, substitute(left, rename), substitute(right, rename))
        case Call(function, arguments):
            return Call(function, tuple(substitute(argument, rename) for argument in arguments))
        case Literal(value):
            return Literal(value)


def without_places(expr: Expr) -> Expr:
    """The expression as if it stood nowhere, so that equal ones are one."""
    return substitute(expr, Name)


def denied(expr: Expr) -> Expr:
    """What is true where the expression is false; a ``not`` goes inwards past `and` and `or`."""
    match expr:
        case Not(part):
            return part
        case And(parts):
            return Or(tuple(denied(part) for part in parts))
        case Or(parts):
            return And(tuple(denied(part) for part in parts))
    return Not(expr)
