"""Faults in the user's files, and how they are shown."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from salesdx.text.printable import columns, visible
from salesdx.text.source import Fault, Place

MAX_WORDS = 2_000
"""Characters of a message: a fault may quote what somebody wrote, but not all of it."""
MAX_SHOWN = 100
"""Issues that are written out; all of them stay in ``issues``."""


@dataclass(frozen=True, slots=True)
class Issue:
    """A fault in the rule base or a case file, with its place.

    What a terminal would obey, or nobody can see, is made visible in the message and the help.
    """

    code: str
    message: str
    place: Place
    help: str = ""
    severity: str = "error"

    def __post_init__(self) -> None:
        for name, words in (("message", self.message), ("help", self.help)):
            if len(words) > MAX_WORDS or not words.isprintable():
                object.__setattr__(self, name, visible(words[:MAX_WORDS]) + "…" * (len(words) > MAX_WORDS))

    @classmethod
    def of(cls, fault: Fault) -> Issue:
        """A fault of a file as an issue."""
        return cls(fault.code, fault.message, fault.place, fault.help)

    def to_dict(self) -> dict[str, object]:
        """The issue as JSON: {code, severity, message, path, line, column, end_line, end_column, help}."""
        p = self.place
        return {
            "code": self.code,
            "severity": self.severity,
            "message": self.message,
            "path": p.path,
            "line": p.line,
            "column": p.column,
            "end_line": p.end_line,
            "end_column": p.end_column,
            "help": self.help,
        }

    def __str__(self) -> str:
        p = self.place
        lines = [f"{self.severity}[{self.code}] {visible(p.path)}:{p.line}:{p.column}: {self.message}"]
        if p.text.strip():
            begin = max(0, p.column - 81)  # a window into a long line
            end = min(len(p.text), begin + 160)
            before, after = "…" * (begin > 0), "…" * (end < len(p.text))
            stop = min(p.end_column - 1 if p.end_line == p.line else end, end)
            pad = "".join("\t" if char == "\t" else " " * columns(char) for char in p.text[begin : p.column - 1])
            width = max(1, sum(map(columns, p.text[p.column - 1 : stop])))
            margin = " " * len(str(p.line))
            lines.append(f"   {p.line} | {before}{visible(p.text[begin:end])}{after}")
            lines.append(f"   {margin} | {' ' * len(before)}{pad}{'^' * width}")
        if self.help:
            lines.append(f"   help: {self.help}")
        return "\n".join(lines)


class IssuesError(Exception):
    """Base of the two errors that carry all faults found, sorted by place."""

    def __init__(self, issues: Iterable[Issue]) -> None:
        self.issues = sorted_issues(issues)
        super().__init__(self.issues)

    def __str__(self) -> str:
        return "\n".join(issue_lines(self.issues))


class RuleBaseError(IssuesError):
    """The rule base has faults; ``issues`` holds all of them, sorted by place."""


class CaseError(IssuesError):
    """A case file has faults; ``issues`` holds all of them, sorted by place."""


def issue_lines(issues: Sequence[Issue]) -> list[str]:
    """The first issues as they are shown, and how many more there are."""
    more = len(issues) - MAX_SHOWN
    return [*map(str, issues[:MAX_SHOWN]), *([f"and {more:,} more"] if more > 0 else [])]


def sorted_issues(issues: Iterable[Issue]) -> tuple[Issue, ...]:
    """Each issue once, by file, line, column."""
    unique = dict.fromkeys(issues)
    return tuple(sorted(unique, key=lambda i: (i.place.path, i.place.line, i.place.column, i.code, i.message)))


def did_you_mean(word: str, known: Iterable[str], places: Callable[[str], Place] | None = None) -> str:
    """A help text that names the nearest known word, and where it is defined; empty if none is near.

    >>> did_you_mean("price_indx", ["price_index", "otif"])
    'did you mean `price_index`?'
    """
    near = nearest(word, known)
    if near is None:
        return ""
    where = f" ({places(near).path}:{places(near).line})" if places else ""
    return f"did you mean `{near}`?{where}"


def nearest(word: str, known: Iterable[str]) -> str | None:
    """The known word that is most like ``word``, or None."""
    from difflib import get_close_matches  # only faults need it

    folded = {other.casefold(): other for other in known}
    found = get_close_matches(word[:100].casefold(), folded, n=1, cutoff=0.7)
    return folded[found[0]] if found else None
