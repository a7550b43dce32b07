"""Markdown pages as blocks, and the outputs that they show: what the tests of the pages share."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Block:
    """A fence (``kind`` is its info string), a table (kind ``table``), or a heading (kind ``heading``)."""

    kind: str
    lines: tuple[str, ...]
    line: int

    @property
    def text(self) -> str:
        return "".join(f"{line}\n" for line in self.lines)

    @property
    def rows(self) -> list[list[str]]:
        """The cells of a table, its header first."""
        cells = [[cell.strip() for cell in line.strip().strip("|").split("|")] for line in self.lines]
        return [cells[0], *cells[2:]]


def blocks(path: Path) -> Iterator[Block]:
    """The blocks of a page, in order."""
    lines = path.read_text(encoding="utf-8").splitlines()
    at = 0
    while at < len(lines):
        start, line = at, lines[at]
        at += 1
        if line.startswith("```"):
            at = lines.index("```", at) + 1
            yield Block(line.removeprefix("```").strip(), tuple(lines[start + 1 : at - 1]), start + 1)
        elif line.startswith("|"):
            while at < len(lines) and lines[at].startswith("|"):
                at += 1
            yield Block("table", tuple(lines[start:at]), start + 1)
        elif line.startswith("#"):
            yield Block("heading", (line,), start + 1)


def shown_files(path: Path) -> dict[str, str]:
    """The rule base that a page shows file by file: name -> text."""
    named = [block for block in blocks(path) if block.kind.startswith("yaml ") and block.kind.endswith(".yaml")]
    return {block.kind.removeprefix("yaml "): block.text for block in named}


def sessions(block: Block) -> Iterator[tuple[str, str]]:
    """The commands of a `console` fence, each with the output that is shown under it."""
    command, output = "", ""
    for line in block.lines:
        if line.startswith("$ "):
            if command:
                yield command, output
            command, output = line.removeprefix("$ "), ""
        else:
            output += f"{line}\n"
    yield command, output


SHOWN = {
    r"sha256:[0-9a-f]{64}": "sha256:...",
    r"\([0-9a-f]{12}\)": "(...)",
    r"salesdx (checkout|\d\S*)": "salesdx VERSION",
    r"\.yaml:\d+": ".yaml:LINE",
    r"(?m)^ +\d+ \|": " LINE |",
}
"""What differs from run to run: the digest of the rule base, short or long, the version, lines of the content."""


def as_shown(text: str) -> str:
    for pattern, shown in SHOWN.items():
        text = re.sub(pattern, shown, text)
    return "".join(f"{line.rstrip()}\n" for line in text.splitlines())


def matches(shown: str, found: str) -> bool:
    """Whether an output is as shown; a line with `...` alone stands for any lines, also none."""
    parts = re.split(r"^\.\.\.\n", as_shown(shown), flags=re.M)
    return re.fullmatch("(?:.*\n)*?".join(map(re.escape, parts)), as_shown(found)) is not None
