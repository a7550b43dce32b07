"""Noise of values that no count decides: rows are drawn again, whole customers at a time, with a fixed seed."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import isfinite
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


@dataclass(frozen=True, slots=True)
class Resampled:
    """A value with its count, its percentile interval (Efron 1979), and the p of a difference between two windows.

    ``p`` is the share of the ways to exchange each customer's two windows by chance that differ as much as what was
    seen, with what was seen as one of them (Fisher 1935); None where no windows are compared. Neither is there where
    fewer than two customers can be drawn.
    """

    value: Any
    n: Any
    interval: tuple[float, float] | None = None
    p: float | None = None


def resampled(warehouse: Warehouse, term: DrawnTerm, noise: Noise, rows: EvidenceRows) -> Resampled:
    """A value and what chance makes of it, in one pass over its rows."""
    drawn = f"select b, {_chance('b', 'j')} % (select count(distinct place) from pieces) as place "
    drawn += f"from range({TIMES}) t(b), (select distinct place as j from pieces)"
    asked = [
        f"select 'seen' as what, ({term.value})::double as value, ({term.n})::double as n from evidence",
        f"select 'drawn', ({term.value})::double, null from ({drawn}) join pieces using (place) group by b",
    ]
    if term.compare:
        turned = f"now <> ({_chance('b', f'{_COINS} + place')} // 8 % 2 = 1)"
        turned = f"select b, pieces.* replace (({turned}) as now) from range({TIMES}) t(b), pieces"
        asked.append(f"select 'exchanged', ({term.value})::double, null from ({turned}) group by b")
    sql = f"with {_pieces(noise, rows, bool(term.compare))} {' union all '.join(asked)}"
    found = warehouse.query(sql, rows.parameters).rows
    [(value, n)] = [row[1:] for row in found if row[0] == "seen"]
    again = sorted(_numbers(found, "drawn"))
    if value is None or len(again) < TIMES or again[0] == again[-1]:
        return Resampled(value, n)
    cut = (TIMES + 1) // 40
    exchanged = _numbers(found, "exchanged")
    as_far = sum(abs(each) >= abs(value) - 1e-12 for each in exchanged)
    p = (1 + as_far) / (len(exchanged) + 1) if term.compare else None
    return Resampled(value, n, (again[cut - 1], again[-cut]), p)


def _numbers(found: Iterable[Sequence[Any]], what: str) -> list[float]:
    return [value for kind, value, _ in found if kind == what and value is not None and isfinite(value)]


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
