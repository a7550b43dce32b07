"""What a check is, how all are run, and how one is silenced.

A comment silences a check for the entry behind it, or for its own line, and says why:

    # salesdx: allow unused-term - asked for the yearly report only
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from salesdx.authoring.written import indent
from salesdx.base.model import RuleBase
from salesdx.text.issues import Issue, sorted_issues
from salesdx.text.source import Place, Text

ERROR, WARNING, NOTE = "error", "warning", "note"
ALLOW = re.compile(r"#\s*salesdx:\s*allow\s+(?P<code>[\w-]+)(?P<why>[^\n]*)")
UNUSED, NO_REASON, UNKNOWN = "unused-silence", "silence-without-reason", "unknown-check"
SILENCERS = (UNUSED, NO_REASON, UNKNOWN)
"""What is said of such comments themselves."""


@dataclass(frozen=True)
class Check:
    """``find`` gives a place and a message (and help) for each fault; ``page`` says what it means and what to do."""

    code: str
    severity: str
    title: str
    page: str
    find: Callable[[RuleBase], Iterator[tuple[Place, str, str]]]


@dataclass(frozen=True)
class Silence:
    """A comment that allows what a check would tell: on which lines, why, and where it stands."""

    code: str
    why: str
    lines: tuple[int, int]
    place: Place


def run_checks(base: RuleBase, checks: Sequence[Check]) -> tuple[Issue, ...]:
    """Every issue that no comment silences, by place, and the comments that silence nothing."""
    allowed = silences(base)
    used: set[Place] = set()
    issues: list[Issue] = []
    known = {check.code for check in checks}
    for check in checks:
        for place, message, help in check.find(base):
            quiet = [
                silence
                for silence in allowed.get(place.path, ())
                if silence.code == check.code and silence.why and silence.lines[0] <= place.line <= silence.lines[1]
            ]
            used.update(silence.place for silence in quiet)
            if not quiet:
                issues.append(Issue(check.code, message, place, help, check.severity))
    for silence in (silence for found in allowed.values() for silence in found):
        if silence.code not in known:
            message = f"there is no check `{silence.code}` to allow"
            issues.append(Issue(UNKNOWN, message, silence.place, "", WARNING))
        elif not silence.why:
            help = f"write it behind the code: `# salesdx: allow {silence.code} - why`"
            issues.append(Issue(NO_REASON, "what is allowed needs a reason", silence.place, help, WARNING))
        elif silence.place not in used:
            message = f"nothing here is told by `{silence.code}`, so nothing has to be allowed"
            issues.append(Issue(UNUSED, message, silence.place, "delete the comment", NOTE))
    return sorted_issues(issues)


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
            yield Silence(match["code"], why, (place.line, place.line), place)
            continue
        first = next((n for n in range(place.line + 1, len(lines) + 1) if _holds(lines[n - 1])), place.line)
        depth = indent(lines[first - 1])
        rest = range(first + 1, len(lines) + 1)
        last = next((n - 1 for n in rest if _holds(lines[n - 1]) and indent(lines[n - 1]) <= depth), len(lines))
        yield Silence(match["code"], why, (first, last), place)


def _holds(line: str) -> bool:
    return bool(line.strip()) and not line.lstrip().startswith("#")
