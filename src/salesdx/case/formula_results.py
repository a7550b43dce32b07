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


def can_be_one(term: Term, stated: Value, made: Value) -> bool:
    """Whether what was stated can be what a formula gives: an imprecise value is whatever lies between its ends."""
    low, high, least, most = low_end(stated), high_end(stated), low_end(made), high_end(made)
    if None not in (high, least) and high < least:
        return _near(term, high, least)
    return not (None not in (low, most) and low > most) or _near(term, low, most)


def as_good_as_equal(term: Term, stated: Value | None, made: Value) -> bool:
    """Whether what was stated says the same as what a formula gives: both of its ends."""
    ends = (low_end(stated), low_end(made)), (high_end(stated), high_end(made))
    return stated is not None and all(_near(term, one, other) for one, other in ends)


def _near(term: Term, stated: object, made: object) -> bool:
    """Whether two ends are equal, or no further apart than the term's tolerance, else than its last digit rounds."""
    if stated == made or not isinstance(stated, Decimal) or not isinstance(made, Decimal):
        return stated == made
    exponent = stated.as_tuple().exponent
    last_digit = Decimal(1).scaleb(min(exponent, 0) if isinstance(exponent, int) else 0)
    return abs(stated - made) <= (last_digit / 2 if term.tolerance is None else term.tolerance)
