"""Values as numbers that a binary fraction of 64 bits stands for, and which terms have any."""

from __future__ import annotations

from decimal import Context, Decimal

from salesdx.base.model import Term
from salesdx.language.conditions import Value

EXACT = Context(prec=100_000)
DIGITS = 15
"""Decimals of so many significant digits and their binary fractions (IEEE 754, 64 bits) stand in the same order, and no
two of them are the same: DBL_DIG of ISO C."""


def is_conditional(term: Term) -> bool:
    """Whether a term follows from conditions, and so is known while some of what it reads is not."""
    return bool(term.choose) or (term.formula is not None and term.type == "boolean")


def is_long(number: Decimal) -> bool:
    """Whether a number has too many digits for a binary fraction of 64 bits to stand for it."""
    return len(number.normalize(EXACT).as_tuple().digits) > DIGITS


def position(term: Term, value: Value) -> Decimal:
    """A constant as a number: a word its position among the term's values, a date its day number.

    >>> position(Term("sold", "goals", "boolean"), True)
    Decimal('1')
    """
    if isinstance(value, str):
        return Decimal(term.values.index(value))
    if isinstance(value, Decimal):
        return value
    return Decimal(int(value) if isinstance(value, bool) else value.toordinal())  # type: ignore[union-attr]
