"""What worked cases show of a rule base: how much, what is missing, and how it is counted."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from fractions import Fraction
from typing import Any

from salesdx.authoring.coverage import COUNTED, Coverage, Measure
from salesdx.authoring.coverage.boundaries import Boundary
from salesdx.authoring.coverage.comparisons_seen import RULE, Condition, ConditionSeen
from salesdx.case.statement import as_json
from salesdx.render.blocks import Block, Entries, Entry, EntryLine, Paragraph, Report, Section, Table
from salesdx.render.coverage.coverage_page import coverage_html
from salesdx.render.coverage.coverage_words import (
    BY_STAGE,
    COUNTING,
    SAYS,
    condition_name,
    gaps,
    percent,
    place_words,
    side_gaps,
    total,
    unseen,
)
from salesdx.render.json_text import to_json
from salesdx.render.terminal import to_text
from salesdx.text.english import capital, listed
from salesdx.text.source import Place

FORMATS = ("text", "json", "html")
SCHEMA = "salesdx.coverage/1"


def render_coverage(
    found: Coverage, format: str, address: Callable[[Place], str], width: int = 80, colour: bool = False
) -> str:
    """Coverage in one of FORMATS. ``address`` gives the link of a page to a place in a file."""
    match format:
        case "json":
            return to_json(coverage_data(found))
        case "html":
            return coverage_html(found, address)
    return to_text(coverage_report(found), width, colour)


# --- text -----------------------------------------------------------------------------------------------------------


def coverage_report(found: Coverage) -> Report:
    """How much is covered, stage by stage, what no case shows, and how that is counted."""
    base = found.base
    sections = (
        Section("all", "How much the cases show", tuple(_all(found))),
        Section("stages", "Stage by stage", (_stages(found),)),
        Section("missing", "What no case shows", _by_home(found, _missing)),
        Section("boundaries", "Boundaries without a case next to them on each side", _by_home(found, _boundaries)),
        Section("counting", "How this is counted", tuple(map(Paragraph, COUNTING))),
    )
    about = (("Worked cases", str(len(found.cases))), ("Rule base", f"{base.version} ({base.digest[7:19]})"))
    return Report("Coverage of the worked cases", about, tuple(s for s in sections if s.blocks), ())


def _all(found: Coverage) -> Iterator[Block]:
    yield Paragraph(f"Overall: {percent(found.overall.percent)}", strong=True)
    yield Paragraph(total(found))
    if found.odd:
        few = f"{len(found.odd)} of the {len(found.cases)} cases do not come out as expected"
        yield Paragraph(f"{few}, so what they show may be wrong: {listed(found.odd)}. `salesdx test` tells more.")
    rows = [(capital(SAYS[m.name]), f"{m.seen} of {m.of}", percent(m.percent)) for m in found.measures().values()]
    yield Table(("What", "Seen", "Percent"), tuple(rows))


def _stages(found: Coverage) -> Table:
    rows = []
    for home, stage in found.base.home.items():
        measures = found.measures(home)
        rows.append((stage.title, *(_cell(measures[name]) for name in BY_STAGE)))
    return Table(("Stage", *(name.capitalize() for name in BY_STAGE)), tuple(rows))


def _cell(measure: Measure) -> str:
    return f"{measure.seen} of {measure.of}" if measure.of else ""


def _by_home(found: Coverage, told: Callable[[Coverage, str], Iterable[EntryLine]]) -> tuple[Block, ...]:
    homes = [(stage.title, tuple(told(found, home))) for home, stage in found.base.home.items()]
    homes.append(("The whole", tuple(told(found, ""))))
    entries = tuple(Entry(title, lines=lines) for title, lines in homes if lines)
    return (Entries(entries),) if entries else ()


def _missing(found: Coverage, home: str) -> Iterator[EntryLine]:
    for condition in (condition for condition in found.conditions if condition.home == home):
        label = condition.name if condition.kind == RULE else ""
        before = "" if label else f"{condition_name(condition)}: "
        if condition.kind == RULE and not condition.seen.true:
            yield EntryLine(label, f"the rule was never true ({place_words(condition.place)})")
        for part in condition.comparisons:
            if part.seen.missing:
                yield EntryLine(label, f"{before}`{part.text}` {gaps(part.seen)} ({place_words(part.place)})")
    yield from (EntryLine("", told) for its, told in unseen(found) if its == home)


def _boundaries(found: Coverage, home: str) -> Iterator[EntryLine]:
    for boundary in found.boundaries:
        if boundary.home == home and not boundary.covered:
            yield EntryLine("", f"{boundary.term}: {side_gaps(boundary)} (read by {', '.join(boundary.read_by)})")


# --- JSON -----------------------------------------------------------------------------------------------------------


def coverage_data(found: Coverage) -> dict[str, Any]:
    """Everything as JSON: contract ``salesdx.coverage/1``. Cases are named by path; percentages are rounded down."""
    return {
        "schema": SCHEMA,
        "rule_base": {"digest": found.base.digest, "version": found.base.version},
        "cases": list(found.cases),
        "not_as_expected": list(found.odd),
        "overall": _measure(found.overall) | {"counts": list(COUNTED), "says": total(found)},
        "measures": _measures(found, ""),
        "stages": [
            {"id": home, "title": stage.title, "measures": _measures(found, home)}
            for home, stage in found.base.home.items()
        ],
        "conditions": [_condition(condition) for condition in found.conditions],
        "boundaries": [_boundary(boundary) for boundary in found.boundaries],
        "statuses": [{"stage": s.home, "status": s.name, "cases": list(s.cases)} for s in found.statuses],
        "modes": [{"mode": s.name, "cases": list(s.cases)} for s in found.modes],
        "verdicts": [{"verdict": s.name, "cases": list(s.cases)} for s in found.verdicts],
        "interventions": [{"intervention": s.name, "cases": list(s.cases)} for s in found.interventions],
        "properties": [{"property": s.name, "cases": list(s.cases)} for s in found.properties],
        "counting": list(COUNTING),
    }


def _measures(found: Coverage, home: str) -> list[dict[str, Any]]:
    return [_measure(m) | {"says": SAYS[m.name]} for m in found.measures(home).values()]


def _measure(m: Measure) -> dict[str, Any]:
    return {"measure": m.name, "seen": m.seen, "of": m.of, "percent": float(Fraction(int(m.percent * 10), 10))}


def _condition(c: Condition) -> dict[str, Any]:
    parts = [{"text": p.text, "start": p.start, "end": p.end} | _place(p.place) | _seen(p.seen) for p in c.comparisons]
    head = {"kind": c.kind, "stage": c.home, "name": c.name, "title": c.title, "text": c.text}
    return head | _place(c.place) | _seen(c.seen) | {"comparisons": parts}


def _place(place: Place) -> dict[str, Any]:
    return {"path": place.path, "line": place.line, "column": place.column}


def _seen(seen: ConditionSeen) -> dict[str, Any]:
    return {
        "true": list(seen.true),
        "false": list(seen.false),
        "unknown": list(seen.unknown),
        "missing": list(seen.missing),
    }


def _boundary(b: Boundary) -> dict[str, Any]:
    return {
        "stage": b.home,
        "term": b.term,
        "at": as_json(b.at),
        "step": float(b.step),
        "covered": b.covered,
        "sides": [{"says": side.says, "cases": list(side.cases)} for side in b.sides],
        "read_by": list(b.read_by),
    }
