"""Imprecise numbers and dates: what is known is that the value lies between two ends, both inside.

What is decided on an interval is decided in the same way at every point inside it (interval arithmetic, Moore 1966):
each name is taken as free at each place, so ``x - x`` of 1 to 2 is -1 to 1, which is never wrong and at times less
sharp.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Context, Decimal
from fractions import Fraction
from itertools import product
from typing import Any, TypeVar

from salesdx.language.truth import FALSE, TRUE, UNKNOWN, Truth, not_

PLACES = 15
"""Places of a number in a file."""
STEP = Decimal(1).scaleb(-PLACES)
"""The distance from a number to the next one that a file can hold."""
_EXACT = Context(prec=100)
End = Decimal | Fraction | int | date
T = TypeVar("T", bound=End)
_Extended = tuple[int, Fraction]
"""An end in calculations: 0 and its number, or -1 or 1 and nothing where there is no bound, which orders them all."""
_ZERO: _Extended = (0, Fraction(0))


@dataclass(frozen=True, slots=True)
class Interval:
    """A number or date between ``low`` and ``high``; an end that is None is no bound. The two are never equal.

    ``best`` is an estimate for readers and decides nothing.
    """

    low: End | None
    high: End | None
    best: End | None = field(default=None, compare=False)


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
        return _EXACT.add(end, sign * STEP)
    floor = end // 1 - (end % 1 < 0)  # the whole number below
    return floor + 1 if up else floor - (floor == end)


def left_out(end: Decimal, up: bool) -> Decimal | None:
    """The number of which ``end`` is the next one after (``up``) or before it; None where the end was written itself.

    >>> left_out(Decimal("100.000000000000001"), True), left_out(Decimal("100.5"), True)
    (Decimal('100'), None)
    """
    text = f"{_EXACT.subtract(end, STEP if up else -STEP):f}"
    written = text.rstrip("0").rstrip(".") if "." in text else text
    return Decimal(written) if _places(f"{end:f}") == PLACES > _places(written) else None


def _places(text: str) -> int:
    return len(text.partition(".")[2])


def low_end(value: Any) -> Any:
    """The lowest value that something can have: its own where it is a point, None where there is no bound."""
    return value.low if isinstance(value, Interval) else value


def high_end(value: Any) -> Any:
    """The highest value that something can have."""
    return value.high if isinstance(value, Interval) else value


def is_wider(value: Any, other: Any) -> bool:
    """Whether the second of two numbers or dates can be whatever the first can be.

    >>> is_wider(Decimal(110), Interval(Decimal(100), None)), is_wider(Decimal(110), Decimal(111))
    (True, False)
    """
    low, high, least, most = low_end(value), high_end(value), low_end(other), high_end(other)
    return (least is None or (low is not None and least <= low)) and (
        most is None or (high is not None and high <= most)
    )


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
            return not_(_before(b, a))
        case ">=":
            return not_(_before(a, b))
    alike = FALSE if TRUE in (_before(a, b), _before(b, a)) else UNKNOWN  # one is no point, so they may differ
    return alike if op == "==" else not_(alike)


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
    a_low, a_high, b_low, b_high = low_end(a), high_end(a), low_end(b), high_end(b)
    if isinstance(a_high if a_low is None else a_low, date):
        return _of([_days(a_low, b_high, -1)], [_days(a_high, b_low, 1)])
    lows, highs = (_extended(a_low, -1), _extended(b_low, -1)), (_extended(a_high, 1), _extended(b_high, 1))
    if op == "+":
        return _of([_plus(*lows)], [_plus(*highs)])
    if op == "-":
        return _of([_plus(lows[0], _negative(highs[1]))], [_plus(highs[0], _negative(lows[1]))])
    if op == "/" and lows[1] <= _ZERO <= highs[1]:
        return None
    results = [(_times if op == "*" else _over)(x, y) for x, y in product((lows[0], highs[0]), (lows[1], highs[1]))]
    known = [result for result in results if result is not None]
    return _of(known, known) if len(known) == len(results) else None


def least(*values: object) -> Interval | Fraction | None:
    """The smallest of some numbers."""
    return _of([min(_extended(low_end(v), -1) for v in values)], [min(_extended(high_end(v), 1) for v in values)])


def greatest(*values: object) -> Interval | Fraction | None:
    """The largest of some numbers."""
    return _of([max(_extended(low_end(v), -1) for v in values)], [max(_extended(high_end(v), 1) for v in values)])


def rounded_ends(value: Interval, rounded: Callable[[Fraction], Decimal]) -> Interval | Decimal | None:
    """An imprecise number with both its ends rounded."""
    low, high = (None if end is None else rounded(Fraction(end)) for end in (value.low, value.high))  # type: ignore[arg-type]
    return between(low, high)


def _days(a: date | None, b: date | None, side: int) -> _Extended:
    return (side, Fraction(0)) if a is None or b is None else (0, Fraction((a - b).days))


def _extended(end: Any, side: int) -> _Extended:
    return (side, Fraction(0)) if end is None else (0, Fraction(end))


def _of(lows: list[_Extended], highs: list[_Extended]) -> Interval | Fraction | None:
    return between(*(None if side else number for side, number in (min(lows), max(highs))))


def _negative(a: _Extended) -> _Extended:
    return -a[0], -a[1]


def _plus(a: _Extended, b: _Extended) -> _Extended:
    """A sum; two absent ends that meet in one are of the same side."""
    side = a[0] or b[0]
    return (side, Fraction(0)) if side else (0, a[1] + b[1])


def _times(a: _Extended, b: _Extended) -> _Extended | None:
    if not a[0] and not b[0]:
        return 0, a[1] * b[1]
    side = _sign(a) * _sign(b)
    return (side, Fraction(0)) if side else None


def _over(a: _Extended, b: _Extended) -> _Extended | None:
    """A quotient whose divisor is not zero."""
    if b[0]:
        return _ZERO if a[1] else None
    return (a[0] * _sign(b), Fraction(0)) if a[0] else (0, a[1] / b[1])


def _sign(a: _Extended) -> int:
    return a[0] or (a[1] > 0) - (a[1] < 0)
