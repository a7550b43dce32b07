"""Noise of values that no count decides: rows are drawn again, whole customers at a time, with a fixed seed."""

from __future__ import annotations

from math import isfinite

from salesdx.facts.drawn_terms import DrawnTerm, Noise
from salesdx.facts.evidence_rows import EvidenceRows
from salesdx.facts.warehouse import Warehouse

TIMES = 999
"""How often rows are drawn again: the 25th and the 975th of the values in order are the ends of the interval."""
GROUPS = 200
"""The most groups that are drawn: more customers than that are put together by chance, each group a sum of its own."""
MOST_ROWS = 5_000
"""The most that are drawn of what cannot be summed: of more, as many by chance, whose interval is the wider."""
_SEED = "salesdx"


def bootstrap(warehouse: Warehouse, term: DrawnTerm, noise: Noise, rows: EvidenceRows) -> tuple[float, float] | None:
    """The percentile interval of a value (Efron 1979), over the values of the column that is drawn whole.

    None where fewer than two can be drawn.
    """
    groups = _groups(warehouse, noise, rows)
    if groups < 2:
        return None
    drawn = (
        f"select b, md5_number_lower('{_SEED} ' || b || ' ' || j) % {groups} as place "
        f"from range({TIMES}) t(b), range({groups}) u(j)"
    )
    sql = f"select {term.value} as value from ({drawn}) join ({_pieces(noise, rows, groups)}) using (place) group by b"
    values = sorted(_numbers(warehouse, sql, rows))
    if len(values) < TIMES:
        return None
    cut = (TIMES + 1) // 40
    return values[cut - 1], values[-cut]


def permutation_p(warehouse: Warehouse, term: DrawnTerm, noise: Noise, rows: EvidenceRows, seen: float) -> float | None:
    """The p of a difference between two windows where each customer's two are exchanged by chance (Fisher 1935).

    The share of exchanges that differ as much as what was seen, with what was seen as one of them.
    """
    groups = _groups(warehouse, noise, rows)
    if groups < 2:
        return None
    coins = (
        f"select b, j as place, md5_number_lower('{_SEED} coin ' || b || ' ' || j) % 2 = 1 as turned "
        f"from range({TIMES}) t(b), range({groups}) u(j)"
    )
    exchanged = f"select b, pieces.* replace (now <> turned as now) from ({coins}) join pieces using (place)"
    sql = f"with pieces as ({_pieces(noise, rows, groups)}) select {term.value} from ({exchanged}) group by b"
    values = _numbers(warehouse, sql, rows)
    return (1 + sum(abs(value) >= abs(seen) - 1e-12 for value in values)) / (len(values) + 1)


def _numbers(warehouse: Warehouse, sql: str, rows: EvidenceRows) -> list[float]:
    found = (value for (value,) in warehouse.query(sql, rows.parameters).rows)
    return [float(value) for value in found if isinstance(value, int | float) and isfinite(value)]


def _groups(warehouse: Warehouse, noise: Noise, rows: EvidenceRows) -> int:
    """How many groups are drawn."""
    whole = noise.arguments[0]
    [(count,)] = warehouse.query(rows.asked(f"count(distinct {whole})"), rows.parameters).rows
    return min(int(count), GROUPS if noise.additive else MOST_ROWS)


def _pieces(noise: Noise, rows: EvidenceRows, groups: int) -> str:
    """The rows with the group that each is in, by chance and the same at each draw; summed where they may be."""
    whole = noise.arguments[0]
    named = "select whole, row_number() over (order by md5(whole)) - 1 as nth from "
    named += f"(select distinct cast({whole} as varchar) as whole from evidence)"
    known = f"with evidence as materialized ({rows.sql}), named as ({named}) "
    joined = f"from evidence join named on named.whole = cast({whole} as varchar)"
    if not noise.additive:
        return f"{known} select evidence.*, nth as place {joined} where nth < {groups}"
    now = "now, " if " as now " in rows.sql else ""
    sums = ", ".join(f"sum({column}) as {column}" for column in noise.additive)
    return f"{known} select {now}nth % {groups} as place, {sums} {joined} group by all"
