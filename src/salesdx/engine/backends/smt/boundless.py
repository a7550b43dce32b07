"""Products and quotients of numbers with an end that is no bound, by their ends, as the engine calculates them."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from functools import reduce
from itertools import product

from salesdx.engine.backends.smt.logic import CALCULATE, FALSE, Formula, all_of, any_of, either, fixed, negated


@dataclass(frozen=True)
class End:
    """An end of a number, or one of the four results of two: ``less`` and ``more`` say that it is beyond all numbers,
    ``has`` that it is one. A result with none of the three cannot be told."""

    value: Formula
    has: Formula
    less: Formula
    more: Formula

    @property
    def told(self) -> Formula:
        """Whether it is a number or beyond them."""
        return any_of(self.has, self.less, self.more)

    @property
    def below(self) -> Formula:
        """Whether it is below zero."""
        return any_of(self.less, all_of(self.has, self.value < 0))

    @property
    def above(self) -> Formula:
        """Whether it is above zero."""
        return any_of(self.more, all_of(self.has, self.value > 0))


def first_end(value: Formula, has: Formula) -> End:
    """A low end: one that is no bound lies below all numbers."""
    return End(value, has, negated(has), FALSE)


def last_end(value: Formula, has: Formula) -> End:
    """A high end: one that is no bound lies above all numbers."""
    return End(value, has, FALSE, negated(has))


def calculated_ends(op: str, a: tuple[End, End], b: tuple[End, End]) -> tuple[Formula, End, End]:
    """Whether ``*`` or ``/`` of two known numbers can be told, and its low and high end."""
    results = [(_times if op == "*" else _over)(x, y) for x, y in product(a, b)]
    known = all_of([each.told for each in results])
    if op == "/":  # by what may be zero nothing is divided
        known = all_of(known, any_of(b[0].above, b[1].below))
    low, high = reduce(_least, results), reduce(_most, results)
    return known, low, high


def _times(a: End, b: End) -> End:
    both = all_of(a.has, b.has)
    alike = any_of(all_of(a.above, b.above), all_of(a.below, b.below))
    other = any_of(all_of(a.above, b.below), all_of(a.below, b.above))
    return End(a.value * b.value, both, all_of(negated(both), other), all_of(negated(both), alike))


def _over(a: End, b: End) -> End:
    """A quotient whose divisor is not zero: of a number by what is beyond all it is zero, but of zero not told."""
    vanishes = all_of(a.has, negated(b.has), negated(a.value == 0))
    alike = any_of(all_of(a.more, b.above), all_of(a.less, b.below))
    other = any_of(all_of(a.more, b.below), all_of(a.less, b.above))
    value = either(b.has, CALCULATE["/"](a.value, b.value), fixed(Fraction(0)))
    return End(value, any_of(all_of(a.has, b.has), vanishes), all_of(b.has, other), all_of(b.has, alike))


def _least(a: End, b: End) -> End:
    """The smaller of two results."""
    first = any_of(a.less, b.more, all_of(a.has, b.has, a.value <= b.value))
    return _chosen(first, a, b)


def _most(a: End, b: End) -> End:
    """The larger of two results."""
    first = any_of(a.more, b.less, all_of(a.has, b.has, a.value >= b.value))
    return _chosen(first, a, b)


def _chosen(first: Formula, a: End, b: End) -> End:
    return End(
        either(first, a.value, b.value),
        either(first, a.has, b.has),
        either(first, a.less, b.less),
        either(first, a.more, b.more),
    )
