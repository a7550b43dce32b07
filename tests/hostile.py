"""How bad files are read in tests: what is at fault, as code and underlined words; none takes for ever."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

from salesdx.text.issues import Issue, IssuesError
from salesdx.text.source import MAX_BYTES

SECONDS = 30.0
"""Processor time after which a file counts as one that never ends, also on a busy machine; seen: below 2."""
ANY, MORE = "*", "..."


def faults_of(read: Callable[[], object]) -> tuple[Issue, ...]:
    """The issues that reading gives, in no more than SECONDS; none if it is good."""
    start = time.process_time()
    try:
        read()
        issues: tuple[Issue, ...] = ()
    except IssuesError as error:
        issues = error.issues
        assert len(str(error)) < 200_000
    assert time.process_time() - start < SECONDS
    return issues


def underlined(issue: Issue, lines: Sequence[str]) -> str:
    """The words that an issue's place spans, on its first line; it lies inside of the file."""
    place = issue.place
    assert 1 <= place.line <= len(lines), issue
    line = lines[place.line - 1]
    assert 1 <= place.column <= max(1, len(line)), issue
    assert (place.end_line, place.end_column) > (place.line, place.column), issue
    return line[place.column - 1 : place.end_column - 1 if place.end_line == place.line else None]


def described(issues: Sequence[Issue], text: str) -> list[str]:
    """Each issue as its code and the underlined words."""
    lines = text.split("\n")
    return [f"{issue.code} {underlined(issue, lines)}".rstrip(" ") for issue in issues]


def agree(found: list[str], wanted: Sequence[str]) -> bool:
    """Whether each fault is the one wanted; ``*`` stands for any fault or any words, a last ``...`` for more faults."""

    def fits(one: str, other: str) -> bool:
        return other == ANY or one == other or (other.endswith(" " + ANY) and one.split(" ")[0] == other[:-2])

    if wanted and wanted[-1] == MORE:
        found, wanted = found[: len(wanted) - 1], wanted[:-1]
    return len(found) == len(wanted) and all(map(fits, found, wanted))


def text_of(data: str | bytes) -> str:
    """A file's text as its reader shows it."""
    return data if isinstance(data, str) else data[:MAX_BYTES].decode("utf-8-sig", "replace")
