"""The ladder as an inline SVG: how each step stands is told by shape and words, not by colour alone."""

from __future__ import annotations

from html import escape

from salesdx.render.blocks import LadderBlock, Mark, Rung
from salesdx.render.lines import clean, wrap

WIDTH, LEFT, CENTRE, RIGHT, TEXT = 340, 16, 32, 48, 64
"""Columns of the drawing: its width, the rails, the marks between them, and where words begin."""
CHARACTERS, LINE, GAP = 30, 18, 18


def ladder_svg(ladder: LadderBlock, id: str) -> str:
    """The drawing, with a title and a description for those who do not see it. ``id`` makes its ids unique."""
    parts, y, climbing = [], GAP, True
    for rung in ladder.rungs:
        lines = wrap(f"{rung.number} {clean(rung.title)}", CHARACTERS, CHARACTERS)
        height = LINE * (len(lines) + 1) + GAP
        parts.append(_rails(y, y + height, climbing))
        parts.append(_rung(rung, lines, y, height))
        climbing = climbing and rung.mark is Mark.PASSED  # after any other step the rails are dashed
        y += height
    told = "; ".join(f"{rung.number} {clean(rung.title)}: {clean(rung.status)}" for rung in ladder.rungs)
    return (
        f'<svg class="ladder" viewBox="0 0 {WIDTH} {y + GAP}" role="img" '
        f'aria-labelledby="{id}-title {id}-told" xmlns="http://www.w3.org/2000/svg">\n'
        f'<title id="{id}-title">The ladder, step by step</title>\n'
        f'<desc id="{id}-told">{escape(told)}</desc>\n{"".join(parts)}</svg>'
    )


def _rails(top: int, bottom: int, solid: bool) -> str:
    style = "rail" if solid else "rail waiting"
    return "".join(f'<path class="{style}" d="M{x} {top}V{bottom}"/>\n' for x in (LEFT, RIGHT))


def _rung(rung: Rung, lines: list[str], top: int, height: int) -> str:
    y = top + height // 2
    first = y - LINE * len(lines) // 2 + 5
    words = "".join(
        f'<text class="name" x="{TEXT + 8}" y="{first + LINE * n}">{escape(line)}</text>\n'
        for n, line in enumerate(lines)
    )
    status = escape(clean(rung.status))
    words += f'<text class="status" x="{TEXT + 8}" y="{first + LINE * len(lines)}">{status}</text>\n'
    panel = ""
    if rung.mark in (Mark.CONCLUDED, Mark.COMPLETE, Mark.BLOCKED):
        panel = (
            f'<rect class="panel" x="{TEXT - 4}" y="{top + 5}" width="{WIDTH - TEXT}" height="{height - 10}" rx="8"/>\n'
        )
    bars = f'<path class="rail" d="M{LEFT} {y}H{CENTRE - 11}M{CENTRE + 11} {y}H{RIGHT}"/>\n'
    return f'<g class="{rung.mark}">\n{panel}{bars}{_mark(rung.mark, CENTRE, y)}{words}</g>\n'


def _mark(mark: Mark, x: int, y: int) -> str:
    circle = f'<circle class="mark" cx="{x}" cy="{y}" r="10"/>\n'
    match mark:
        case Mark.CONCLUDED:
            return f'{circle}<circle class="fill" cx="{x}" cy="{y}" r="6"/>\n'
        case Mark.HELD:
            return f'{circle}<path class="fill" d="M{x} {y - 10}A10 10 0 0 0 {x} {y + 10}Z"/>\n'
        case Mark.OPEN:
            return f'{circle}<text class="query" x="{x}" y="{y + 5}" text-anchor="middle">?</text>\n'
        case Mark.BLOCKED:
            return f'{circle}<path class="mark" d="M{x - 4} {y - 4}l8 8m0 -8l-8 8"/>\n'
        case Mark.COMPLETE:
            return f'<path class="fill" d="M{x} {y - 11}L{x + 11} {y}L{x} {y + 11}L{x - 11} {y}Z"/>\n'
        case Mark.IDLE:
            return f'<path class="mark" d="M{x - 6} {y}h12"/>\n'
    return circle
