"""Noise of values that no count decides: rows are drawn again, whole customers at a time, with a fixed seed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import inf, isfinite
from typing import Any

from salesdx.facts.drawn_terms import DrawnTerm, Noise
from salesdx.facts.evidence_rows import EvidenceRows
from salesdx.facts.warehouse import Warehouse

TIMES = 999
"""How often rows are drawn again: the 25th and the 975th of the values in order are the ends of the interval."""
GROUPS = 200
"""The most groups that are drawn: more customers than that are put together by chance, each group a sum of its own."""
MOST_ROWS = 2_000
"""The most that are drawn of what cannot be summed: of more, as many by chance, whose interval is the wider."""
_COINS = 10_007
"""Behind the numbers of the groups in one stream of chance: the coins of each."""
LEVEL = 0.05
_FARTHEST, _HALVINGS = 1e9, 40


FEWEST = 6
"""Fewer customers than that can be exchanged in too few ways for any difference to be more than chance."""
_ENOUGH = f"(select count(distinct place) from pieces) >= {FEWEST}"


@dataclass(frozen=True, slots=True)
class Resampled:
    """A value with its count, its interval and, where it compares two windows, the p of no change.

    Neither is there where too few can be drawn again.
    """

    value: Any
    n: Any
    interval: tuple[float, float] | None = None
    p: float | None = None


def resampled(warehouse: Warehouse, term: DrawnTerm, noise: Noise, rows: EvidenceRows) -> Resampled:
    """A value and what chance makes of it, in one pass over its rows."""
    exchanges = bool(term.compare and noise.undone)
    seen = f"select ({term.value})::double as value, ({term.n})::double as other from evidence"
    again = _exchanged(term, noise) if exchanges else _drawn(term)
    sql = f"with {_pieces(noise, rows, bool(term.compare))} select 0 as what, * from ({seen}) union all {again}"
    found = warehouse.query(sql, rows.parameters).rows
    [(value, n)] = [row[1:] for row in found if row[0] == 0]
    chance = [(one, other) for what, one, other in found if what and one is not None and isfinite(one)]
    if value is None or len(chance) < TIMES * 9 // 10:
        return Resampled(value, n)
    if exchanges:
        slopes = [(one, other - one) for one, other in chance]
        return Resampled(value, n, _not_refuted(value, slopes), _p(0, value, slopes))
    ordered = sorted(one for one, _ in chance)
    cut = (len(ordered) + 1) // 40
    return Resampled(value, n, (ordered[cut - 1], ordered[-cut]) if ordered[0] < ordered[-1] else None)


def _drawn(term: DrawnTerm) -> str:
    """The value of each draw of as many groups, some of them twice (the bootstrap; Efron 1979)."""
    places = f"select b, {_chance('b', 'j')} % (select count(distinct place) from pieces) as place "
    places += f"from range({TIMES}) t(b), (select distinct place as j from pieces)"
    return (
        f"select 1, ({term.value})::double, null from ({places}) join pieces using (place) where {_ENOUGH} group by b"
    )


def _exchanged(term: DrawnTerm, noise: Noise) -> str:
    """The value where the two windows of each group are exchanged by chance, and with one unit of the change undone."""
    turned = f"(now <> ({_chance('b', f'{_COINS} + place')} // 8 % 2 = 1)) as now"
    undone = ", ".join(f"case when now then {c} + ({more}) else {c} end as {c}" for c, more in noise.undone.items())
    sides = (
        f"(select b, ({term.value})::double as value from (select b, pieces.* replace ({replaced}) "
        f"from range({TIMES}) t(b), pieces) group by b)"
        for replaced in (turned, f"{turned}, {undone}")
    )
    return f"select 1, one.value, other.value from {' one join '.join(sides)} other using (b) where {_ENOUGH}"


def _p(change: float, seen: float, slopes: Sequence[tuple[float, float]]) -> float:
    """The p of a change (Fisher 1935): the share of exchanges that differ as much as what is seen once it is undone."""
    left = abs(seen - change) - 1e-12
    return (1 + sum(abs(at + by * change) >= left for at, by in slopes)) / (len(slopes) + 1)


def _not_refuted(seen: float, slopes: Sequence[tuple[float, float]]) -> tuple[float, float]:
    """The changes whose p is above a twentieth: the interval that belongs to the test."""

    def end(sign: int) -> float:
        inside, step = 0.0, 1.0
        while _p(seen + sign * step, seen, slopes) > LEVEL:
            inside, step = step, step * 2
            if step > _FARTHEST:
                return sign * inf
        for _ in range(_HALVINGS):
            middle = (inside + step) / 2
            inside, step = (middle, step) if _p(seen + sign * middle, seen, slopes) > LEVEL else (inside, middle)
        return seen + sign * step

    return end(-1), end(1)


def _chance(draw: str, place: str) -> str:
    """A whole number by chance for each draw and place, the same in every version of the database.

    Three rounds of Lehmer's generator (Park and Miller 1988), mixed between: whole numbers below 2^31 alone.
    """
    x = f"(48271 * ({draw} * 20021 + {place} + 1)) % 2147483647"
    y = f"(69621 * xor({x}, ({x}) >> 11)) % 2147483647"
    return f"((48271 * xor({y}, ({y}) >> 13)) % 2147483647)"


def _pieces(noise: Noise, rows: EvidenceRows, compared: bool) -> str:
    """The rows with the ``place`` of the group that each is in, by chance and the same at each draw; summed where they
    may be. At least two groups, else no rows."""
    whole = f"cast({noise.arguments[0]} as varchar)"
    most = GROUPS if noise.additive else MOST_ROWS
    named = (
        f"select whole, row_number() over (order by md5(whole)) - 1 as nth from (select distinct {whole} as whole from "
    )
    named += "evidence)"
    joined = f"from evidence join named on named.whole = {whole} where (select count(*) from named) > 1"
    if noise.additive:
        sums = ", ".join(f"sum({column}) as {column}" for column in noise.additive)
        kept = f"select {'now, ' if compared else ''}nth % {most} as place, {sums} {joined} group by all"
    else:
        kept = f"select evidence.*, nth as place {joined} and nth < {most}"
    return f"evidence as materialized ({rows.sql}), named as materialized ({named}), pieces as materialized ({kept})"
