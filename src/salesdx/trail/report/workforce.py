"""Everybody who could have been looked at, with the groups that they belong to: an export of HR, kept apart.

No rule can read it, and no trail holds who belongs to which group.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from salesdx.base.reading import shortened
from salesdx.ledger.errors import Refused
from salesdx.text.issues import CaseError, Issue, did_you_mean
from salesdx.text.source import Place, read_text

SUBJECT = "subject"
"""The first column: the pseudonym by which the case files name a person."""
UNIT = "unit"
"""A column that is counted only where it is asked for: it says where people work, not who they are."""
NOT_STATED = "not stated"
"""The group of those for whom a column is empty."""
EVERYBODY = "everybody"
"""All people, as tables name them; no group of a file."""
BETWEEN = " × "
"""What stands between the names of groups where two meet."""
MAX_NAME = 100
"""Characters of the name of a group or a column."""
MAX_GROUPS = 30
"""Groups in a column: more are no groups, but ages in years or addresses."""
MAX_COLUMNS = 3
"""Columns that one report counts: each of them, and each two together."""


@dataclass(frozen=True)
class Workforce:
    """Everybody who could have been looked at."""

    columns: tuple[str, ...]
    people: Mapping[str, tuple[str, ...]]
    """Subject, in small letters -> the group in each column."""

    def groups(self, column: int) -> list[str]:
        """The groups of a column, by name."""
        return sorted({groups[column] for groups in self.people.values()})

    def counted(self, columns: Sequence[str]) -> Workforce:
        """The same people with some columns alone: those that are named, or else all but the unit.

        Raises Refused for a column that is not there, and for more columns than a report counts.
        """
        for name in columns:
            if name not in self.columns:
                near = did_you_mean(name, self.columns) or f"it has {', '.join(self.columns)}"
                raise Refused(f"the file has no column `{shortened(name)}`; {near}")
        chosen = [
            name for name in self.columns if (name in columns if columns else name != UNIT or self.columns == (UNIT,))
        ]
        if len(chosen) > MAX_COLUMNS:
            raise Refused(
                f"a report counts {MAX_COLUMNS} columns and each two of them together, and the file has "
                f"{', '.join(chosen)}: name up to {MAX_COLUMNS} with --by"
            )
        at = [self.columns.index(name) for name in chosen]
        return Workforce(tuple(chosen), {who: tuple(groups[n] for n in at) for who, groups in self.people.items()})


def workforce_text(path: Path) -> str:
    """The text of a file of everybody, which ``workforce_in`` reads. Raises CaseError."""
    text, faults = read_text(path, str(path))
    if text is None or faults:
        raise CaseError([Issue.of(fault) for fault in faults])
    return text


def workforce_in(text: str, shown: str) -> Workforce:
    """A CSV text: the column `subject`, then a column for each way in which people are put into groups.

    An empty cell is "not stated". ``shown`` is its path in messages. Raises CaseError with every fault: a person who
    stands twice is one.
    """
    issues: list[Issue] = []
    found = _read(text, shown, issues)
    if issues:
        raise CaseError(issues)
    return found


def _cells(text: str, shown: str, issues: list[Issue]) -> Iterator[tuple[int, list[str]]]:
    """The lines of a CSV that hold something, each with its number."""
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    try:
        for row in reader:
            cells = [" ".join(cell.split()) for cell in row]
            if any(cells):
                yield reader.line_num, cells
    except csv.Error as error:
        issues.append(Issue("group", f"this is no CSV: {error}", _line(shown, reader.line_num)))


def _read(text: str, shown: str, issues: list[Issue]) -> Workforce:
    lines = _cells(text, shown, issues)
    _, header = next(lines, (1, []))
    columns = tuple(header[1:])
    if fault := _header_fault(header):
        issues.append(Issue("group", fault, _line(shown, 1)))
        return Workforce((), {})
    people: dict[str, tuple[str, ...]] = {}
    first: dict[str, int] = {}
    for number, (who, *groups) in lines:
        place = _line(shown, number)
        issues += [Issue("group", fault, place) for fault in _row_faults(header, who, groups)]
        folded = who.casefold()
        if who and folded in people:
            twice = "stands twice" if people[folded] == _stated(groups) else "is in two groups"
            help = f"the other line is {first[folded]}"
            issues.append(Issue("group", f"`{shortened(who)}` {twice}", place, help))
            continue
        people[folded], first[folded] = _stated(groups), number
    if not people and not issues:
        issues.append(Issue("empty", "the file names nobody", _line(shown, 1)))
    found = Workforce(columns, people)
    for n, column in enumerate(columns if not issues else ()):
        if (many := len(found.groups(n))) > MAX_GROUPS:
            message = f"the column `{column}` has {many} groups, {MAX_GROUPS} can be counted: name ranges, not values"
            issues.append(Issue("group", message, _line(shown, 1)))
    return found


def _stated(groups: Sequence[str]) -> tuple[str, ...]:
    return tuple(group if group and group.lower() != NOT_STATED else NOT_STATED for group in groups)


def _header_fault(header: Sequence[str]) -> str:
    if len(header) < 2 or header[0].lower() != SUBJECT:
        return (
            f"the first line names the columns, with commas between them: `{SUBJECT}`, and one for each kind of group"
        )
    if bad := [name for name in header[1:] if not _good(name)]:
        return f"`{shortened(bad[0])}` is no name for a column: it has letters, and at most {MAX_NAME} characters"
    names = [column_id(name) for name in header]
    if twice := [name for name, id in zip(header, names, strict=True) if names.count(id) > 1]:
        return f"two columns are named alike: {' and '.join(f'`{shortened(name)}`' for name in twice[:2])}"
    return ""


def _row_faults(header: Sequence[str], who: str, groups: Sequence[str]) -> Iterator[str]:
    if len(groups) + 1 != len(header):
        yield f"this line has {len(groups) + 1} cells, the first one has {len(header)}"
    if not who or not who.isprintable() or len(who) > MAX_NAME:
        yield f"the line names nobody: a subject has 1 to {MAX_NAME} characters"
    for group in groups:
        if group and (not _good(group) or group.lower() == EVERYBODY):
            allowed = f"it has letters or digits and no `{BETWEEN.strip()}`, and is not `{EVERYBODY}`"
            yield f"`{shortened(group)}` is no name for a group: {allowed}"


def column_id(name: str) -> str:
    """A column's name as identifiers have it.

    >>> column_id("Age band")
    'age_band'
    """
    return re.sub(r"\W+", "_", name.casefold()).strip("_")


def _good(name: str) -> bool:
    return name.isprintable() and len(name) <= MAX_NAME and BETWEEN.strip() not in name and bool(column_id(name))


def _line(shown: str, number: int) -> Place:
    return Place(shown, number, 1, number, 1)
