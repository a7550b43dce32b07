"""Imprecise numbers and dates: what is known is that the value lies between two ends, both inside.

What is decided on an interval is decided in the same way at every point inside it (interval arithmetic, Moore 1966):
each name is taken as free at each place, so ``x - x`` of 1 to 2 is -1 to 1, which is never wrong and at times less
sharp.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from itertools import product
from typing import Any, TypeVar

from salesdx.language.truth import FALSE, TRUE, UNKNOWN, Truth

STEP = Decimal("1e-15")
"""The distance from a number to the next one that a file can hold."""
End = Decimal | Fraction | int | date
Number = Decimal | Fraction | int
T = TypeVar("T", bound=End)


@dataclass(frozen=True, slots=True)
class Interval:
    """A number or date between ``low`` and ``high``; an end that is None is no bound. The two are never equal.

    ``best`` is an estimate for readers and decides nothing.
    """

    low: End | None
    high: End | None
    best: End | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class _Infinite:
    """An end that is no bound, in calculations: below or above every number."""

    sign: int


_Extended = Fraction | _Infinite


def between(low: T | None, high: T | None, best: End | None = None) -> Interval | T | None:
    """The value between two ends: a point where they are equal, None where neither is a bound."""
    if low is None and high is None:
        return None
    return low if low == high else Interval(low, high, best)


def next_after(end: Decimal | date, whole: bool, up: bool) -> Decimal | date:
    """The first value after (``up``) or before an end that is itself not inside: "over 100" begins there.

    >>> next_after(Decimal(100), True, True), next_after(Decimal(100), False, True)
    (Decimal('101'), Decimal('100.000000000000001'))
    """
    sign = 1 if up else -1
    if isinstance(end, date):
        return end + timedelta(sign)
    if not whole:
        return end + sign * STEP
    floor = end // 1 - (end % 1 < 0)  # the whole number below
    return floor + 1 if up else floor - (floor == end)


def low_end(value: Any) -> Any:
    """The lowest value that something can have: its own where it is a point, None where there is no bound."""
    return value.low if isinstance(value, Interval) else value


def high_end(value: Any) -> Any:
    """The highest value that something can have."""
    return value.high if isinstance(value, Interval) else value


def compare_ends(op: str, a: object, b: object) -> Truth:
    """A comparison of two numbers or two dates, of which one at least is imprecise.

    >>> x = Interval(Decimal(110), Decimal(120))
    >>> compare_ends(">", x, Decimal(110)), compare_ends(">=", x, Decimal(110))
    (None, True)
    """
    match op:
        case "<":
            return _before(a, b)
        case ">":
            return _before(b, a)
        case "<=":
            return _not(_before(b, a))
        case ">=":
            return _not(_before(a, b))
    alike = FALSE if TRUE in (_before(a, b), _before(b, a)) else UNKNOWN  # one is no point, so they may differ
    return alike if op == "==" else _not(alike)


def _not(truth: Truth) -> Truth:
    return None if truth is None else not truth


def _before(a: object, b: object) -> Truth:
    """Whether a is surely, or surely not, below b."""
    if _less(high_end(a), low_end(b)):
        return TRUE
    low, high = low_end(a), high_end(b)
    return FALSE if low is not None and high is not None and not _less(low, high) else UNKNOWN


def _less(a: Any, b: Any) -> bool:
    if a is None or b is None:
        return False
    return bool(a < b) if type(a) is type(b) else Fraction(a) < Fraction(b)


# --- calculations -----------------------------------------------------------------------------------------------------


def calculate_ends(op: str, a: object, b: object) -> Interval | Fraction | None:
    """``+``, ``-``, ``*`` or ``/`` of two numbers, or ``-`` of two dates in days, of which one at least is imprecise.

    None where nothing is known of the result: the divisor may be zero, or zero meets an absent end.
    """
    if _dated(a) or _dated(b):
        return _of([_days(low_end(a), high_end(b), -1)], [_days(high_end(a), low_end(b), 1)])
    lows, highs = (
        (_extended(low_end(a), -1), _extended(low_end(b), -1)),
        (
            _extended(high_end(a), 1),
            _extended(high_end(b), 1),
        ),
    )
    if op == "+":
        return _of([_plus(lows[0], lows[1])], [_plus(highs[0], highs[1])])
    if op == "-":
        return _of([_plus(lows[0], _negative(highs[1]))], [_plus(highs[0], _negative(lows[1]))])
    if op == "/" and not (_below(_ZERO, lows[1]) or _below(highs[1], _ZERO)):
        return None
    results = [(_times if op == "*" else _over)(x, y) for x, y in product((lows[0], highs[0]), (lows[1], highs[1]))]
    known = [result for result in results if result is not None]
    return _of(known, known) if len(known) == len(results) else None


def least(*values: object) -> Interval | Fraction | None:
    """The smallest of some numbers."""
    return _of([_least(_extended(low_end(v), -1) for v in values)], [_least(_extended(high_end(v), 1) for v in values)])


def greatest(*values: object) -> Interval | Fraction | None:
    """The largest of some numbers."""
    return _of(
        [_greatest(_extended(low_end(v), -1) for v in values)], [_greatest(_extended(high_end(v), 1) for v in values)]
    )


def rounded_ends(value: Interval, rounded: Callable[[Fraction], Decimal]) -> Interval | Decimal | None:
    """An imprecise number with both its ends rounded."""
    low, high = (None if end is None else rounded(Fraction(end)) for end in (value.low, value.high))  # type: ignore[arg-type]
    return between(low, high)


_ZERO = Fraction(0)


def _dated(value: object) -> bool:
    return isinstance(low_end(value), date) or isinstance(high_end(value), date)


def _days(a: object, b: object, sign: int) -> _Extended:
    return Fraction((a - b).days) if isinstance(a, date) and isinstance(b, date) else _Infinite(sign)


def _extended(end: Any, sign: int) -> _Extended:
    return _Infinite(sign) if end is None else Fraction(end)


def _of(lows: list[_Extended], highs: list[_Extended]) -> Interval | Fraction | None:
    low, high = _least(iter(lows)), _greatest(iter(highs))
    return between(*(None if isinstance(end, _Infinite) else end for end in (low, high)))


def _below(a: _Extended, b: _Extended) -> bool:
    if isinstance(a, _Infinite) or isinstance(b, _Infinite):
        return _side(a) < _side(b)
    return a < b


def _side(a: _Extended) -> int:
    return a.sign if isinstance(a, _Infinite) else 0


def _least(ends: Iterator[_Extended]) -> _Extended:
    found = next(ends)
    for end in ends:
        found = end if _below(end, found) else found
    return found


def _greatest(ends: Iterator[_Extended]) -> _Extended:
    found = next(ends)
    for end in ends:
        found = end if _below(found, end) else found
    return found


def _negative(a: _Extended) -> _Extended:
    return _Infinite(-a.sign) if isinstance(a, _Infinite) else -a


def _plus(a: _Extended, b: _Extended) -> _Extended:
    """A sum; two absent ends that meet in one are of the same side."""
    return a if isinstance(a, _Infinite) else b if isinstance(b, _Infinite) else a + b


def _times(a: _Extended, b: _Extended) -> _Extended | None:
    if isinstance(a, Fraction) and isinstance(b, Fraction):
        return a * b
    sign = _sign(a) * _sign(b)
    return _Infinite(sign) if sign else None


def _over(a: _Extended, b: _Extended) -> _Extended | None:
    """A quotient whose divisor is not zero."""
    if isinstance(b, _Infinite):
        return _ZERO if isinstance(a, Fraction) and a else None
    return _Infinite(_sign(a) * _sign(b)) if isinstance(a, _Infinite) else a / b


def _sign(a: _Extended) -> int:
    return a.sign if isinstance(a, _Infinite) else (a > 0) - (a < 0)
