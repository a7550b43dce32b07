"""Wins against what peers win of like deals: the exact chance of so few, among all who were looked at.

A person who was given harder deals loses more of them. So the deals of each kind are held against the peers' rate for
this kind, and the chance of as few wins or fewer is that of a sum of unlike draws (Poisson-binomial), never a normal
form.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from math import fsum

from salesdx.language.statistics import holm, rounded

LEAST_OF_A_KIND = 20
"""Decided deals of the peers below which a kind of deal has no rate of its own and is put together with its like."""
DISCOVERIES = Fraction(1, 10)
"""The share of the marked who may be marked by luck (Benjamini and Hochberg 1995)."""
_LEAST = 1e-32

Kind = tuple[str, ...]
"""What makes deals alike: product, segment and source, as far as a system knows them."""
_REST: Kind = ()


@dataclass(frozen=True, slots=True)
class DealCounts:
    """Deals that were decided, and those of them that were won."""

    decided: int
    won: int

    def __add__(self, other: DealCounts) -> DealCounts:
        return DealCounts(self.decided + other.decided, self.won + other.won)


NO_DEALS = DealCounts(0, 0)


@dataclass(frozen=True, slots=True)
class LikeDeals:
    """One person's deals of one kind, and the peers'."""

    own: DealCounts
    peers: DealCounts


def all_deals(counts: Iterable[DealCounts]) -> DealCounts:
    """All of them together."""
    return sum(counts, NO_DEALS)


def like_deals(own: Mapping[Kind, DealCounts], peers: Iterable[Mapping[Kind, DealCounts]]) -> list[LikeDeals]:
    """A person's deals by kind, each with the peers' of that kind.

    Kinds of which the peers decided fewer than LEAST_OF_A_KIND are one kind together. If they still are so few, there
    is nothing to hold them against, and they are left out.
    """
    theirs: dict[Kind, DealCounts] = {}
    for peer in peers:
        for kind, counts in peer.items():
            theirs[kind] = theirs.get(kind, NO_DEALS) + counts
    many = {kind for kind, counts in theirs.items() if counts.decided >= LEAST_OF_A_KIND}
    pairs = [LikeDeals(counts, theirs[kind]) for kind, counts in sorted(own.items()) if kind in many]
    rest = LikeDeals(
        all_deals(counts for kind, counts in own.items() if kind not in many),
        all_deals(counts for kind, counts in theirs.items() if kind not in many),
    )
    return [pair for pair in (*pairs, rest) if pair.own.decided and pair.peers.decided >= LEAST_OF_A_KIND]


def mix_lower_p(pairs: Sequence[LikeDeals]) -> Decimal:
    """Twice the chance of as few wins or fewer at the peers' rates, at most 1 (Poisson-binomial, its lower tail).

    >>> mix_lower_p([LikeDeals(DealCounts(4, 0), DealCounts(20, 10)), LikeDeals(DealCounts(2, 0), DealCounts(40, 10))])
    Decimal('0.0703125')
    """
    won = sum(pair.own.won for pair in pairs)
    if won >= expected_wins(pairs):
        return Decimal(1)  # the median of such a sum is a whole number beside its mean (Jogdeo and Samuels 1968)
    chances = [1.0]
    for pair in pairs:
        rate = Fraction(pair.peers.won, pair.peers.decided)
        chances = _convolved(chances, _binomial(pair.own.decided, rate), won)
    return rounded(min(Fraction(1), 2 * Fraction(fsum(chances))))


def expected_wins(pairs: Iterable[LikeDeals]) -> Fraction:
    """What the peers' rates give for the person's deals."""
    return sum((Fraction(pair.own.decided * pair.peers.won, pair.peers.decided) for pair in pairs), Fraction(0))


def _convolved(some: Sequence[float], others: Sequence[float], most: int) -> list[float]:
    """The chances of 0 to ``most`` of both together."""
    sums = [0.0] * min(most + 1, len(some) + len(others) - 1)
    for i, chance in enumerate(some):
        if chance:
            for j, other in enumerate(others[: len(sums) - i], i):
                sums[j] += chance * other
    return sums


def _binomial(n: int, rate: Fraction) -> list[float]:
    """The chances of 0 to n wins, walked outward from the likeliest: no power of a rate that a float cannot hold."""
    if rate in (0, 1):
        return [*([0.0] * (n if rate else 0)), 1.0]
    odds = float(rate / (1 - rate))
    likeliest = min(n, int((n + 1) * rate))
    shares = [0.0] * (n + 1)
    shares[likeliest] = 1.0
    for k in range(likeliest, n):
        shares[k + 1] = shares[k] * ((n - k) / (k + 1)) * odds
        if shares[k + 1] < _LEAST:
            break
    for k in range(likeliest, 0, -1):
        shares[k - 1] = shares[k] * (k / (n - k + 1)) / odds
        if shares[k - 1] < _LEAST:
            break
    total = fsum(shares)
    return [share / total for share in shares]


def among_all(chances: Mapping[str, Decimal]) -> dict[str, Decimal]:
    """The p of each person adjusted for all who were looked at, whoever the case is about (Holm 1979)."""
    return {
        person: holm(p, *(other for name, other in chances.items() if name != person)) for person, p in chances.items()
    }


def for_looking(chances: Mapping[str, Decimal]) -> set[str]:
    """Those whom a list marks, a tenth of them by luck (Benjamini and Hochberg 1995). For looking, not for judging."""
    ordered = sorted(chances.values())
    at_most = [p for rank, p in enumerate(ordered, 1) if Fraction(p) <= DISCOVERIES * rank / len(ordered)]
    return {person for person, p in chances.items() if at_most and p <= at_most[-1]}
