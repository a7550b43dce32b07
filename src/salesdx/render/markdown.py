"""Reports as Markdown (GitHub's flavour)."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from salesdx.render.blocks import (
    TOGETHER,
    Block,
    Entries,
    Entry,
    Heading,
    LadderBlock,
    Paragraph,
    Report,
    Step,
    Table,
    Tree,
    Verbatim,
)
from salesdx.render.lines import clean, kept_lines
from salesdx.render.terminal import MARKS, TRUTHS

ACTIVE = re.compile(r"[\\`*\[\]|$]|(?<![^\W_])_|_(?![^\W_])|<(?=[A-Za-z/!?])|&(?=#?\w+;)|~(?=~)")
"""Characters that Markdown would obey: between letters or digits an underscore is none."""
STARTS = re.compile(r"^(?:#{1,6}(?=\s|$)|>|[-+](?=\s|$|-)|=+(?=\s*$)|\d+[.)](?=\s|$)|~~~)")
"""Words that at the start of a line would begin a heading, a quotation, a list or a rule."""


def to_markdown(report: Report, level: int = 1) -> str:
    """A report as Markdown; its title is a heading of this level."""
    blocks = [f"{'#' * level} {escape(report.title)}"]
    blocks.append("  \n".join(f"**{escape(label)}:** {escape(text)}" for label, text in report.about))
    for section in report.sections:
        blocks.append(f"{'#' * (level + 1)} {escape(section.title)}")
        blocks += [_block(block, level + 2) for block in section.blocks]
    blocks.append("---")
    blocks += [f"<sub>{escape(line)}</sub>" for line in report.footer]
    return "\n\n".join(blocks) + "\n"


def escape(text: str) -> str:
    """Text from a file as one line that Markdown shows as it is.

    >>> escape("a_b *c* <script> x < 1")
    'a_b \\\\*c\\\\* \\\\<script> x < 1'
    """
    escaped = ACTIVE.sub(lambda found: "\\" + found[0], clean(text).replace(TOGETHER, " "))
    return STARTS.sub(lambda found: found[0][:-1] + "\\" + found[0][-1], escaped)


def code(text: str) -> str:
    """A code span; its fence is longer than any run of backticks in the text."""
    text = clean(text)
    fence = "`" * (max((len(run) for run in re.findall("`+", text)), default=0) + 1)
    pad = " " if text.startswith("`") or text.endswith("`") else ""
    return f"{fence}{pad}{text}{pad}{fence}"


def _block(block: Block, level: int) -> str:
    match block:
        case Heading(text):
            return f"{'#' * level} {escape(text)}"
        case Paragraph(text, strong):
            return f"**{escape(text)}**" if strong else escape(text)
        case Table(header, rows):
            return _table(header, [tuple(map(escape, row)) for row in rows])
        case LadderBlock(rungs):
            told = [
                (MARKS[r.mark][0], f"{r.number}. {escape(r.title)}", f"**{escape(r.status)}**", _broken(r.lines))
                for r in rungs
            ]
            return _table(("", "step", "status", "decisive facts"), told)
        case Tree(root):
            return "\n".join(_steps(root))
        case Entries(items, numbered):
            lines = [line for n, item in enumerate(items, 1) for line in _entry(item, f"{n}. " if numbered else "- ")]
            return "\n".join(lines)
        case Verbatim(text):
            shown = kept_lines(text)
            fence = "`" * max(3, *(len(run) + 1 for run in re.findall("`+", "\n".join(shown)) or [""]))
            return "\n".join([f"{fence}text", *shown, fence])


def _steps(step: Step, indent: str = "") -> Iterator[str]:
    notes = f" ({escape('; '.join(step.notes))})" if step.notes else ""
    yield f"{indent}- {TRUTHS[step.truth][0]}{escape(step.text)}{notes}"
    for inner in step.steps:
        yield from _steps(inner, indent + "  ")


def _entry(entry: Entry, lead: str) -> Iterator[str]:
    note = f" ({escape(entry.note)})" if entry.note else ""
    yield f"{lead}**{escape(entry.title)}**{note}"
    indent, label = " " * len(lead), ""
    if entry.tree:
        yield from _steps(entry.tree, indent)
    for line in entry.lines:
        label = line.label or label
        text = code(line.text) if line.code else escape(line.text)
        yield f"{indent}- {escape(label)}: {text}" if label else f"{indent}- {text}"
    for row in entry.table.rows if entry.table else ():
        name, value, *rest = map(escape, row)
        yield f"{indent}- {name} **{value}** — {', '.join(part for part in rest if part)}".removesuffix(" — ")
    for part in entry.parts:
        yield from (indent + line for line in _entry(part, "- "))


def _broken(lines: Sequence[str]) -> str:
    return "<br>".join(map(escape, lines))


def _table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [header, ["---"] * len(header), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)
