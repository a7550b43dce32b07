"""Where everything stands in the drawing of the ladder; `templates/ladder.html` draws it."""

from __future__ import annotations

from dataclasses import dataclass

from salesdx.render.blocks import LadderBlock, Mark, Rung
from salesdx.render.lines import clean, wrap

WIDTH, RAILS, CENTRE, WORDS = 340, (16, 48), 32, 72
"""Columns of the drawing: its width, the rails, the marks between them, and where words begin."""
CHARACTERS, LINE, GAP = 30, 18, 18


@dataclass(frozen=True, slots=True)
class DrawnRung:
    """A rung between two heights: the middle, the lines of its title with their heights, and that of its status."""

    mark: Mark
    status: str
    climbing: bool
    top: int
    bottom: int
    y: int
    lines: tuple[tuple[int, str], ...]
    below: int


@dataclass(frozen=True, slots=True)
class DrawnLadder:
    """A drawing, with what it tells to those who do not see it."""

    rungs: tuple[DrawnRung, ...]
    height: int
    told: str
    width: int = WIDTH
    rails: tuple[int, int] = RAILS
    centre: int = CENTRE
    words: int = WORDS


def drawn(ladder: LadderBlock) -> DrawnLadder:
    """The ladder with a place for everything. After the first step that is not passed, the rails are dashed."""
    rungs, y, climbing = [], GAP, True
    for rung in ladder.rungs:
        rungs.append(_rung(rung, y, climbing))
        climbing = climbing and rung.mark is Mark.PASSED
        y = rungs[-1].bottom
    told = "; ".join(f"{rung.number} {clean(rung.title)}: {clean(rung.status)}" for rung in ladder.rungs)
    return DrawnLadder(tuple(rungs), y + GAP, told)


def _rung(rung: Rung, top: int, climbing: bool) -> DrawnRung:
    lines = wrap(f"{rung.number} {clean(rung.title)}", CHARACTERS, CHARACTERS)
    height = LINE * (len(lines) + 1) + GAP
    y = top + height // 2
    first = y - LINE * len(lines) // 2 + 5
    placed = tuple((first + LINE * n, line) for n, line in enumerate(lines))
    return DrawnRung(rung.mark, rung.status, climbing, top, top + height, y, placed, first + LINE * len(lines))
