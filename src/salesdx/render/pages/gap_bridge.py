"""The bridge of the gap: from the goal over the causes, each with its share, to the result; as a picture and as rows.

Its line is the gap alone: what was reached would leave the causes too narrow to be told apart.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from salesdx.case.money import money
from salesdx.engine.likely import WHOLE, Gap
from salesdx.language.conditions import Value
from salesdx.language.intervals import Interval, high_end, low_end
from salesdx.render.lines import clean, wrap
from salesdx.render.provisional import share_words

WIDTH, EDGE = 340, 4
"""Columns of the picture, and what stays free at its sides."""
CHARACTERS, LINE, BAR, GAP = 40, 18, 16, 14
CAUSE, LIKELY, REST, END = "cause", "likely", "rest", "end"


@dataclass(frozen=True)
class BridgeRow:
    """An end of the bridge, or a part of the gap, with its amount and its share in words.

    ``kind`` is that of its looks. It lies from ``start`` to ``upto``, in percent of the gap, and reaches as far as
    ``most`` where its share is known between two ends.
    """

    kind: str
    title: str
    amount: str
    share: str = ""
    start: float = 0
    upto: float = 0
    most: float = 0


@dataclass(frozen=True)
class DrawnRow:
    """A row with its place: the lines of its words with their heights, its bar, and where the next begins."""

    row: BridgeRow
    lines: tuple[tuple[int, str], ...]
    y: int
    x: float
    width: float
    doubtful: float
    """How much wider it may be."""
    bottom: int


@dataclass(frozen=True)
class GapBridge:
    """The rows; the picture, empty where the shares do not fit into the gap; and what is to be said of them."""

    rows: tuple[BridgeRow, ...]
    drawn: tuple[DrawnRow, ...]
    height: int
    notes: tuple[str, ...]
    width: int = WIDTH


def gap_bridge(result: Mapping[str, Any]) -> GapBridge | None:
    """The bridge of a recorded result; None where goal, result or the gap is not known, or no cause has a share."""
    told = result.get("gap")
    if not told:
        return None
    gap = Gap(_value(told["goal"]), _value(told["reached"]), _value(told["missing"]), told["currency"])
    causes = tuple(_causes(result))
    if not causes or any(_point(each) is None for each in (gap.goal, gap.reached, gap.missing)):
        return None
    if gap.missing is None or low_end(gap.missing) is None or low_end(gap.missing) <= 0:
        return None
    rows, at = [BridgeRow(END, "Goal", money(gap.goal, gap.currency))], 0.0
    for kind, title, share in causes:
        point = float(_point(share) or 0)
        low, high = float(low_end(share)), float(high_end(share))
        amount = money(gap.part(share), gap.currency)
        rows.append(BridgeRow(kind, title, amount, share_words(share), at, at + low, at + high))
        at += point
    rest = _rest(result, causes)
    if rest is not None and high_end(rest) >= 1:
        rows.append(
            BridgeRow(REST, "Not explained", money(gap.part(rest), gap.currency), share_words(rest), at, WHOLE, WHOLE)
        )
    rows.append(BridgeRow(END, "Reached", money(gap.reached, gap.currency), "", WHOLE, WHOLE, WHOLE))
    fits = at <= WHOLE and all(row.most <= WHOLE for row in rows)
    drawn = tuple(_placed(rows)) if fits else ()
    return GapBridge(tuple(rows), drawn, drawn[-1].bottom if drawn else 0, tuple(_notes(result, fits)))


def _causes(result: Mapping[str, Any]) -> Iterator[tuple[str, str, Value]]:
    """The concluded stage and what contributes, or what is likely: each with a share that is known."""
    found = [
        (CAUSE, stage["title"], stage.get("standing", {}).get("explains_pct"))
        for stage in result["stages"]
        if stage["concluded"]
    ]
    found += [(CAUSE, each["title"], each["explains_pct"]) for each in result.get("contributing") or ()]
    found += [(LIKELY, each["title"], each["explains_pct"]) for each in result.get("likely") or ()]
    for kind, title, share in found:
        known = _value(share)
        if known is not None:
            yield kind, title, known


def _rest(result: Mapping[str, Any], causes: tuple[tuple[str, str, Value], ...]) -> Value | None:
    """What the causes leave of the gap: as it was recorded, else worked out of the shares."""
    recorded = _value(result.get("not_explained_pct"))
    if recorded is not None:
        return recorded
    sums = (sum((Decimal(end(share)) for _, _, share in causes), Decimal(0)) for end in (high_end, low_end))
    left = [max(WHOLE - total, Decimal(0)) for total in sums]
    return _value({"low": left[0], "high": left[1]}) if left[0] != left[1] else left[0]


def _notes(result: Mapping[str, Any], fits: bool) -> Iterator[str]:
    if result.get("concluded") is None:
        yield "Nothing is concluded yet: the shares are those of what is likely."
    if not fits:
        yield "The shares are more than all that is missing: they measure parts of it twice, so they are not drawn."


def _value(told: Any) -> Value | None:
    """A number or an interval as a record holds it."""
    if told is None:
        return None
    if isinstance(told, Mapping):
        ends = [None if told.get(key) is None else Decimal(str(told[key])) for key in ("low", "high", "best")]
        return Interval(*ends)
    return Decimal(str(told))


def _point(known: Value | None) -> Decimal | None:
    """One number for a value: its best estimate, else its middle; None where an end is open."""
    if known is None or low_end(known) is None or high_end(known) is None:
        return None
    best = known.best if isinstance(known, Interval) else None
    return Decimal(str(best)) if best is not None else (Decimal(low_end(known)) + Decimal(high_end(known))) / 2


def _placed(rows: list[BridgeRow]) -> Iterator[DrawnRow]:
    y, scale = EDGE, (WIDTH - 2 * EDGE) / WHOLE
    for row in rows:
        told = ", ".join(filter(None, (row.share, row.amount)))
        lines = [line for text in (clean(row.title), told) for line in wrap(text, CHARACTERS, CHARACTERS)]
        placed = tuple((y + LINE * n + 14, line) for n, line in enumerate(lines))
        top = y + LINE * len(lines) + 4
        y = top + BAR + GAP
        width = (row.upto - row.start) * scale
        yield DrawnRow(row, placed, top, EDGE + row.start * scale, width, (row.most - row.upto) * scale, y)
