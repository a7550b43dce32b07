"""How each unit of a kind stood against its goal, period by period."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from salesdx.facts.draw_source import DrawSource
from salesdx.facts.drawn_terms import DrawnTerm, definitions
from salesdx.facts.evidence_rows import evidence_query
from salesdx.facts.scope import Subject
from salesdx.facts.warehouse import Warehouse
from salesdx.facts.windows import TimeWindow

PERIODS = DrawnTerm(
    "periods",
    "attained",
    "select {unit}, k, to_on, 100.0 * reached / goal as reached_pct from {attained} where {scope} and span = 'period'",
    "count(*)",
    reads=("sold",),
)
MOST_PERIODS = 8


@dataclass(frozen=True, slots=True)
class PeriodReached:
    """A period of a unit, by its last day, and how much of its goal was reached, in percent."""

    end: date
    reached_pct: float


def unit_histories(warehouse: Warehouse, kind: str, window: TimeWindow) -> Mapping[str, tuple[PeriodReached, ...]]:
    """Unit -> its periods up to the window, the oldest first; nothing where nobody says their goals or sales."""
    source, any_unit = DrawSource(warehouse, definitions(), window), Subject(kind, "any")
    if source.missing(PERIODS, any_unit):
        return {}
    rows = evidence_query(source, PERIODS, any_unit, many=True)
    asked = f"{rows.asked('unit, to_on, reached_pct')} where k < {MOST_PERIODS} order by unit, to_on"
    found: dict[str, list[PeriodReached]] = {}
    for unit, end, reached in warehouse.query(asked, rows.parameters).rows:
        found.setdefault(str(unit), []).append(PeriodReached(end, reached))
    return {unit: tuple(periods) for unit, periods in found.items()}
