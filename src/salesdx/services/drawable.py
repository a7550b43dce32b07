"""Which facts a mapping can draw, and what is missing for the rest."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from salesdx.base.model import RuleBase

if TYPE_CHECKING:
    from salesdx.facts.warehouse import Warehouse


@dataclass(frozen=True, slots=True)
class Drawable:
    """A fact that systems can give: for which kinds of subjects, and the columns, or tables, that are missing here.

    ``reason`` says of the first of them why it is.
    """

    term: str
    stage: str
    per: tuple[str, ...]
    missing: tuple[str, ...]
    reason: str


@dataclass(frozen=True, slots=True)
class ColumnOpens:
    """What one more column, or table, would open: the facts for which nothing else is missing, and their stages."""

    missing: str
    terms: tuple[str, ...]
    stages: tuple[str, ...]


def drawable_terms(warehouse: Warehouse, base: RuleBase) -> tuple[Drawable, ...]:
    """Every fact of the rule base that systems can give, in the order of the vocabulary."""
    from salesdx.facts.draw_source import DrawSource
    from salesdx.facts.drawn_terms import definitions
    from salesdx.facts.windows import TimeWindow

    defined, until = definitions(), warehouse.settings.data_until
    drawing = DrawSource(warehouse, defined, TimeWindow(until, until))
    found = []
    for name, term in base.terms.items():
        if name not in defined.terms or term.computed:
            continue
        drawn = defined.terms[name]
        lacking = [column for column in drawing.reads(drawn) if not warehouse.has(column)]
        missing = dict.fromkeys(_asked_for(warehouse, column) for column in lacking)
        reason = warehouse.why_not(lacking[0]) if lacking else ""
        found.append(Drawable(name, term.home, drawn.per, tuple(missing), reason))
    return tuple(found)


def _asked_for(warehouse: Warehouse, column: str) -> str:
    """What somebody would have to map: the column, or its whole table where that is not there."""
    table = column.partition(".")[0]
    return column if warehouse.has(table) else table


def openings(found: Sequence[Drawable]) -> tuple[ColumnOpens, ...]:
    """What would open most stages comes first, then what would open most facts."""
    alone: dict[str, list[Drawable]] = {}
    for each in found:
        if len(each.missing) == 1:
            alone.setdefault(each.missing[0], []).append(each)
    made = [
        ColumnOpens(missing, tuple(e.term for e in terms), tuple(dict.fromkeys(e.stage for e in terms)))
        for missing, terms in alone.items()
    ]
    return tuple(sorted(made, key=lambda one: (-len(one.stages), -len(one.terms), one.missing)))
