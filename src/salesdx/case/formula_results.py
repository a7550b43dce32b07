"""What a formula gives for a term."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

from salesdx.base.model import Term
from salesdx.language.conditions import Expr, Result, Value, Values, value
from salesdx.language.intervals import Interval, high_end, low_end, rounded_ends
from salesdx.language.statistics import rounded


def formula_result(term: Term, formula: Expr, values: Values) -> Value | None:
    """What a formula gives for a term, rounded; None where it is unknown, not wholly inside the term's range, or no
    whole number where the term is one."""
    found = rounded_value(value(formula, values))
    return found if found is not None and _inside(term, found) else None


def rounded_value(found: Result) -> Value | None:
    """What an expression gives, its numbers rounded: what a computed term holds."""
    if isinstance(found, Interval):
        return rounded_ends(found, rounded)
    if isinstance(found, Fraction | int | Decimal) and not isinstance(found, bool):
        return rounded(Fraction(found))
    return found


def _inside(term: Term, known: Value) -> bool:
    """Whether a number lies in the range of its term, and is whole where that is; an imprecise one with all that it can
    be."""
    low, high = low_end(known), high_end(known)
    if term.type == "integer" and any(isinstance(end, Decimal) and end % 1 for end in (low, high)):
        return False
    if term.low is None or term.high is None:
        return True
    return low is not None and high is not None and bool(term.low <= low and high <= term.high)


def agree(term: Term, stated: Value | None, made: Value | None) -> bool:
    """Whether two values of a term can be one: they are equal, or no further apart than its tolerance.

    An imprecise value agrees with whatever it may be. Nothing agrees with what is unknown.
    """
    if stated is None or made is None:
        return False
    ends = [(low_end(one), high_end(other)) for one, other in ((stated, made), (made, stated))]
    gaps = [Fraction(low) - Fraction(high) for low, high in ends if low is not None and high is not None]
    return max(gaps, default=Fraction(0)) <= Fraction(term.tolerance or 0)


def as_good_as_equal(term: Term, stated: Value | None, made: Value) -> bool:
    """Whether two values of a term say the same: neither of their ends is further apart than its tolerance."""
    if stated is None:
        return False
    ends = [(low_end(stated), low_end(made)), (high_end(stated), high_end(made))]
    return all(one == other or _near(term, one, other) for one, other in ends)


def _near(term: Term, one: object, other: object) -> bool:
    """Whether two numbers are no further apart than the tolerance of their term."""
    return isinstance(one, Decimal) and isinstance(other, Decimal) and abs(one - other) <= (term.tolerance or 0)
