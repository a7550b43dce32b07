"""Numbers and dates between two ends (1.3): how they are tested, calculated with and rounded.

A date is the number of its day, so a date less a date is a number of days. A point has equal ends; an end that is
absent is None. An unknown value is None as well.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from fractions import Fraction

NEXT_NUMBER = Fraction(1, 10**15)
"""1.3: the distance to the next number that a file can hold."""
DECIMALS = 12


@dataclass(frozen=True)
class Range:
    """From ``low`` to ``high``, both inside; None where there is no bound."""

    low: Fraction | None
    high: Fraction | None

    @property
    def point(self) -> bool:
        return self.low is not None and self.low == self.high

    def holds(self, number: Fraction) -> bool:
        return (self.low is None or self.low <= number) and (self.high is None or number <= self.high)


def exactly(number: int | Fraction) -> Range:
    return Range(Fraction(number), Fraction(number))


# --- tests (1.3, first table) -----------------------------------------------------------------------------------------


def less(a: Range, b: Range) -> bool | None:
    """a < b"""
    if a.high is not None and b.low is not None and a.high < b.low:
        return True
    return False if a.low is not None and b.high is not None and a.low >= b.high else None


def at_most(a: Range, b: Range) -> bool | None:
    """a <= b"""
    if a.high is not None and b.low is not None and a.high <= b.low:
        return True
    return False if a.low is not None and b.high is not None and a.low > b.high else None


def equal(a: Range, b: Range) -> bool | None:
    if a.point and b.point and a.low == b.low:
        return True
    return False if less(a, b) is True or less(b, a) is True else None


# --- calculations (1.3, second table) ---------------------------------------------------------------------------------


def add(a: Range, b: Range) -> Range:
    return Range(
        None if a.low is None or b.low is None else a.low + b.low,
        None if a.high is None or b.high is None else a.high + b.high,
    )


def negative(a: Range) -> Range:
    return Range(None if a.high is None else -a.high, None if a.low is None else -a.low)


def subtract(a: Range, b: Range) -> Range:
    return add(a, negative(b))


def multiply(a: Range, b: Range) -> Range | None:
    """Least and greatest of the four results; unknown if 0 meets an absent end."""
    results: list[tuple[int, Fraction]] = []  # (-1, 0) and (1, 0) are without bound; (0, x) is the number x
    for x, sign_x in ((a.low, -1), (a.high, 1)):
        for y, sign_y in ((b.low, -1), (b.high, 1)):
            if x is not None and y is not None:
                results.append((0, x * y))
            elif x == 0 or y == 0:
                return None
            else:
                signs = (sign_x if x is None else 1 if x > 0 else -1, sign_y if y is None else 1 if y > 0 else -1)
                results.append((signs[0] * signs[1], Fraction(0)))
    least, greatest = min(results), max(results)
    return Range(None if least[0] else least[1], None if greatest[0] else greatest[1])


def divide(a: Range, b: Range) -> Range | None:
    """a times 1 / b; an absent end of b gives the end 0, which then may meet an absent end of a."""
    if b.holds(Fraction(0)):
        return None
    return multiply(
        a, Range(Fraction(0) if b.high is None else 1 / b.high, Fraction(0) if b.low is None else 1 / b.low)
    )


def least(ranges: Iterable[Range]) -> Range:
    """`min` by ends: without a low end if one has none, without a high end if none has one."""
    lows, highs = zip(*((r.low, r.high) for r in ranges), strict=True)
    high = [end for end in highs if end is not None]
    return Range(None if None in lows else min(lows), min(high) if high else None)


def greatest(ranges: Iterable[Range]) -> Range:
    return negative(least(negative(r) for r in ranges))


CALCULATIONS: dict[str, Callable[[Range, Range], Range | None]] = {
    "+": add,
    "-": subtract,
    "*": multiply,
    "/": divide,
}


# --- results and spans ------------------------------------------------------------------------------------------------


def rounded(a: Range) -> Range:
    """Both ends half-even to 12 decimals."""
    ends = (None if end is None else Fraction(round(end * 10**DECIMALS), 10**DECIMALS) for end in (a.low, a.high))
    return Range(*ends)


def within(a: Range, bounds: Range) -> bool:
    """Whether a lies wholly inside."""
    low = bounds.low is None or (a.low is not None and a.low >= bounds.low)
    return low and (bounds.high is None or (a.high is not None and a.high <= bounds.high))


def bounded(a: Range, bounds: Range) -> Range:
    """An absent end is that of the term's `range`, where it has one."""
    return Range(bounds.low if a.low is None else a.low, bounds.high if a.high is None else a.high)


def span(ranges: Iterable[Range]) -> Range:
    """1.2, step 4: from the lowest low end to the highest high end."""
    lows, highs = zip(*((r.low, r.high) for r in ranges), strict=True)
    return Range(None if None in lows else min(lows), None if None in highs else max(highs))


def near(a: Range, b: Range, distance: Fraction) -> bool:
    """Whether no end of a is further than this from the same end of b."""
    ends = ((a.low, b.low), (a.high, b.high))
    return all(x == y or (x is not None and y is not None and abs(x - y) <= distance) for x, y in ends)
