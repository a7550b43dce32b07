"""Exact tests on small counts. Results are decimals rounded half-even to 12 places."""

from decimal import Decimal
from fractions import Fraction
from math import comb

PLACES = 12
MAX_DEALS = 20_000
"""Deals on one side of a comparison: the exact test takes a step for each."""
_Z95 = Decimal("1.959963984540054")


def rounded(number: Fraction | Decimal) -> Decimal:
    """A number as a decimal with at most 12 places: what a computed term holds.

    >>> rounded(Fraction(1, 3))
    Decimal('0.333333333333')
    """
    scaled = round(Fraction(number) * 10**PLACES)  # half-even, and exact however long the number is
    whole, places = divmod(abs(scaled), 10**PLACES)
    return Decimal(f"{'-' * (scaled < 0)}{whole}.{places:0{PLACES}d}".rstrip("0").rstrip("."))


def fisher_p(wins: int, decided: int, peer_wins: int, peer_decided: int) -> Decimal | None:
    """Two-sided p of Fisher's exact test: the person's wins against the peers' (Fisher 1935; S30).

    The sum of the probabilities of all tables with the same margins that are no likelier than the one seen.
    None when the counts are impossible (negative, or more wins than deals), or more than MAX_DEALS.

    >>> fisher_p(6, 48, 110, 400)
    Decimal('0.023690834436')
    """
    if not (0 <= wins <= decided <= MAX_DEALS and 0 <= peer_wins <= peer_decided <= MAX_DEALS):
        return None
    won = wins + peer_wins
    low, high = max(0, won - peer_decided), min(decided, won)
    weight = comb(decided, low) * comb(peer_decided, won - low)
    weights = []
    for k in range(low, high + 1):  # the next table's weight follows exactly from this one's
        weights.append(weight)
        weight = weight * (decided - k) * (won - k) // ((k + 1) * (peer_decided - won + k + 1))
    seen = weights[wins - low]
    return rounded(Fraction(sum(w for w in weights if w <= seen), comb(decided + peer_decided, won)))


def wilson(wins: int, decided: int) -> tuple[Decimal, Decimal] | None:
    """Wilson's 95% interval of a share, in percent (Wilson 1927; S30). None without a decided deal.

    >>> [round(bound) for bound in wilson(2, 10)]
    [6, 51]
    """
    if not 0 <= wins <= decided or not decided:
        return None
    n, share, zz = Decimal(decided), Decimal(wins) / Decimal(decided), _Z95 * _Z95
    centre = share + zz / (2 * n)
    half = _Z95 * (share * (1 - share) / n + zz / (4 * n * n)).sqrt()
    scale = 100 / (1 + zz / n)
    return rounded((centre - half) * scale), rounded((centre + half) * scale)


def holm(p: Decimal, *others: Decimal) -> Decimal:
    """The p of one person adjusted for the scan of several people (Holm 1979).

    >>> holm(Decimal("0.01"), Decimal("0.04"), Decimal("0.03"))
    Decimal('0.03')
    """
    ordered = sorted([p, *others])
    adjusted = Decimal(0)
    for rank, value in enumerate(ordered):
        adjusted = max(adjusted, value * (len(ordered) - rank))
        if value == p:
            break
    return min(Decimal(1), rounded(adjusted))
