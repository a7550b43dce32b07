"""Faults in the user's files, and how they are shown."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from difflib import get_close_matches

from salesdx.source import Fault, Place


@dataclass(frozen=True, slots=True)
class Issue:
    """A fault in the rule base or a case file, with its place."""

    code: str
    message: str
    place: Place
    help: str = ""
    severity: str = "error"

    @classmethod
    def of(cls, fault: Fault) -> Issue:
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
        lines = [f"{self.severity}[{self.code}] {p.path}:{p.line}:{p.column}: {self.message}"]
        if p.text.strip():
            begin = max(0, p.column - 81)  # a window into a long line
            shown = p.text[begin : begin + 160]
            end = p.end_column if p.end_line == p.line else len(p.text) + 1
            width = max(1, min(end, begin + len(shown) + 1) - p.column)
            margin = " " * len(str(p.line))
            pad = "".join("\t" if char == "\t" else " " for char in shown[: p.column - 1 - begin])
            lines += [f"   {p.line} | {shown}", f"   {margin} | {pad}{'^' * width}"]
        if self.help:
            lines.append(f"   help: {self.help}")
        return "\n".join(lines)


class IssuesError(Exception):
    """Base of the two errors that carry all faults found, sorted by place."""

    def __init__(self, issues: Iterable[Issue]) -> None:
        self.issues = sorted_issues(issues)
        super().__init__("\n".join(map(str, self.issues)))


class RuleBaseError(IssuesError):
    """The rule base has faults; ``issues`` holds all of them, sorted by place."""


class CaseError(IssuesError):
    """A case file has faults; ``issues`` holds all of them, sorted by place."""


def sorted_issues(issues: Iterable[Issue]) -> tuple[Issue, ...]:
    """Each issue once, by file, line, column."""
    unique = dict.fromkeys(issues)
    return tuple(sorted(unique, key=lambda i: (i.place.path, i.place.line, i.place.column, i.code, i.message)))


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """A help text that names the nearest known word; empty if none is near.

    >>> did_you_mean("price_indx", ["price_index", "otif"])
    'did you mean `price_index`?'
    """
    near = nearest(word, known)
    return f"did you mean `{near}`?" if near else ""


def nearest(word: str, known: Iterable[str]) -> str | None:
    """The known word that is most like ``word``, or None."""
    found = get_close_matches(word[:100], list(known), n=1, cutoff=0.7)
    return found[0] if found else None
