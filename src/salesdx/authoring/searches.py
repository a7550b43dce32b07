"""Short searches before long ones: for a case as a reader would have it, from many beginnings."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import product
from typing import Generic, TypeVar

Wish = TypeVar("Wish")
SEEDS = 8
"""Searches for each wish: each begins elsewhere, and one that z3 is lost in costs little."""
SHORT = 2
"""Seconds of the first of them; each seed has one more."""


class Searches(Generic[Wish]):
    """What a case should be like, each wish in turn from each beginning, until it is known that no case is so."""

    def __init__(self, wishes: Sequence[Wish]) -> None:
        self.wishes = wishes
        self._vain = set[Wish]()

    def short(self, seconds: float) -> Iterator[tuple[Wish, float, int]]:
        """Each wish with the seconds and the seed of its search, of which none is longer than ``seconds``."""
        for seed, wish in product(range(SEEDS), self.wishes):
            if wish in self.left:
                yield wish, min(seconds, SHORT + seed), seed

    def long(self, seconds: float) -> Iterator[tuple[Wish, float, int]]:
        """The wishes that are left once more, each as long as is allowed."""
        yield from ((wish, seconds, 0) for wish in self.left)

    def in_vain(self, wish: Wish) -> None:
        """Keep in mind that no case is like this: a search ended, and found none."""
        self._vain.add(wish)

    @property
    def left(self) -> list[Wish]:
        """The wishes that a case may still fulfil."""
        return [wish for wish in self.wishes if wish not in self._vain]
