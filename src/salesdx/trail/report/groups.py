"""The separate file of groups: who belongs to which. No rule can read it, and nothing of it gets into a trail."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from pathlib import Path

from salesdx.base.reading import first_line, shortened
from salesdx.text.issues import CaseError, Issue
from salesdx.text.source import Mapping as MappingNode
from salesdx.text.source import Place, Scalar, parse_yaml, read_text

HEADER = ("subject", "group")
MAX_GROUP = 100
"""Characters of a group's name."""

Line = tuple[str, str, Place]
"""A subject, its group, and where that stands."""


def read_groups(path: Path) -> dict[str, str]:
    """Subject -> group, from a CSV file with the columns subject and group, or a YAML file of `subject: group` lines.

    Raises CaseError with every fault.
    """
    shown = str(path)
    text, faults = read_text(path, shown)
    issues = [Issue.of(fault) for fault in faults]
    found: dict[str, str] = {}
    if text is None or issues:
        raise CaseError(issues)
    lines = _csv(text, shown, issues) if path.suffix.lower() == ".csv" else _yaml(text, shown, issues)
    for subject, group, place in lines:
        if not subject or not group or not group.isprintable() or len(group) > MAX_GROUP:
            message = f"a line is a subject and its group, a name of at most {MAX_GROUP} characters"
            issues.append(Issue("group", message, place))
        elif found.setdefault(subject, group) != group:
            issues.append(Issue("group", f"`{shortened(subject)}` is in two groups", place))
    if not found and not issues:
        issues.append(Issue("empty", "the file names no group", Place(shown, 1, 1, 1, 1)))
    if issues:
        raise CaseError(issues)
    return found


def _yaml(text: str, shown: str, issues: list[Issue]) -> Iterator[Line]:
    node, faults = parse_yaml(text, shown)
    issues += [Issue.of(fault) for fault in faults]
    if not isinstance(node, MappingNode):
        if node is not None:
            issues.append(Issue("type", "the groups are `subject: group` lines", first_line(node.place)))
        return
    for key, value in node.entries:
        yield key.text, value.text.strip() if isinstance(value, Scalar) else "", key.place


def _csv(text: str, shown: str, issues: list[Issue]) -> Iterator[Line]:
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    try:
        header = [cell.strip().lower() for cell in next(reader, [])]
        if header != list(HEADER):
            message = f"the first line must be `{','.join(HEADER)}`"
            issues.append(Issue("group", message, Place(shown, 1, 1, 1, 1)))
            return
        for row in reader:
            if row:
                subject, group = (*(cell.strip() for cell in row), "", "")[:2]
                yield (
                    subject,
                    group if len(row) == len(HEADER) else "",
                    Place(shown, reader.line_num, 1, reader.line_num, 1),
                )
    except csv.Error as error:
        place = Place(shown, reader.line_num, 1, reader.line_num, 1)
        issues.append(Issue("group", f"this is no CSV: {error}", place))
