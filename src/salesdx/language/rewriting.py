"""Expressions made from others."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from decimal import Decimal

from salesdx.language.conditions import And, Arithmetic, Call, Compare, Expr, In, Literal, Name, Not, Or, walk

_WORD = re.compile(r"'[^']*'|\"[^\"]*\"|\w+")
"""A value in quotes, or a word."""


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


def with_limits(expr: Expr, limits: Mapping[str, Decimal]) -> Expr:
    """The expression with the numbers of limits in the place of their names, and of numbers that they had before; each
    part stays where it is written."""

    def of(part: Expr) -> Expr:
        return with_limits(part, limits)

    match expr:
        case Name(id, start, end):
            return Literal(limits[id], start, end, id) if id in limits else expr
        case Literal(limit=limit) if limit in limits:
            return replace(expr, value=limits[limit])
        case Not(part):
            return replace(expr, part=of(part))
        case And(parts) | Or(parts):
            return replace(expr, parts=tuple(map(of, parts)))
        case Compare(_, left, right) | Arithmetic(_, left, right):
            return replace(expr, left=of(left), right=of(right))
        case In(left):
            return replace(expr, left=of(left))
        case Call(_, arguments):
            return replace(expr, arguments=tuple(map(of, arguments)))
    return expr


def in_numbers(text: str, expr: Expr) -> str:
    """The text that an expression was read from, with the numbers of limits in the place of their names."""
    limits = numbers_of_limits(expr)
    return _WORD.sub(lambda word: limits.get(word[0], word[0]), text) if limits else text


def numbers_of_limits(expr: Expr) -> dict[str, str]:
    """Limit -> its number as text, for those whose numbers an expression has."""
    parts = [part for part in walk(expr) if isinstance(part, Literal) and part.limit]
    return {part.limit: f"{part.value.normalize():f}" for part in parts if isinstance(part.value, Decimal)}


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
