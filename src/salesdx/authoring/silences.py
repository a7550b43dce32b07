"""Comments that silence a check for the entry behind them, or for their own line, and say why:

    # salesdx: allow unused-term - asked for the yearly report only

What guards the path to a person is not silenced so in a layer or copy: that needs a signature in `accepts` as well.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from salesdx.authoring.written import indent
from salesdx.base.model import RuleBase
from salesdx.text.source import Place, Text

ALLOW = re.compile(r"#\s*salesdx:\s*allow\s+(?P<code>[\w-]+)(?P<why>[^\n]*)")
SIGNED = ("personnel-early", "not-examined", "core-term")
"""The checks of which a comment in a layer or copy silences nothing unless somebody signed for it."""


@dataclass(frozen=True)
class Silence:
    """A comment that allows what a check would tell: on which lines, why, and where it stands."""

    code: str
    why: str
    lines: tuple[int, int]
    place: Place
    digest: str
    """The SHA-256 of the comment, of the lines that it is about and of the one these stand under: with another word
    of them it is another."""


def unsigned_silences(base: RuleBase) -> list[Silence]:
    """The comments that silence nothing before somebody signs for them: no rules below have them, and nobody did."""
    if base.below is None:
        return []
    below = {s.digest for found in silences(base.below).values() for s in found}
    below -= {s.digest for s in unsigned_silences(base.below)}
    signed = {(each.silence, each.pieces) for each in base.accepts}
    own = (s for found in silences(base).values() for s in found if s.code in SIGNED and s.digest not in below)
    return [silence for silence in own if (silence.code, silence.digest) not in signed]


def named(silence: Silence, base: RuleBase) -> str:
    """A silenced check as `--accept` takes it: `personnel-early at rules/marketing.yaml:12`."""
    return f"{silence.code} at {base.paths[silence.place.path]}:{silence.place.line}"


def silences(base: RuleBase) -> dict[str, tuple[Silence, ...]]:
    """Path -> the comments of its file that allow something.

    A comment on a line of its own speaks of the entry that follows, up to the next line that is indented no deeper.
    """
    found: dict[str, tuple[Silence, ...]] = {}
    for path, name in base.paths.items():
        text = base.files[name]
        if "salesdx:" in text:
            found[path] = tuple(_silences(text, path))
    return found


def _silences(text: str, path: str) -> Iterator[Silence]:
    lines = text.splitlines()
    where = Text(text, path)
    for match in ALLOW.finditer(text):
        place = where.place(match.start(), match.end())
        why = match["why"].strip(" -:–—\t")
        before = lines[place.line - 1][: place.column - 1]
        if before.strip():
            yield _silence(match["code"], why, (place.line, place.line), place, lines)
            continue
        first = next((n for n in range(place.line + 1, len(lines) + 1) if _holds(lines[n - 1])), place.line)
        depth = indent(lines[first - 1])
        rest = range(first + 1, len(lines) + 1)
        last = next((n - 1 for n in rest if _holds(lines[n - 1]) and indent(lines[n - 1]) <= depth), len(lines))
        yield _silence(match["code"], why, (first, last), place, lines)


def _silence(code: str, why: str, on: tuple[int, int], place: Place, lines: Sequence[str]) -> Silence:
    above = (line for line in reversed(lines[: on[0] - 1]) if _holds(line) and indent(line) < indent(lines[on[0] - 1]))
    told = "\n".join([next(above, ""), lines[place.line - 1], *lines[on[0] - 1 : on[1]]]).rstrip()
    return Silence(code, why, on, place, f"sha256:{hashlib.sha256(told.encode()).hexdigest()}")


def _holds(line: str) -> bool:
    return bool(line.strip()) and not line.lstrip().startswith("#")
