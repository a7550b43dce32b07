"""Which comparisons decided a condition.

A condition is decided through those of its parts that have the truth of the whole: of an `or` that is true the true
parts, of an `and` that is false the false ones. This is how Kleene's strong logic evaluates it, read backwards.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from salesdx.language.conditions import And, Expr, Not, Or, Values, names, truth
from salesdx.language.truth import TRUE, UNKNOWN, Truth


class Compared(NamedTuple):
    """A comparison, or a name that is true or false by itself, and whether it holds."""

    expr: Expr
    holds: bool


def decisive(expr: Expr, values: Values, wanted: Truth = TRUE) -> Iterator[Compared]:
    """The comparisons through which an expression is true, false or unknown, in the order in which they stand.

    ``wanted`` is the truth that the expression has.
    """
    match expr:
        case Not(part):
            yield from decisive(part, values, wanted if wanted is UNKNOWN else not wanted)
        case And(parts) | Or(parts):
            for part in parts:
                if truth(part, values) is wanted:
                    yield from decisive(part, values, wanted)
        case _:
            yield Compared(expr, wanted is TRUE)


def decisive_names(expr: Expr, values: Values, wanted: Truth = TRUE) -> tuple[str, ...]:
    """The names that the decisive comparisons read, each once."""
    return tuple(dict.fromkeys(name for part, _ in decisive(expr, values, wanted) for name in names(part)))
