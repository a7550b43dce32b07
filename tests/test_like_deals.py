"""Wins on like deals, and who was looked at: against sums of fractions written here apart."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from itertools import product
from math import comb
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from salesdx.facts.like_deals import (
    LEAST_OF_A_KIND,
    DealCounts,
    LikeDeals,
    among_all,
    expected_wins,
    for_looking,
    like_deals,
    mix_lower_p,
)

COUNTS = st.integers(0, 7).flatmap(lambda n: st.builds(DealCounts, st.just(n), st.integers(0, n)))
PEERS = st.integers(20, 60).flatmap(lambda n: st.builds(DealCounts, st.just(n), st.integers(0, n)))
PAIRS = st.lists(st.builds(LikeDeals, COUNTS, PEERS), max_size=3)


def doubled_tail(pairs: list[LikeDeals]) -> Fraction:
    """The definition: every way in which the deals of each kind can end, as fractions."""
    won = sum(pair.own.won for pair in pairs)
    sizes = [range(pair.own.decided + 1) for pair in pairs]
    tail = Fraction(0)
    for ways in product(*sizes):
        if sum(ways) <= won:
            chance = Fraction(1)
            for k, pair in zip(ways, pairs, strict=True):
                n, rate = pair.own.decided, Fraction(pair.peers.won, pair.peers.decided)
                chance *= comb(n, k) * rate**k * (1 - rate) ** (n - k)
            tail += chance
    return min(Fraction(1), 2 * tail)


@given(PAIRS)
def test_the_tail_is_that_of_the_definition(pairs: list[LikeDeals]) -> None:
    assert abs(Fraction(mix_lower_p(pairs)) - doubled_tail(pairs)) <= Fraction(2, 10**12)


def test_of_one_kind_it_is_the_binomial_tail_and_large_numbers_are_no_trouble() -> None:
    def by_fractions(won: int, n: int, rate: Fraction) -> float:
        a, b = rate.numerator, rate.denominator - rate.numerator
        weights = [comb(n, k) * a**k * b ** (n - k) for k in range(won + 1)]
        return float(2 * Fraction(sum(weights), rate.denominator**n))

    for won, n in ((270, 1_000), (5, 60), (1_130, 4_000)):
        pairs = [LikeDeals(DealCounts(n, won), DealCounts(10_000, 3_000))]
        assert float(mix_lower_p(pairs)) == pytest.approx(by_fractions(won, n, Fraction(3, 10)), abs=1e-12)


def test_harder_deals_are_no_fault() -> None:
    """120 of 200 deals of a kind that everybody loses nine times in ten: 42 wins are what is to be expected."""
    own = {("hard",): DealCounts(120, 12), ("easy",): DealCounts(80, 30)}
    peer = {("hard",): DealCounts(200, 20), ("easy",): DealCounts(800, 320)}
    pairs = like_deals(own, [peer] * 3)
    assert expected_wins(pairs) == 44
    assert mix_lower_p(pairs) == pytest.approx(Decimal("0.79"), abs=Decimal("0.01"))
    alike = [LikeDeals(DealCounts(200, 42), DealCounts(3_000, 1_020))]
    assert mix_lower_p(alike) < Decimal("0.0001")


def test_small_kinds_are_put_together_and_what_nobody_else_sells_is_left_out() -> None:
    own = {("a",): DealCounts(10, 4), ("b",): DealCounts(6, 1), ("c",): DealCounts(5, 0)}
    few = DealCounts(LEAST_OF_A_KIND - 1, 8)
    pairs = like_deals(own, [{("a",): DealCounts(LEAST_OF_A_KIND, 9), ("b",): few}, {("c",): DealCounts(1, 1)}])
    assert pairs == [
        LikeDeals(DealCounts(10, 4), DealCounts(20, 9)),
        LikeDeals(DealCounts(11, 1), DealCounts(20, 9)),
    ]
    assert like_deals({("d",): DealCounts(200, 1)}, [{("a",): DealCounts(500, 100), ("b",): few}]) == []


def test_everybody_counts_who_was_looked_at() -> None:
    chances = {"a": Decimal("0.01"), "b": Decimal("0.04"), "c": Decimal("0.03"), "d": Decimal(1)}
    assert among_all(chances) == {"a": Decimal("0.04"), "b": Decimal("0.09"), "c": Decimal("0.09"), "d": Decimal(1)}


def test_a_list_marks_a_tenth_by_luck() -> None:
    """By the definition: the largest rank whose p is at most a tenth of rank / number, and all before it."""
    random = Random(1)
    for _ in range(200):
        chances = {str(n): Decimal(random.randrange(1, 2_000)) / 10_000 for n in range(random.randrange(1, 12))}
        ordered = sorted(chances, key=lambda person: chances[person])
        ranks = [r for r, who in enumerate(ordered, 1) if Fraction(chances[who]) <= Fraction(r, 10 * len(ordered))]
        assert for_looking(chances) == set(ordered[: max(ranks, default=0)])
