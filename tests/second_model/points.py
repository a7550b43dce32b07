"""Points inside the intervals of a case: what is decided on the intervals must be the same at each of them (4)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction
from math import ceil, floor
from random import Random

from .base import Term
from .conditions import parsed
from .facts import Fact
from .intervals import Range, exactly
from .reading import Reading

FAR = 10**4
"""How far from the low end a point is looked for: the exact test on millions of deals takes minutes."""


class AtAPoint(Reading):
    """The same case with a point in the place of each interval; what is computed is computed anew."""

    def __init__(self, full: Reading, random: Random) -> None:
        super().__init__(full.base, full.case)
        self.full, self.random = full, random

    def _fact(self, term: Term) -> Fact:
        fact = super()._fact(term) if term.computed else self.full.fact(term.name)
        if isinstance(fact.value, Range) and not fact.value.point:
            return replace(fact, value=exactly(inside(self.random, fact.value, term.type in ("integer", "date"))))
        return fact


def inside(random: Random, value: Range, whole: bool) -> Fraction:
    """A point of an interval: often an end of it."""
    low = value.low if value.low is not None else (value.high or Fraction(0)) - FAR
    high = low + FAR if value.high is None else min(value.high, low + FAR)
    if whole:
        return Fraction(random.choice((ceil(low), floor(high), random.randint(ceil(low), floor(high)))))
    return random.choice((low, high, low + (high - low) * Fraction(random.randint(0, 100), 100)))


def unsound(full: Reading, random: Random) -> Iterator[str]:
    """What is decided on the intervals and is otherwise at a random point inside."""
    at = AtAPoint(full, random)
    for id in full.base.rules:
        if (decided := full.rule(id)) is not None and at.rule(id) is not decided:
            yield f"rule {id}"
    for home, keys in full.base.homes.items():
        for key in ("ruled_out_when", "set_aside_when"):
            if key in keys:
                decided = full.truth(parsed(keys[key]), passing=True)
                if decided is not None and at.truth(parsed(keys[key]), passing=True) is not decided:
                    yield f"{key} of {home}"
    for name, term in full.base.terms.items():
        value, point = full.look(name), at.look(name)
        if term.computed and isinstance(value, Range):
            if not isinstance(point, Range) or point.low is None or not value.holds(point.low):
                yield f"term {name}"
        elif term.computed and value is not None and point != value:
            yield f"term {name}"
