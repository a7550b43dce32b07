"""The functions of formulas that compare counts. All are of points; anything else is unknown (1.3)."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal, localcontext
from fractions import Fraction
from functools import cache
from math import comb

Z95 = Decimal("1.959963984540054")


def _possible(*counts: Fraction) -> list[int] | None:
    """Wins and deals of one side or of two as whole numbers, none more wins than deals."""
    if any(count.denominator != 1 or count < 0 for count in counts):
        return None
    whole = [int(count) for count in counts]
    return whole if all(wins <= deals for wins, deals in zip(whole[::2], whole[1::2], strict=True)) else None


@cache
def fisher_p(*counts: Fraction) -> Fraction | None:
    """Two-sided: all tables with the same sums that are no likelier than the one seen."""
    if (whole := _possible(*counts)) is None:
        return None
    wins, deals, peer_wins, peer_deals = whole
    won = wins + peer_wins
    ways = {k: comb(deals, k) * comb(peer_deals, won - k) for k in range(min(deals, won) + 1)}
    return Fraction(sum(w for w in ways.values() if w <= ways[wins]), comb(deals + peer_deals, won))


@cache
def fisher_lower_p(*counts: Fraction) -> Fraction | None:
    """Twice the probability of as few wins or fewer, at most 1."""
    if (whole := _possible(*counts)) is None:
        return None
    wins, deals, peer_wins, peer_deals = whole
    won = wins + peer_wins
    ways = sum(comb(deals, k) * comb(peer_deals, won - k) for k in range(wins + 1))
    return min(Fraction(1), Fraction(2 * ways, comb(deals + peer_deals, won)))


def wilson(sign: int) -> Callable[..., Fraction | None]:
    def bound(*counts: Fraction) -> Fraction | None:
        whole = _possible(*counts)
        if whole is None or whole[1] == 0:
            return None
        with localcontext() as context:
            context.prec = 40
            wins, n = map(Decimal, whole)
            share, square = wins / n, Z95 * Z95
            middle = share + square / (2 * n)
            spread = Z95 * (share * (1 - share) / n + square / (4 * n * n)).sqrt()
            return Fraction((middle + sign * spread) / (1 + square / n) * 100)

    return bound


def holm(*probabilities: Fraction) -> Fraction | None:
    """The first p, adjusted for all that were looked at."""
    if any(not 0 <= p <= 1 for p in probabilities):
        return None
    n, highest = len(probabilities), Fraction(0)
    for place, p in enumerate(sorted(probabilities)):
        highest = max(highest, min(Fraction(1), p * (n - place)))
        if p == probabilities[0]:
            break
    return highest


FUNCTIONS: dict[str, Callable[..., Fraction | None]] = {
    "fisher_p": fisher_p,
    "fisher_lower_p": fisher_lower_p,
    "wilson_low": wilson(-1),
    "wilson_high": wilson(1),
    "holm": holm,
}
