"""Faults as an editor marks them, and the edits that mend them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from itertools import takewhile

from lsprotocol.types import (
    CodeAction,
    CodeActionKind,
    Diagnostic,
    DiagnosticSeverity,
    Position,
    Range,
    TextEdit,
    WorkspaceEdit,
)

from salesdx.lsp.positions import LINE_END, ruler
from salesdx.text.issues import Issue
from salesdx.text.source import Text

SEVERITIES = {
    "error": DiagnosticSeverity.Error,
    "warning": DiagnosticSeverity.Warning,
    "note": DiagnosticSeverity.Information,
}
SOURCE = "salesdx"
MEANT = re.compile(r"did you mean `([^`]+)`\?")
QUOTED = re.compile(r"`([^`]+)`")


def diagnostic(issue: Issue, text: str, encoding: str) -> Diagnostic:
    """A fault with its place in a text; what helps stands on a line of its own."""
    starts, place = Text(text, "").starts, issue.place
    if place.line <= len(starts) and place.end_line <= len(starts):
        start, end = starts[place.line - 1] + place.column - 1, starts[place.end_line - 1] + place.end_column - 1
    else:
        start, end = 0, 0
    return Diagnostic(
        range=ruler(text, encoding).range(start, end),
        message=f"{issue.message}\nhelp: {issue.help}" if issue.help else issue.message,
        severity=SEVERITIES[issue.severity],
        code=issue.code,
        source=SOURCE,
    )


def identity(found: Diagnostic) -> tuple[object, ...]:
    """What two marks have in common that say the same."""
    at = found.range
    return (found.code, found.message, at.start.line, at.start.character, at.end.line, at.end.character)


def moved(marks: Iterable[Diagnostic], old: str, new: str) -> list[Diagnostic]:
    """The marks of a text after an edit: those before it and behind it; those on lines that changed are gone."""
    before, after = LINE_END.split(old), LINE_END.split(new)
    same = sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(before, after, strict=False)))
    room = min(len(before), len(after)) - same
    back = zip(reversed(before[len(before) - room :]), reversed(after[len(after) - room :]), strict=True)
    behind = len(before) - sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], back))
    shift = len(after) - len(before)
    kept = []
    for mark in marks:
        if mark.range.end.line < same:
            kept.append(mark)
        elif mark.range.start.line >= behind:
            kept.append(_shifted(mark, shift))
    return kept


def mending(found: Diagnostic, text: str, uri: str, encoding: str) -> Iterator[CodeAction]:
    """The edit that puts the word in the place of which a fault says that it was meant."""
    meant = MEANT.search(found.message)
    if meant is None:
        return
    measure = ruler(text, encoding)
    start, end = measure.index(found.range.start), measure.index(found.range.end)
    message = found.message.partition("\nhelp: ")[0]
    for word in reversed(QUOTED.findall(message)):
        there = re.findall(rf"(?<!\w){re.escape(word)}(?!\w)", text[start:end])
        if len(there) == 1:
            at = start + text[start:end].index(word)
            edit = TextEdit(measure.range(at, at + len(word)), meant[1])
            yield CodeAction(
                title=f"Change `{word}` to `{meant[1]}`",
                kind=CodeActionKind.QuickFix,
                diagnostics=[found],
                edit=WorkspaceEdit(changes={uri: [edit]}),
                is_preferred=True,
            )
            return


def _shifted(mark: Diagnostic, lines: int) -> Diagnostic:
    start, end = mark.range.start, mark.range.end
    place = Range(Position(start.line + lines, start.character), Position(end.line + lines, end.character))
    return Diagnostic(place, mark.message, mark.severity, mark.code, source=mark.source)
