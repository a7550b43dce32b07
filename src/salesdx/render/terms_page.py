"""Which facts a mapping draws, and which missing column would open most of the others: a page and data."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from salesdx.base.model import RuleBase
from salesdx.render.blocks import Block, Paragraph, Report, Section, Table
from salesdx.render.wording import called, in_quotes
from salesdx.services.drawable import Drawable, openings
from salesdx.text.english import listed, many

MOST_OPENED = 8
ROWS = ("fact", "step", "drawn", "for", "missing", "why not")


def terms_report(base: RuleBase, found: Sequence[Drawable], mapping: str) -> Report:
    """What can be drawn, by step; first what one more column would open."""
    drawn = [each for each in found if not each.missing]
    about = (("Drawn", f"{len(drawn)} of {len(found)} facts that systems can give"),)
    sections = [Section("opens", "What would open most", tuple(_opens(base, found)))]
    for stage in base.home.values():
        own = [each for each in found if each.stage == stage.id]
        if own:
            sections.append(Section(stage.id, stage.title, tuple(_of_stage(base, own))))
    return Report(f"Mapping {mapping}", about, tuple(s for s in sections if s.blocks), ())


def _opens(base: RuleBase, found: Sequence[Drawable]) -> Iterator[Block]:
    rows = tuple(
        (
            one.missing,
            many(len(one.terms), "fact"),
            listed([base.home[stage].title for stage in one.stages if stage in base.home]),
        )
        for one in openings(found)[:MOST_OPENED]
    )
    if rows:
        yield Table(("column or table", "opens", "of the steps"), rows)


def _of_stage(base: RuleBase, own: Sequence[Drawable]) -> Iterator[Block]:
    drawn = [in_quotes(base, each.term) for each in own if not each.missing]
    if drawn:
        yield Paragraph(f"Drawn: {', '.join(drawn)}.")
    rows = tuple((called(base, each.term), ", ".join(each.missing), each.reason) for each in own if each.missing)
    if rows:
        yield Table(("not drawn", "missing", "why"), rows)


def terms_data(base: RuleBase, found: Sequence[Drawable]) -> dict[str, Any]:
    """The same as JSON: {drawn, of, opens, terms}."""
    opens = [{"missing": o.missing, "terms": list(o.terms), "stages": list(o.stages)} for o in openings(found)]
    terms = [
        {
            "term": each.term,
            "label": base.terms[each.term].called,
            "stage": each.stage,
            "drawn": not each.missing,
            "for": list(each.per),
            "missing": list(each.missing),
            "reason": each.reason,
        }
        for each in found
    ]
    return {"drawn": sum(not each.missing for each in found), "of": len(found), "opens": opens, "terms": terms}


def terms_rows(base: RuleBase, found: Sequence[Drawable]) -> list[tuple[str, ...]]:
    """The same as a table with its header."""
    rows = [
        (
            called(base, each.term),
            each.stage,
            "no" if each.missing else "yes",
            " ".join(each.per),
            " ".join(each.missing),
            each.reason,
        )
        for each in found
    ]
    return [ROWS, *rows]
