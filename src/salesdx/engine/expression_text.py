"""Expressions as their authors write them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from fractions import Fraction

from salesdx.base.reading import plain_number
from salesdx.case.statement import shown_value
from salesdx.language.conditions import And, Arithmetic, Call, Compare, Expr, In, Literal, Name, Not, Or, Value

SIGNS = {">=": "≥", "<=": "≤", "!=": "≠", "==": "="}
"""Comparisons as pages write them; the others are written as in a condition."""
RANKS = {"+": 1, "-": 1, "*": 2, "/": 2}


def literal(known: Value | Fraction) -> str:
    """A constant of a condition as a reader writes it; a choice of several words stands in quotes."""
    if isinstance(known, Decimal):
        return plain_number(known)
    if isinstance(known, str) and "_" in known:
        return f"'{shown_value(known)}'"
    return known.isoformat() if isinstance(known, date) else shown_value(known)


def plainly(expr: Expr, rank: int = 0, called: Callable[[str], str] = str) -> str:
    """An expression as its author wrote it, without values and quotes, with the brackets that it needs.

    ``called`` gives what is read in the place of a name.

    >>> plainly(And((Name("a"), Or((Name("b"), Not(Name("c")))))))
    'a and (b or not c)'
    """

    def of(part: Expr, rank: int = 0) -> str:
        return plainly(part, rank, called)

    match expr:
        case Literal(bool(known)):
            return str(known).lower()
        case Literal(known):
            return literal(known)
        case Name(id):
            return called(id)
        case Call(function, arguments):
            return f"{function}({', '.join(map(of, arguments))})"
        case Or(parts):
            own, text = 1, " or ".join(of(part, 2) for part in parts)
        case And(parts):
            own, text = 2, " and ".join(of(part, 3) for part in parts)
        case Not(part):
            own, text = 3, f"not {of(part, 3)}"
        case Compare(op, left, right):
            own, text = 4, f"{of(left, 5)} {op} {of(right, 5)}"
        case In(left, literals):
            own, text = 4, f"{of(left, 5)} in [{', '.join(map(of, literals))}]"
        case Arithmetic(op, left, right):
            own = 4 + RANKS[op]
            text = f"{of(left, own)} {op} {of(right, own + 1)}"
    return f"({text})" if own < rank else text
