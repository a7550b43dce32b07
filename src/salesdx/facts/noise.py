"""Exact 95% intervals of shares, rates and differences of counts. No normal form is used anywhere.

Every tail is a sum of probabilities relative to that of the count seen, walked outward from it: each follows from the
one before by its ratio, so that nothing overflows and 100,000 cost as little as 100.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from math import exp, hypot, inf, log

TAIL = 0.025
"""What an interval of 95% leaves out on each side."""
_NEGLIGIBLE, _OVERWHELMING = 1e-20, 1e200
_ROUNDS = 200
Ratio = Callable[[int], float]
"""How much likelier k + 1 is than k."""


def upper_tail(seen: int, least: int, most: float, ratio: Ratio) -> float:
    """The probability of ``seen`` or more, of a distribution on ``least`` to ``most`` with one mode."""
    up = _walked(seen, most, ratio)
    down = _walked(seen, least, ratio)
    if up == inf or down == inf:
        return 1.0 if down != inf else 0.0
    return (1 + up) / (1 + up + down)


def _walked(seen: int, border: float, ratio: Ratio) -> float:
    """The sum of the probabilities beyond ``seen`` up to a border, as a share of its own; inf: its own is nothing."""
    term, total, k = 1.0, 0.0, seen
    up = border > seen
    while k != border:
        last = term
        if up:
            term *= ratio(k)
            k += 1
        else:
            k -= 1
            term /= ratio(k)
        total += term
        if total > _OVERWHELMING:
            return inf
        if term <= last and term < _NEGLIGIBLE * (1 + total):
            break
    return total


def _where(tail: Callable[[float], float], start: float) -> float:
    """The x at which a tail that grows with x leaves TAIL; ``start`` is a first guess. Bracketed, then Illinois."""

    def off(x: float) -> float:
        return log(max(tail(x), 1e-300) / TAIL)

    low = high = start
    step = 0.1
    while off(low) > 0:
        low, step = low - step, step * 2
    step = 0.1
    while off(high) < 0:
        high, step = high + step, step * 2
    a, b = off(low), off(high)
    for _ in range(_ROUNDS):
        if high - low <= 1e-14 * max(1.0, abs(low)) or not a or not b:
            break
        x = high - b * (high - low) / (b - a)
        x = x if low < x < high else (low + high) / 2
        y = off(x)
        if y < 0:
            low, a = x, y
            b /= 2
        else:
            high, b = x, y
            a /= 2
    return (low + high) / 2


@lru_cache(maxsize=4096)  # units of one size have the same counts over and over
def binomial(count: int, total: int) -> tuple[float, float] | None:
    """The exact interval of a share (Clopper and Pearson 1934). None without anything counted.

    >>> [round(100 * end, 1) for end in binomial(14, 26) or ()]
    [33.4, 73.4]
    """
    if not 0 <= count <= total or not total:
        return None

    def more(x: float) -> float:  # x is the log of the odds
        return upper_tail(count, 0, total, lambda k: (total - k) / (k + 1) * exp(x))

    def fewer(x: float) -> float:  # the same of those that were not counted
        return upper_tail(total - count, 0, total, lambda k: (total - k) / (k + 1) * exp(-x))

    guess = log((count + 0.5) / (total - count + 0.5))
    low = 0.0 if count == 0 else _share(_where(more, guess))
    high = 1.0 if count == total else _share(-_where(lambda x: fewer(-x), -guess))
    return low, high


def _share(x: float) -> float:
    return 1 / (1 + exp(-x))


def poisson(count: int) -> tuple[float, float] | None:
    """The exact interval of what is to be expected where ``count`` were seen (Garwood 1936).

    >>> [round(end, 3) for end in poisson(10) or ()]
    [4.795, 18.39]
    """
    if count < 0:
        return None

    def more(x: float) -> float:
        return upper_tail(count, 0, inf, lambda k: exp(x) / (k + 1))

    def fewer(x: float) -> float:
        return 1 - upper_tail(count + 1, 0, inf, lambda k: exp(-x) / (k + 1))

    guess = log(count + 0.5)
    low = 0.0 if count == 0 else exp(_where(more, guess))
    return low, exp(-_where(fewer, -guess))


def poisson_ratio(count: int, before: int) -> tuple[float, float] | None:
    """The exact interval of the ratio of two rates over equal times, by the share of the first in their sum
    (Przyborowski and Wilenski 1940). The high end is inf where nothing was seen before; None where nothing was at all.
    """
    share = binomial(count, count + before)
    if share is None:
        return None
    low, high = share
    return low / (1 - low), high / (1 - high) if high < 1 else inf


def difference(count: int, total: int, other: int, other_total: int) -> tuple[float, float] | None:
    """The interval of the difference of two shares: distances to their exact limits, added as squares.

    Newcombe's method 10 (1998), with the limits of Clopper and Pearson in the place of Wilson's; so it covers the true
    difference in 95% of cases or more, which is enumerated in the tests. None where a side has nothing counted.

    >>> [round(100 * end, 1) for end in difference(6, 48, 110, 400) or ()]
    [-24.1, -1.5]
    """
    first, second = binomial(count, total), binomial(other, other_total)
    if first is None or second is None:
        return None
    a, b = count / total, other / other_total
    low = hypot(a - first[0], second[1] - b)
    high = hypot(first[1] - a, b - second[0])
    return a - b - low, a - b + high


def median_ranks(count: int) -> tuple[int, int] | None:
    """Between which two of ``count`` values in order the median of all lies (Thompson 1936), however they spread.

    None where even the least and the greatest leave out more than a twentieth.

    >>> median_ranks(5), median_ranks(6), median_ranks(100)
    (None, (1, 6), (40, 61))
    """

    def at_most(seen: int) -> float:
        """The probability that ``seen`` or fewer lie below the median."""
        return 1 - upper_tail(seen + 1, 0, count, lambda k: (count - k) / (k + 1))

    low, high = 0, count // 2  # the rank sought is the highest that leaves out no more
    while low < high:
        rank = (low + high + 1) // 2
        low, high = (rank, high) if at_most(rank - 1) <= TAIL else (low, rank - 1)
    return (low, count + 1 - low) if low else None
