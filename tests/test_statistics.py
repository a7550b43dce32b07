"""The tests on counts, by value: against sums of fractions written here apart, and at the border to floats."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from fractions import Fraction
from math import comb, factorial

import pytest
from hypothesis import given
from hypothesis import strategies as st

from salesdx.language import statistics
from salesdx.language.statistics import EXACT_DEALS, MAX_DEALS, fisher_lower_p, fisher_p

Test = Callable[[int, int, int, int], Decimal | None]
TESTS = (fisher_p, fisher_lower_p)


def likelihood(wins: int, decided: int, peer_wins: int, peer_decided: int) -> Fraction:
    """The probability of one table, from the factorials of its four cells and five sums."""
    lost, peer_lost = decided - wins, peer_decided - peer_wins
    margins = (decided, peer_decided, wins + peer_wins, lost + peer_lost)
    above, below = 1, factorial(decided + peer_decided)
    for margin in margins:
        above *= factorial(margin)
    for cell in (wins, lost, peer_wins, peer_lost):
        below *= factorial(cell)
    return Fraction(above, below)


def by_definition(wins: int, decided: int, peer_wins: int, peer_decided: int) -> tuple[Fraction, Fraction]:
    """Both p, from every table with these margins."""
    won = wins + peer_wins
    tables = {
        k: likelihood(k, decided, won - k, peer_decided)
        for k in range(max(0, won - peer_decided), min(decided, won) + 1)
    }
    assert sum(tables.values()) == 1
    two_sided = sum((p for p in tables.values() if p <= tables[wins]), Fraction(0))
    lower = 2 * sum((p for k, p in tables.items() if k <= wins), Fraction(0))
    return two_sided, min(Fraction(1), lower)


@pytest.mark.parametrize(
    ("counts", "two_sided", "lower"),
    [
        ((6, 48, 110, 400), "0.023690834436", "0.030207526516"),
        ((12, 55, 214, 610), "0.053078482836", "0.059864978579"),
        ((1, 4, 3, 4), "0.485714285714", "0.485714285714"),  # the lady who tastes tea
        ((0, 3, 3, 3), "0.1", "0.1"),
        ((3, 3, 0, 3), "0.1", "1"),
        ((5, 10, 5, 10), "1", "1"),
        ((0, 0, 5, 10), "1", "1"),
        ((0, 0, 0, 0), "1", "1"),
    ],
)
def test_known_values(counts: tuple[int, int, int, int], two_sided: str, lower: str) -> None:
    assert (fisher_p(*counts), fisher_lower_p(*counts)) == (Decimal(two_sided), Decimal(lower))
    assert tuple(map(statistics.rounded, by_definition(*counts))) == (Decimal(two_sided), Decimal(lower))


@pytest.mark.parametrize("test", TESTS)
@pytest.mark.parametrize(
    "counts",
    [(5, 4, 1, 9), (-1, 4, 1, 9), (1, 4, 10, 9), (1, 4, -1, 9), (1, MAX_DEALS + 1, 1, 9), (1, 4, 1, MAX_DEALS + 1)],
)
def test_impossible_counts_and_too_many_are_unknown(test: Test, counts: tuple[int, int, int, int]) -> None:
    assert test(*counts) is None


def test_every_small_table_is_as_by_definition() -> None:
    for decided in range(8):
        for peer_decided in range(9):
            for wins in range(decided + 1):
                for peer_wins in range(peer_decided + 1):
                    counts = (wins, decided, peer_wins, peer_decided)
                    assert [test(*counts) for test in TESTS] == [*map(statistics.rounded, by_definition(*counts))]


@given(st.data())
def test_the_walk_in_floats_is_within_5e13_of_the_definition(data: st.DataObject) -> None:
    """The walk itself, on tables that can be added up exactly; ties between both tails among them."""
    decided, peer_decided = (data.draw(st.integers(0, 120)) for _ in range(2))
    counts = (data.draw(st.integers(0, decided)), decided, data.draw(st.integers(0, peer_decided)), peer_decided)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(statistics, "EXACT_DEALS", 0)
        walked = [test(*counts) for test in TESTS]
    for found, exact in zip(walked, by_definition(*counts), strict=True):
        assert found is not None and abs(Fraction(found) - exact) <= Fraction(1, 10**12)


@pytest.mark.parametrize("fewer", [0, 100, 250, 400])
def test_both_ways_agree_at_the_border(fewer: int) -> None:
    """At 20,000 deals on a side whole numbers are added; the walk gives the same 12 places."""
    counts = (9_000 - fewer, EXACT_DEALS, 9_000, EXACT_DEALS)
    exact = [test(*counts) for test in TESTS]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(statistics, "EXACT_DEALS", EXACT_DEALS - 1)
        assert [test(*counts) for test in TESTS] == exact


@pytest.mark.parametrize("decided", [EXACT_DEALS + 1, 1_000_000, MAX_DEALS])
def test_large_tables_are_symmetric(decided: int) -> None:
    """Sides change places, and wins with losses: the two-sided p stays, a lower tail becomes the upper one."""
    wins, peer_wins = decided * 3 // 10, decided * 3 // 10 + round(decided**0.5)
    losses, peer_losses = decided - wins, decided - peer_wins
    same = {
        fisher_p(wins, decided, peer_wins, decided),
        fisher_p(peer_wins, decided, wins, decided),
        fisher_p(losses, decided, peer_losses, decided),
    }
    assert len(same) == 1
    assert fisher_lower_p(wins, decided, peer_wins, decided) == fisher_lower_p(peer_losses, decided, losses, decided)
    assert same == {fisher_lower_p(wins, decided, peer_wins, decided)}, "equal sides have equal tails"
    assert fisher_p(wins, decided, wins, decided) == fisher_lower_p(wins, decided, wins, decided) == 1


def test_a_rare_win_among_ten_million() -> None:
    """The cut is by likelihood, not by standard deviations: one deal of one is 2,236 of them from the mean."""
    assert fisher_p(1, 1, 1, MAX_DEALS) == statistics.rounded(Fraction(2, MAX_DEALS + 1))
    exact = Fraction(comb(MAX_DEALS, 3), comb(MAX_DEALS + 9, 3))  # none of three wins among the nine deals
    assert fisher_lower_p(0, 9, 3, MAX_DEALS) == statistics.rounded(min(Fraction(1), 2 * exact))
    assert fisher_p(0, MAX_DEALS, 40, MAX_DEALS) == statistics.rounded(
        2 * Fraction(comb(MAX_DEALS, 40), comb(2 * MAX_DEALS, 40))
    )
    assert fisher_lower_p(0, MAX_DEALS, MAX_DEALS // 2, MAX_DEALS) == 0


def test_two_sided_p_can_fall_with_one_deal_more_won_and_the_lower_tail_does_not() -> None:
    two_sided = [fisher_p(wins, 45, 18, 18) for wins in (35, 36)]
    assert two_sided == [Decimal("0.050492849225"), Decimal("0.049988393217")]
    lower = [fisher_lower_p(wins, 45, 18, 18) for wins in (35, 36)]
    assert lower == [Decimal("0.04992252543"), Decimal("0.074883788146")]


@given(st.data())
def test_one_deal_more_won_never_lowers_the_lower_tail(data: st.DataObject) -> None:
    most = data.draw(st.sampled_from([12, 60, 600, 60_000, MAX_DEALS]))
    decided, peer_decided = data.draw(st.integers(1, most)), data.draw(st.integers(0, most))
    peer_wins = data.draw(st.integers(0, peer_decided))
    about = decided * peer_wins // peer_decided if peer_decided else 0
    near = st.integers(max(0, about - 40), min(decided - 1, about + 40))
    wins = data.draw(near | st.integers(0, decided - 1)) if about < decided else decided - 1
    one, more = (fisher_lower_p(won, decided, peer_wins, peer_decided) for won in (wins, wins + 1))
    assert one is not None and more is not None and one <= more
