"""Exact tests on counts. Results are decimals rounded half-even to 12 places."""

from collections.abc import Iterable, Iterator
from decimal import Decimal
from fractions import Fraction
from math import comb, fsum, perm
from typing import NamedTuple

PLACES = 12
MAX_DEALS = 10_000_000
"""Deals on one side of a comparison."""
EXACT_DEALS = 20_000
"""Up to these on each side the sums are of whole numbers, beyond them of floats."""
_Z95 = Decimal("1.959963984540054")
_LEAST = 1e-32


def rounded(number: Fraction | Decimal) -> Decimal:
    """A number as a decimal with at most 12 places: what a computed term holds.

    >>> rounded(Fraction(1, 3))
    Decimal('0.333333333333')
    """
    scaled = round(Fraction(number) * 10**PLACES)  # half-even, and exact however long the number is
    whole, places = divmod(abs(scaled), 10**PLACES)
    return Decimal(f"{'-' * (scaled < 0)}{whole}.{places:0{PLACES}d}".rstrip("0").rstrip("."))


class _Table(NamedTuple):
    """Two win rates side by side. With its margins held, the number of the person's wins tells every other table."""

    wins: int
    decided: int
    peer_wins: int
    peer_decided: int

    @property
    def won(self) -> int:
        return self.wins + self.peer_wins

    @property
    def fewest(self) -> int:
        return max(0, self.won - self.peer_decided)

    @property
    def most(self) -> int:
        return min(self.decided, self.won)

    @property
    def likeliest(self) -> int:
        return (self.decided + 1) * (self.won + 1) // (self.decided + self.peer_decided + 2)

    @property
    def possible(self) -> bool:
        return 0 <= self.wins <= self.decided <= MAX_DEALS and 0 <= self.peer_wins <= self.peer_decided <= MAX_DEALS

    @property
    def small(self) -> bool:
        return max(self.decided, self.peer_decided) <= EXACT_DEALS

    def step(self, k: int) -> tuple[int, int]:
        """How much likelier k + 1 wins are than k, as numerator and denominator."""
        return (self.decided - k) * (self.won - k), (k + 1) * (self.peer_decided - self.won + k + 1)


def fisher_p(wins: int, decided: int, peer_wins: int, peer_decided: int) -> Decimal | None:
    """Two-sided p of Fisher's exact test: the person's wins against the peers' (Fisher 1935; S30).

    The sum of the probabilities of all tables with the same margins that are no likelier than the one seen. It can fall
    when the person wins one deal more. None when the counts are impossible (negative, or more wins than deals), or more
    than MAX_DEALS.

    >>> fisher_p(6, 48, 110, 400)
    Decimal('0.023690834436')
    """
    table = _Table(wins, decided, peer_wins, peer_decided)
    if not table.possible:
        return None
    if table.small:
        weights = list(_weights(table))
        seen = weights[wins - table.fewest]
        return rounded(Fraction(sum(w for w in weights if w <= seen), _all(table)))
    shares = _shares(table)
    if wins not in shares:
        return Decimal(0)
    return rounded(_share(shares, [k for k in shares if _no_likelier(table, k, shares[k] / shares[wins])]))


def fisher_lower_p(wins: int, decided: int, peer_wins: int, peer_decided: int) -> Decimal | None:
    """Twice the probability of as few wins or fewer, at most 1: Fisher's exact test, its lower tail doubled (S30).

    It never falls when the person wins one deal more. None as for ``fisher_p``.

    >>> fisher_lower_p(6, 48, 110, 400)
    Decimal('0.030207526516')
    """
    table = _Table(wins, decided, peer_wins, peer_decided)
    if not table.possible:
        return None
    if table.small:
        tail = sum(weight for k, weight in enumerate(_weights(table), table.fewest) if k <= wins)
        return rounded(min(Fraction(1), Fraction(2 * tail, _all(table))))
    shares = _shares(table)
    return rounded(min(Fraction(1), 2 * _share(shares, [k for k in shares if k <= wins])))


def _all(table: _Table) -> int:
    return comb(table.decided + table.peer_decided, table.won)


def _weights(table: _Table) -> Iterator[int]:
    """In how many ways each table comes about, from the fewest wins on."""
    weight = comb(table.decided, table.fewest) * comb(table.peer_decided, table.won - table.fewest)
    for k in range(table.fewest, table.most + 1):
        yield weight
        more, less = table.step(k)
        weight = weight * more // less  # the next table's weight follows exactly from this one's


def _shares(table: _Table) -> dict[int, float]:
    """The probability of k wins as a share of the likeliest, walked outward from it as far as 1e-32.

    That is 12 standard deviations where the distribution is normal. Only products and quotients of floats are taken, so
    every machine has the same result.
    """
    shares = {table.likeliest: 1.0}
    for k in range(table.likeliest, table.most):
        more, less = table.step(k)
        shares[k + 1] = shares[k] * (more / less)
        if shares[k + 1] < _LEAST:
            break
    for k in range(table.likeliest, table.fewest, -1):
        more, less = table.step(k - 1)
        shares[k - 1] = shares[k] * (less / more)
        if shares[k - 1] < _LEAST:
            break
    return shares


def _share(shares: dict[int, float], chosen: Iterable[int]) -> Fraction:
    return Fraction(fsum(shares[k] for k in chosen)) / Fraction(fsum(shares.values()))


def _no_likelier(table: _Table, k: int, ratio: float) -> bool:
    """Whether k wins are no likelier than those seen; where floats cannot tell, whole numbers do."""
    if abs(ratio - 1) > 1e-9:
        return ratio < 1
    low, high = sorted((k, table.wins))
    steps = high - low
    more = perm(table.decided - low, steps) * perm(table.won - low, steps)
    less = perm(high, steps) * perm(table.peer_decided - table.won + high, steps)
    return more <= less if high == k else more >= less


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


def katz(count: int, people: int, other_count: int, other_people: int) -> tuple[Decimal, Decimal] | None:
    """The 95% interval of the ratio of two shares, by its logarithm (Katz, Baptista, Azen and Pike 1978).

    None where it has none: a count is zero, or more than its people.

    >>> [str(round(bound, 4)) for bound in katz(27, 122, 44, 487) or ()]
    ['1.5837', '3.7887']
    """
    if not (0 < count <= people and 0 < other_count <= other_people):
        return None
    ratio = Decimal(count * other_people) / (people * other_count)
    spread = 1 / Decimal(count) - 1 / Decimal(people) + 1 / Decimal(other_count) - 1 / Decimal(other_people)
    factor = (_Z95 * spread.sqrt()).exp()
    return rounded(ratio / factor), rounded(ratio * factor)


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
