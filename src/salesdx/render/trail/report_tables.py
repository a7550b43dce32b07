"""The report for HR: its tables, each with how it is computed."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from salesdx.render.blocks import Block, Entries, Entry, EntryLine, Paragraph, Report, Section, Table
from salesdx.render.trail import render_page
from salesdx.render.trail.words import FOOTER
from salesdx.trail.report.adverse import ImpactReport
from salesdx.trail.report.cells import COUNT, HIGH, LOW, SHARE, Cell, Column, Part
from salesdx.trail.report.reporting import TrailReport


def hr_report(found: TrailReport, trail: str) -> Report:
    """The report as a page."""
    return _page("Report on the decision trail", "What could not be counted", found, trail)


def impact_page(found: ImpactReport, format: str, width: int) -> str:
    """The report on adverse impact in one of the formats of tables."""
    tables, asked = found.tables, found.asked
    named = ", ".join(f"{column}: {group}" for column, group in asked.reference.items())
    head = (("Asked by", found.by), ("Compared with", named or "nobody: no group was named before"))
    page = _page("Adverse impact", "What else to know", tables, found.where, head, asked.why)
    return render_page(page, found.to_dict(), format, width, rows=list(hr_rows(tables)))


def _page(
    title: str, last: str, found: TrailReport, trail: str, more: tuple[tuple[str, str], ...] = (), why: bool = False
) -> Report:
    about = (("Trail", trail), ("From", found.since or "its beginning"), ("To", found.until or "now"), *more)
    sections: list[Section] = []
    told: dict[str, str] = {}
    for part in found.parts:
        how = f"as under “{told[part.how]}”" if part.how in told else part.how
        told.setdefault(part.how, part.title)
        sections.append(Section(part.id, part.title, (*_blocks(part, how), *(_why(part) if why else ()))))
    if found.notes:
        notes = tuple(Paragraph(f"{note[:1].upper()}{note[1:]}.") for note in found.notes)
        sections.append(Section("notes", last, notes))
    return Report(title, about, tuple(sections), FOOTER)


def _why(part: Part) -> Iterator[Block]:
    """Each figure of a table with the numbers that it comes from."""
    items = []
    for row, why in zip(part.rows, part.why, strict=False):
        told = zip(part.columns, row, why, strict=True)
        lines = tuple(EntryLine(column.title, f"{cell}: {numbers}") for column, cell, numbers in told if numbers)
        items.append(Entry(str(row[0]), lines=lines))
    if items:
        yield Entries(tuple(items))


def _blocks(part: Part, how: str) -> Iterator[Block]:
    joined = _joined(part.columns)
    header = tuple(part.columns[indices[0]].title for indices in joined)
    if part.rows:
        yield Table(header, tuple(tuple(_cells(part, row, indices) for indices in joined) for row in part.rows), True)
    elif not part.withheld:
        yield Paragraph("Nothing.")
    if part.withheld:
        yield Paragraph(
            f"Not shown, since too few people stand there or could be told from it: {', '.join(part.withheld)}."
        )
    for note in part.notes:
        yield Paragraph(f"{note[:1].upper()}{note[1:]}.")
    yield Paragraph(f"How computed: {how}.")


def _joined(columns: tuple[Column, ...]) -> list[list[int]]:
    """The columns as they are shown: a share stands behind its count, and an interval behind what it is of."""
    found: list[list[int]] = []
    for n, column in enumerate(columns):
        if column.kind in (LOW, HIGH) or (column.kind == SHARE and columns[n - 1].kind == COUNT):
            found[-1].append(n)
        else:
            found.append([n])
    return found


def _cells(part: Part, row: tuple[Cell, ...], indices: list[int]) -> str:
    first, *rest = (row[n] for n in indices)
    if first is None:
        return "–"
    shares = len(rest) % 2  # then the interval is one of a share
    told = [_percent(cell) if shares else f"{cell}" for cell in rest if isinstance(cell, Decimal)]
    behind = [*told[:shares], *([" to ".join(told[shares:])] if told[shares:] else [])]
    return f"{first} ({'; '.join(behind)})" if behind else f"{first}"


def _percent(known: Decimal) -> str:
    """A share in percent, to one place.

    >>> _percent(Decimal("0.3333"))
    '33.3%'
    """
    return f"{(known * 100).quantize(Decimal('0.1')).normalize():f}%"


def hr_rows(found: TrailReport) -> Iterator[tuple[object, ...]]:
    """The report as rows of CSV: one number a line, with its table, its row, and how it is computed."""
    yield "table", "row", "measure", "value", "how"
    for part in found.parts:
        for n, row in enumerate(part.rows):
            label, start = (row[0], 1) if isinstance(row[0], str) else (n + 1, 0)
            why = part.why[n] if part.why else ("",) * len(row)
            for column, cell, told in zip(part.columns[start:], row[start:], why[start:], strict=True):
                yield part.id, label, column.key, cell, f"{told}; {part.how}" if told else part.how
        for name in part.withheld:
            yield part.id, name, "withheld", None, part.how
    for note in found.notes:
        yield "notes", "", "", note, ""
