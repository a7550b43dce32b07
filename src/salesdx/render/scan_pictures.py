"""A scan as a page of HTML: the list, a small picture of the periods of each unit, and bridges of the largest gaps."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from salesdx.render.html import article, page, resource
from salesdx.render.pages.gap_bridge import GapBridge, gap_bridge
from salesdx.render.scan_page import scan_report
from salesdx.services.scan_changes import UnitChange

if TYPE_CHECKING:
    from salesdx.services.scan import Scan, ScannedUnit

WIDTH, HEIGHT, SPACE = 160, 60, 4
HIGHEST = 150.0
"""Percent of the goal at the upper end of a picture: what is above ends there."""
BRIDGES = 6
"""Of the largest gaps of a kind."""


@dataclass(frozen=True)
class ReachedColumn:
    """A period: below or at its goal, and its place."""

    look: str
    x: float
    y: float
    width: float
    height: float


@dataclass(frozen=True)
class PeriodsChart:
    """The periods of a unit beside each other, with the line of the goal; ``told`` for who cannot see it."""

    title: str
    said: str
    told: str
    columns: tuple[ReachedColumn, ...]
    goal: float
    width: int = WIDTH
    height: int = HEIGHT


@dataclass(frozen=True)
class ChartsOfKind:
    """The pictures of a kind of unit."""

    kind: str
    charts: tuple[PeriodsChart, ...]


def scan_html(found: Scan, most: int, changes: Sequence[UnitChange] | None = None) -> str:
    """The page; of each kind at most so many units, and the bridges of BRIDGES gaps."""
    report = scan_report(found, most, changes)
    kinds = [
        ChartsOfKind(kind, tuple(_chart(unit) for unit in _shown(found, kind, most) if unit.history))
        for kind in found.kinds
    ]
    return page(
        "scan.html",
        title=report.title,
        report=article(report),
        more_style=resource("bridge.css") + resource("multiples.css"),
        kinds=kinds,
        bridges=list(_bridges(found)),
    )


def _shown(found: Scan, kind: str, most: int) -> list[ScannedUnit]:
    return [unit for unit in found.of_kind(kind) if unit.below][:most]


def _bridges(found: Scan) -> Iterator[tuple[str, GapBridge]]:
    for kind in found.kinds:
        for unit in _shown(found, kind, BRIDGES):
            if unit.parts and (bridge := gap_bridge(unit.parts)) is not None:
                yield unit.subject.unit, bridge


def _chart(unit: ScannedUnit) -> PeriodsChart:
    scale, step = HEIGHT / HIGHEST, WIDTH / len(unit.history)
    columns = []
    for place, period in enumerate(unit.history):
        height = max(0.0, min(period.reached_pct, HIGHEST)) * scale
        look = "over" if period.reached_pct >= 100 else "under"
        x, y = round(place * step, 1), round(HEIGHT - height, 1)
        columns.append(ReachedColumn(look, x, y, round(step - SPACE, 1), round(height, 1)))
    said = f"{unit.history[-1].reached_pct:.0f}%"
    told = ", ".join(f"until {each.end}: {each.reached_pct:.0f}%" for each in unit.history)
    goal = round(HEIGHT - 100 * scale, 1)
    return PeriodsChart(unit.subject.unit, said, f"{unit.subject.unit}: {told}", tuple(columns), goal)
