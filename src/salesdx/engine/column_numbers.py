"""Exact calculations over columns: decimals as whole numbers of 64 bits, each with how many places it has."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any, NamedTuple

import numpy as np

from salesdx.engine.case_columns import Column
from salesdx.engine.slot_numbers import DIGITS
from salesdx.language.conditions import Arithmetic, Compare, Expr, Literal, Name

PLACES = (0, 2, 6)
"""Places that are tried: numbers with more of them are calculated one by one."""
COMPARE = {
    "==": np.equal,
    "!=": np.not_equal,
    "<": np.less,
    "<=": np.less_equal,
    ">": np.greater,
    ">=": np.greater_equal,
}


class WholeNumbers(NamedTuple):
    """``whole`` / 10 ** ``places``; no ``whole`` is further from nought than ``bound``."""

    whole: Any
    places: int
    bound: int

    def at(self, places: int) -> WholeNumbers:
        """The same numbers with more places."""
        factor = 10 ** (places - self.places)
        return self if factor == 1 else WholeNumbers(self.whole * factor, places, self.bound * factor)


def whole_numbers(column: Column) -> WholeNumbers | None:
    """A column as whole numbers, where all of it are decimals of few places; what is unknown is 0.

    A decimal and its binary fraction are told from each other by dividing again: the quotient of two whole numbers
    below 2 ** 53 is the binary fraction nearest to the decimal (IEEE 754).
    """
    for places in PLACES:
        scale = 10.0**places
        whole = np.rint(column * scale) if places else np.rint(column)
        back = whole / scale if places else whole
        if ((back == column) | (column != column)).all():
            bound = np.nanmax(np.abs(whole), initial=0.0)
            return (
                WholeNumbers(np.nan_to_num(whole).astype(np.int64), places, int(bound))
                if bound < 10.0**DIGITS
                else None
            )
    return None


def compared(expr: Expr, of: Callable[[str], WholeNumbers | None]) -> Column | None:
    """Whether a comparison of sums and products holds in each row; None where 64 bits do not hold it, or it is none."""
    if not isinstance(expr, Compare):
        return None
    left, right = _calculated(expr.left, of), _calculated(expr.right, of)
    if left is None or right is None:
        return None
    left, right = _aligned(left, right)
    return None if max(left.bound, right.bound) >= 2**63 else COMPARE[expr.op](left.whole, right.whole)


def _aligned(a: WholeNumbers, b: WholeNumbers) -> tuple[WholeNumbers, WholeNumbers]:
    places = max(a.places, b.places)
    return a.at(places), b.at(places)


def _calculated(expr: Expr, of: Callable[[str], WholeNumbers | None]) -> WholeNumbers | None:
    found = None
    match expr:
        case Name(id):
            found = of(id)
        case Literal(date() as day):
            found = WholeNumbers(day.toordinal(), 0, day.toordinal())
        case Literal(Decimal() as number):
            places = max(0, -int(number.normalize().as_tuple().exponent))
            whole = int(number.scaleb(places))
            found = WholeNumbers(whole, places, abs(whole))
        case Arithmetic(op, left, right) if op != "/":
            a, b = _calculated(left, of), _calculated(right, of)
            if a is None or b is None:
                return None
            if op == "*":
                found = WholeNumbers(0, a.places + b.places, a.bound * b.bound)
                return None if found.bound >= 2**63 else found._replace(whole=a.whole * b.whole)
            a, b = _aligned(a, b)
            if a.bound + b.bound >= 2**63:
                return None
            found = WholeNumbers(a.whole + b.whole if op == "+" else a.whole - b.whole, a.places, a.bound + b.bound)
    return None if found is None or found.bound >= 2**63 else found
