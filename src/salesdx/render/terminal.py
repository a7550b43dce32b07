"""Reports as text for a terminal: every line fits the width, and nothing is said by colour alone."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from salesdx.render.blocks import (
    TOGETHER,
    Block,
    Entries,
    Entry,
    EntryLine,
    Heading,
    LadderBlock,
    Mark,
    Paragraph,
    Report,
    Rung,
    Step,
    Table,
    Tree,
    Verbatim,
)
from salesdx.render.lines import clean, fitted, kept_lines, size, wrap

MARKS = {
    Mark.CONCLUDED: ("●", "1;31"),
    Mark.HELD: ("◐", "33"),
    Mark.PASSED: ("○", "32"),
    Mark.OPEN: ("?", "36"),
    Mark.BLOCKED: ("×", "1;31"),
    Mark.COMPLETE: ("◆", "1;35"),
    Mark.IDLE: ("–", "2"),
}
"""The sign of a rung and its colour."""
TRUTHS = {"": ("", ""), "true": ("✓ ", "32"), "false": ("✗ ", "31"), "unknown": ("? ", "36")}
BOLD, DIM = "1", "2"
LABEL = 7


def to_text(report: Report, width: int = 80, colour: bool = False) -> str:
    """A report as text, at most ``width`` columns wide; with ANSI colours if wanted."""
    page = _Page(width, colour, report.tight)
    lines = page.wrapped(report.title, 0, code=BOLD)
    about = [f"{label}: {text}".replace(" ", TOGETHER) for label, text in report.about if text]
    lines += [line.removesuffix(" ·") for line in page.wrapped(f"{TOGETHER}· ".join(about), 0)]
    for section in report.sections:
        lines += ["", *page.ruled(section.title)]
        for block in section.blocks:
            lines += [*([] if page.tight else [""]), *page.block(block)]
    lines += [*([] if page.tight else [""]), page.paint("─" * width, DIM)]
    for line in report.footer:
        lines += [page.paint(part, DIM) for part in page.wrapped(line, 0)]
    return "\n".join(line.rstrip() for line in lines) + "\n"


class _Page:
    """The width, whether to paint, and whether lines between blocks are left out; every method gives lines."""

    def __init__(self, width: int, colour: bool, tight: bool = False) -> None:
        self.width, self.colour, self.tight = width, colour, tight

    def paint(self, text: str, code: str) -> str:
        return f"\x1b[{code}m{text}\x1b[0m" if self.colour and code and text else text

    def wrapped(self, text: str, indent: int, hanging: int = 0, code: str = "") -> list[str]:
        """Text between an indent and the width; lines after the first are indented further."""
        lines = wrap(clean(text), self.width - indent, self.width - indent - hanging)
        return [" " * (indent + hanging * (n > 0)) + self.paint(line, code) for n, line in enumerate(lines)]

    def ruled(self, title: str) -> list[str]:
        """A section's title in a line across the page."""
        *first, last = wrap(clean(title), self.width - 5, self.width - 5)
        lines = [*first, f"{last} {'─' * (self.width - 4 - size(last))}"]
        return [self.paint(("── " if n == 0 else "   ") + line, BOLD) for n, line in enumerate(lines)]

    def block(self, block: Block) -> list[str]:
        match block:
            case Heading(text):
                return self.wrapped(text, 0, code=BOLD)
            case Paragraph(text, strong):
                return self.wrapped(text, 0, code=BOLD if strong else "")
            case LadderBlock(rungs, brief):
                return list(self.signs(rungs) if brief else self.ladder(rungs))
            case Table():
                return self.table(block, self.width, header=True)
            case Tree(root):
                return list(self.tree(root))
            case Entries(items, numbered):
                return list(self.entries(items, numbered))
            case Verbatim(text):
                top, bottom = (self.paint(corner + "─" * (self.width - 1), DIM) for corner in "┌└")
                return [top, *kept_lines(text), bottom]

    def ladder(self, rungs: Sequence[Rung]) -> Iterator[str]:
        room = len(str(len(rungs)))
        column = room + 5 + max(size(clean(rung.title)) for rung in rungs)
        for rung in rungs:
            mark, colour = MARKS[rung.mark]
            head = f"{rung.number:>{room}} {mark} {clean(rung.title)}"
            status = rung.status.upper() if rung.mark is Mark.CONCLUDED else rung.status
            if column + size(status) <= self.width:
                painted = head if rung.mark is Mark.IDLE else self.paint(head, colour)
                yield painted + " " * (column - size(head)) + self.paint(status, colour)
            else:
                yield from self.wrapped(f"{head}: {status}", 0, room + 3, colour)
            side = " " * (room + 1) + ("│" if rung is not rungs[-1] else " ")
            for line in rung.lines:
                for n, part in enumerate(wrap(clean(line), self.width - room - 4, self.width - room - 6)):
                    yield side + " " * (2 + 2 * (n > 0)) + part

    def signs(self, rungs: Sequence[Rung]) -> Iterator[str]:
        """The ladder in a line, the number and sign of each stage, and what each sign means here."""
        room = (self.width + 2) // (len(str(len(rungs))) + 4)  # of stages in a line, which a long ladder fills
        for at in range(0, len(rungs), room):
            yield "  ".join(f"{rung.number} {self.paint(*MARKS[rung.mark])}" for rung in rungs[at : at + room])
        meant: dict[Mark, dict[str, None]] = {}
        for rung in rungs:
            meant.setdefault(rung.mark, {})[clean(rung.status)] = None
        told = [f"{MARKS[mark][0]} {' or '.join(statuses)}".replace(" ", TOGETHER) for mark, statuses in meant.items()]
        yield from self.wrapped(" · ".join(told), 0, code=DIM)

    def tree(self, step: Step, first: str = "", rest: str = "") -> Iterator[str]:
        """A step and what it stands on, with lines that lead down; ``first`` and ``rest`` stand before its lines."""
        sign, colour = TRUTHS[step.truth]
        room = self.width - len(rest) - len(sign)
        below = "│ " if step.steps else "  "
        lines = wrap(clean(step.text), room, room)
        for n, line in enumerate(lines):
            yield (first + self.paint(sign, colour) if n == 0 else rest + below[: len(sign)].ljust(len(sign))) + line
        for note in step.notes:
            for line in wrap(f"({clean(note)})", room, room):
                yield rest + below[: len(sign)].ljust(len(sign)) + self.paint(line, DIM)
        for inner in step.steps:
            last = inner is step.steps[-1]
            yield from self.tree(inner, rest + ("└ " if last else "├ "), rest + ("  " if last else "│ "))

    def entries(self, items: Iterable[Entry], numbered: bool) -> Iterator[str]:
        for n, entry in enumerate(items, 1):
            if n > 1 and not self.tight and (entry.lines or entry.table or entry.tree):
                yield ""
            yield from self.entry(entry, f"{n}. " if numbered else "- ")

    def entry(self, entry: Entry, lead: str) -> Iterator[str]:
        indent = len(lead)
        title = wrap(clean(entry.title), self.width - indent, self.width - indent)
        shown = [self.paint(line, BOLD) for line in title]
        note = f"({clean(entry.note)})" if entry.note else ""
        if note and indent + size(title[-1]) + 1 + size(note) <= self.width:
            shown[-1] += " " + self.paint(note, DIM)
        elif note:
            shown += [self.paint(line, DIM) for line in wrap(note, self.width - indent, self.width - indent)]
        if entry.tree:
            inner = _Page(self.width - indent, self.colour)
            shown += inner.tree(entry.tree)
        longest = max((size(clean(line.label)) for line in entry.lines), default=0)
        column = max(LABEL, longest) if longest else 0
        for told in entry.lines:
            shown += self.labelled(told, self.width - indent, column)
        if entry.table:
            margin = column + 2 if column else 0
            shown += [" " * margin + row for row in self.table(entry.table, self.width - indent - margin)]
        for part in entry.parts:
            shown += self.entry(part, "- ")
        for n, line in enumerate(shown):
            yield (lead if n == 0 else " " * indent) + line

    def labelled(self, line: EntryLine, room: int, column: int) -> Iterator[str]:
        """A line with its label in a column of its own, where any line of the entry has one."""
        label = clean(line.label)
        label += " " * (column - size(label) + 2) if column else ""
        for n, part in enumerate(wrap(clean(line.text), room - size(label), room - size(label))):
            yield (self.paint(label, DIM) if n == 0 else " " * size(label)) + part

    def table(self, table: Table, room: int, header: bool = False) -> list[str]:
        """Rows in columns; facts that would have to be broken to fit are texts of their own instead, and the cells of
        a table with a header stand below each other where words of them would have to be."""
        rows = [tuple(map(clean, row)) for row in ((table.header, *table.rows) if header else table.rows)]
        natural = [max(size(row[n]) for row in rows) for n in range(len(rows[0]))]
        widths = fitted(natural, room)
        if not header and widths[:-1] != natural[:-1]:
            return [line for row in rows for line in self.row(row, room)]
        longest = [max(size(word) for row in rows for word in ("", *row[n].split())) for n in range(len(widths))]
        if header and any(width < word for width, word in zip(widths, longest, strict=True)):
            return [line for row in rows[1:] for line in self.stacked(rows[0], row)]
        lines = []
        for at, row in enumerate(rows):
            cells = [wrap(cell, width, width) for cell, width in zip(row, widths, strict=True)]
            for n in range(max(map(len, cells))):
                parts = [cell[n] if n < len(cell) else "" for cell in cells]
                line = "  ".join(part + " " * (width - size(part)) for part, width in zip(parts, widths, strict=True))
                lines.append(self.paint(line.rstrip(), DIM) if header and at == 0 else line)
        return lines

    def stacked(self, header: Sequence[str], row: Sequence[str]) -> Iterator[str]:
        """The cells of a row below the first one, each behind what its column is called."""
        if row[0]:
            yield from self.wrapped(row[0], 0, 2)
        for name, cell in zip(header[1:], row[1:], strict=True):
            if cell:
                yield from self.wrapped(f"{name}: {cell}" if name else cell, 2, 2)

    def row(self, row: Sequence[str], room: int) -> Iterator[str]:
        rest = ", ".join(cell for cell in row[2:] if cell)
        text = f"{row[0]}:{TOGETHER}{row[1]}" + (f" — {rest}" if rest else "")
        for n, line in enumerate(wrap(text, room, room - 2)):
            yield " " * (2 * (n > 0)) + line
