"""The list of a Monday: units below goal, what is likely the cause of each, and who can say what is missing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from salesdx.case.money import money
from salesdx.case.statement import shown_value
from salesdx.followup.actions import AFTER, BEFORE, IN
from salesdx.language.intervals import Interval
from salesdx.render.blocks import Block, Entries, Entry, EntryLine, Paragraph, Report, Section, Table
from salesdx.render.people_page import people_report
from salesdx.render.provisional import share_words
from salesdx.services.scan_changes import AT_GOAL, NEWLY_BELOW, UnitChange
from salesdx.text.english import listed, many

if TYPE_CHECKING:
    from salesdx.services.scan import Scan, ScannedUnit
    from salesdx.services.scan_remedies import UnitRemedy

NO_CAUSE = "none seen in what systems hold"
HEADER = ("unit", "missing", "of goal", "likely cause", "explains", "asked of")
COLUMNS = ("kind", "unit", "goal", "reached", "missing", "currency", "reached_pct", "cause", "surety", "explains_pct")


def scan_report(found: Scan, most: int, changes: Sequence[UnitChange] | None = None) -> Report:
    """The page of a scan; of each kind at most so many units. ``changes``: None where nothing was compared."""
    sections = [_kind(found, kind, most) for kind in found.kinds if found.of_kind(kind)]
    if changes is not None:
        sections.append(Section("changes", "What changed since the last scan", tuple(_changes(changes))))
    remedies = tuple(_remedies(found))
    if remedies:
        sections.append(Section("remedies", "What is being repaired", remedies))
    asked = tuple(_asked(found))
    if asked:
        sections.append(Section("asked", "What is missing, and who has it", asked))
    if found.people is not None:
        sections += people_report(found.people, found.currency).sections
    about = (
        ("Period", str(found.window)),
        ("Figures until", str(found.data_until)),
        ("Units", f"{many(sum(unit.below for unit in found.units), 'unit')} below goal of {len(found.units)}"),
    )
    return Report("Scan of all units", about, tuple(sections), (f"Rules {found.rules[:19]}",), tight=True)


def _kind(found: Scan, kind: str, most: int) -> Section:
    units = found.of_kind(kind)
    below = [unit for unit in units if unit.below]
    return Section(kind, f"Below goal, by {kind}", tuple(_blocks(units, below, most)))


def _blocks(units: Sequence[ScannedUnit], below: Sequence[ScannedUnit], most: int) -> Iterator[Block]:
    if below:
        yield Table(HEADER, tuple(_row(unit) for unit in below[:most]))
        because = [
            Entry(unit.subject.unit, lines=(EntryLine("", unit.cause.because),)) for unit in below[:most] if unit.cause
        ]
        if because:
            yield Entries(tuple(because))
    else:
        yield Paragraph("None.")
    if len(below) > most:
        yield Paragraph(f"And {many(len(below) - most, 'more unit')} with smaller gaps.")
    reached = sum(not unit.below and not unit.why_not for unit in units)
    if reached:
        yield Paragraph(f"At or above goal: {reached}.")
    unknown = Counter(unit.why_not for unit in units if unit.why_not)
    yield from (Paragraph(f"Not known of {many(count, 'unit')}: {why}.") for why, count in unknown.most_common())


def _row(unit: ScannedUnit) -> tuple[str, ...]:
    cause = unit.cause
    gap = unit.gap
    return (
        unit.subject.unit,
        money(gap.missing, gap.currency) if gap else "",
        "" if unit.reached_pct is None else f"{shown_value(unit.reached_pct)}%",
        f"{cause.title} ({cause.surety})" if cause else NO_CAUSE,
        share_words(cause.explains) if cause and cause.explains is not None else "",
        ", ".join(f"{who} ({len(labels)})" for who, labels in list(unit.missing.items())[:2]),
    )


def _changes(changes: Sequence[UnitChange]) -> Iterator[Block]:
    if not changes:
        yield Paragraph("Nothing: the same units are below goal, for the same likely causes.")
        return
    yield Entries(tuple(Entry(_change(each)) for each in changes))


def _change(each: UnitChange) -> str:
    unit = each.unit.replace(":", " ", 1)
    if each.what == NEWLY_BELOW:
        return f"{unit}: newly below goal, {each.now or NO_CAUSE}"
    if each.what == AT_GOAL:
        return f"{unit}: at or above goal again"
    return f"{unit}: was {each.was or NO_CAUSE}, now {each.now or NO_CAUSE}"


def _remedies(found: Scan) -> Iterator[Block]:
    """The repairs of each unit and of all, those that are to be measured now first."""
    told = {
        _remedy("all units" if one.of_all else f"{unit.subject.kind} {unit.subject.unit}", one): one.state
        for kind in found.kinds
        for unit in found.of_kind(kind)
        for one in unit.remedies
    }
    if told:
        yield Entries(
            tuple(Entry(line) for line in sorted(told, key=lambda line: (IN, AFTER, BEFORE).index(told[line])))
        )


def _remedy(whose: str, one: UnitRemedy) -> str:
    first, last = one.window or ("", "")
    who = f" by {one.respondent}" if one.respondent else ""
    told = {
        BEFORE: f"judged from {first} on" if first else "nobody can tell when it is judged",
        IN: f"to be measured now{who}, until {last}",
        AFTER: f"not measured by {last}",
    }[one.state]
    holds = f"; {listed(one.stages)} {'is' if len(one.stages) == 1 else 'are'} under remedy" if one.stages else ""
    return f"{whose}: “{one.title}”, {told}{holds} (case {one.case})"


def _asked(found: Scan) -> Iterator[Block]:
    """Who can say something, with the facts that most units lack."""
    of_each: dict[str, Counter[str]] = {}
    for unit in found.units:
        for who, labels in unit.missing.items():
            of_each.setdefault(who, Counter()).update(labels)
    lines = []
    for who, counted in sorted(of_each.items(), key=lambda each: -max(each[1].values())):
        first = [f"“{label}” ({many(count, 'unit')})" for label, count in counted.most_common(3)]
        rest = len(counted) - len(first)
        said = listed([*first, *([f"{rest} more"] if rest else [])])
        lines.append(Entry(who, lines=(EntryLine("", said),)))
    if lines:
        yield Entries(tuple(lines))


def scan_rows(found: Scan) -> list[tuple[object, ...]]:
    """The same as a table with its header: all units."""
    return [COLUMNS, *(_cells(unit) for kind in found.kinds for unit in found.of_kind(kind))]


def _cells(unit: ScannedUnit) -> tuple[object, ...]:
    cause, gap = unit.cause, unit.gap
    amounts = (gap.goal, gap.reached, gap.missing) if gap else (None, None, None)
    told = [*amounts, gap.currency if gap else None, unit.reached_pct]
    told += [cause.title, cause.surety, cause.explains] if cause else [None, None, None]
    shown = ("" if each is None else each if isinstance(each, str) else _plain(each) for each in told)
    return (unit.subject.kind, unit.subject.unit, *shown)


def _plain(value: object) -> str:
    return f"{value.low} to {value.high}" if isinstance(value, Interval) else str(value)
