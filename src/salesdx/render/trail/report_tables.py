"""The report for HR: its tables, each with how it is computed."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from salesdx.render.blocks import Block, Paragraph, Report, Section, Table
from salesdx.render.trail.words import FOOTER
from salesdx.trail.report.cells import COUNT, SHARE, Cell, Column, Part
from salesdx.trail.report.reporting import TrailReport


def hr_report(found: TrailReport, trail: str) -> Report:
    """The report as a page."""
    about = (("Trail", trail), ("From", found.since or "its beginning"), ("To", found.until or "now"))
    sections, how = [], ""
    for part in found.parts:
        sections.append(Section(part.id, part.title, tuple(_blocks(part, "as above" if part.how == how else part.how))))
        how = part.how
    if found.notes:
        notes = tuple(Paragraph(f"{note[:1].upper()}{note[1:]}.") for note in found.notes)
        sections.append(Section("notes", "What could not be counted", notes))
    return Report("Report on the decision trail", about, tuple(sections), FOOTER)


def _blocks(part: Part, how: str) -> Iterator[Block]:
    joined = _joined(part.columns)
    header = tuple(part.columns[indices[0]].title for indices in joined)
    if part.rows:
        yield Table(header, tuple(tuple(_cells(part, row, indices) for indices in joined) for row in part.rows), True)
    elif not part.withheld:
        yield Paragraph("Nothing.")
    if part.withheld:
        yield Paragraph(f"Not shown, since too few people stand there: {', '.join(part.withheld)}.")
    for note in part.notes:
        yield Paragraph(f"{note[:1].upper()}{note[1:]}.")
    yield Paragraph(f"How computed: {how}.")


def _joined(columns: tuple[Column, ...]) -> list[list[int]]:
    """The columns as they are shown: a share stands behind its count."""
    found: list[list[int]] = []
    for n, column in enumerate(columns):
        if column.kind == SHARE and columns[n - 1].kind == COUNT:
            found[-1].append(n)
        else:
            found.append([n])
    return found


def _cells(part: Part, row: tuple[Cell, ...], indices: list[int]) -> str:
    first, *rest = (row[n] for n in indices)
    if first is None:
        return "–"
    shares = [f" ({_percent(cell)})" for cell in rest if isinstance(cell, Decimal)]
    return f"{first}{''.join(shares)}"


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
        for n, row in enumerate(part.rows, 1):
            label, start = (row[0], 1) if isinstance(row[0], str) else (n, 0)
            for column, cell in zip(part.columns[start:], row[start:], strict=True):
                yield part.id, label, column.key, cell, part.how
        for name in part.withheld:
            yield part.id, name, "withheld", None, part.how
    for note in found.notes:
        yield "notes", "", "", note, ""
