"""Tables of counts about people: what is a small cell, and which others go with it so that nobody can subtract."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

Cell = int | Decimal | str | None
"""A count, a share between 0 and 1, a ratio or a text; None where there is none."""

COUNT, SHARE, RATIO, TEXT = "count", "share", "ratio", "text"
LOW, HIGH = "low", "high"
"""What a column holds; the ends of an interval stand behind the figure that it is of."""


@dataclass(frozen=True, slots=True)
class Column:
    key: str
    title: str
    kind: str = COUNT


@dataclass(frozen=True)
class Part:
    """A table of a report, and how its numbers are computed."""

    id: str
    title: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[Cell, ...], ...]
    how: str
    notes: tuple[str, ...] = ()
    withheld: tuple[str, ...] = ()
    """The groups that are not shown, by name."""
    why: tuple[tuple[str, ...], ...] = ()
    """Row by row and column by column: from which numbers a figure comes; empty where `how` says it all."""

    def to_dict(self) -> dict[str, Any]:
        """The table as JSON-ready data: a row is an object; `why` says of each figure from which numbers it comes."""
        keys = [column.key for column in self.columns]
        rows: list[dict[str, Any]] = [dict(zip(keys, map(_plain, row), strict=True)) for row in self.rows]
        for row, why in zip(rows, self.why, strict=False):
            row["why"] = {key: told for key, told in zip(keys, why, strict=True) if told}
        return {
            "id": self.id,
            "title": self.title,
            "rows": rows,
            "withheld": list(self.withheld),
            "notes": list(self.notes),
            "how": self.how,
        }


def _plain(cell: Cell) -> object:
    return float(cell) if isinstance(cell, Decimal) else cell


def share(part: int, whole: int) -> Decimal | None:
    """A share to four places; None of nothing.

    >>> share(1, 3)
    Decimal('0.3333')
    """
    return round(Decimal(part) / whole, 4) if whole else None


def hidden(sizes: Mapping[str, int], least: int) -> frozenset[str]:
    """The groups of a table that are not shown: the small ones, and those without which they could be computed.

    ``sizes`` is the number of people in each group of a whole whose total is known. Groups of fewer than ``least``
    are hidden; then the next smallest too, until at least two are hidden with at least ``least`` people together.

    >>> sorted(hidden({"a": 3, "b": 8, "c": 40}, 5))
    ['a', 'b']
    """
    found = {group for group, size in sizes.items() if size < least}
    shown = sorted((size, group) for group, size in sizes.items() if size >= least)
    while found and shown and (len(found) == 1 or sum(sizes[group] for group in found) < least):
        found.add(shown.pop(0)[1])
    return frozenset(found)
