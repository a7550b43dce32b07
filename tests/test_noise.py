"""The exact intervals: against sums of whole numbers, published values, and enumerated coverage."""

from __future__ import annotations

import doctest
from fractions import Fraction
from math import comb, exp, inf

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from salesdx.facts import noise
from salesdx.facts.noise import TAIL, binomial, difference, poisson, poisson_ratio


def test_the_examples_of_the_docstrings() -> None:
    assert doctest.testmod(noise).failed == 0


def tail(count: int, total: int, share: float) -> float:
    """The probability of ``count`` or more, summed in fractions."""
    p = Fraction(share)
    return float(sum(comb(total, k) * p**k * (1 - p) ** (total - k) for k in range(count, total + 1)))


@given(st.integers(1, 40).flatmap(lambda total: st.tuples(st.integers(0, total), st.just(total))))
@settings(max_examples=40)
def test_each_end_of_a_share_leaves_out_a_fortieth(counts: tuple[int, int]) -> None:
    count, total = counts
    low, high = binomial(count, total) or (0, 0)
    assert low == 0 if count == 0 else abs(tail(count, total, low) - TAIL) < 1e-11
    assert high == 1 if count == total else abs(1 - tail(count + 1, total, high) - TAIL) < 1e-11


def test_published_intervals() -> None:
    """Of Clopper and Pearson for 10 in 100, and of Garwood for 10, as tables print them."""
    low, high = binomial(10, 100) or (0, 0)
    assert (round(low, 4), round(high, 4)) == (0.0490, 0.1762)
    low, high = poisson(10) or (0, 0)
    assert (round(low, 4), round(high, 4)) == (4.7954, 18.3904)
    assert binomial(0, 0) is None
    assert binomial(3, 2) is None


@given(st.integers(0, 60))
@settings(max_examples=30)
def test_each_end_of_a_rate_leaves_out_a_fortieth(count: int) -> None:
    low, high = poisson(count) or (0, 0)
    term, below = exp(-high), 0.0
    for k in range(count + 1):
        below += term
        term *= high / (k + 1)
    assert abs(below - TAIL) < 1e-11
    term, below = exp(-low), 0.0
    for k in range(count):
        below += term
        term *= low / (k + 1)
    assert low == 0 if count == 0 else abs(1 - below - TAIL) < 1e-11


def test_a_ratio_of_rates_has_no_high_end_where_nothing_was_before() -> None:
    assert poisson_ratio(0, 0) is None
    assert (poisson_ratio(4, 0) or (0, 0))[1] == inf
    low, high = poisson_ratio(30, 60) or (0, 0)
    assert (round(low, 3), round(high, 3)) == (0.311, 0.787)


@pytest.mark.parametrize("sizes", [(8, 8), (12, 12), (6, 20)])
def test_a_difference_is_covered_in_95_of_100_at_least(sizes: tuple[int, int]) -> None:
    """Every pair of true shares in steps of 5 points, every table: its probability, and whether the interval holds."""
    n, m = sizes
    shares = [k / 20 for k in range(1, 20)]
    one = {p: [comb(n, k) * p**k * (1 - p) ** (n - k) for k in range(n + 1)] for p in shares}
    two = {p: [comb(m, k) * p**k * (1 - p) ** (m - k) for k in range(m + 1)] for p in shares}
    ends = {(a, b): difference(a, n, b, m) or (0, 0) for a in range(n + 1) for b in range(m + 1)}
    least = min(
        sum(one[p][a] * two[q][b] for (a, b), (low, high) in ends.items() if low - 1e-9 <= p - q <= high + 1e-9)
        for p in shares
        for q in shares
    )
    assert least >= 0.95


def test_a_hundred_thousand_cost_no_more_than_a_moment() -> None:
    low, high = binomial(33_333, 100_000) or (0, 0)
    assert (round(low, 5), round(high, 5)) == (0.33041, 0.33626)
    low, high = difference(33_333, 100_000, 34_000, 100_000) or (0, 0)
    assert low < -0.00667 < high < 0
