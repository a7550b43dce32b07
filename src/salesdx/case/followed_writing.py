"""What was done since a review -> the case file: one entry, or one part of an entry, and no other byte.

A file that cannot be changed so is written anew from the memory, as all writers of case files do.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import date
from typing import Any

from salesdx.case.file import case_from_text
from salesdx.case.memory import WorkingMemory
from salesdx.case.writing import flow_text, in_braces, last_line_of, new_case, plain_node, with_lines
from salesdx.text.issues import CaseError
from salesdx.text.source import Mapping as MappingNode
from salesdx.text.source import Node, parse_yaml
from salesdx.text.source import Sequence as ListNode


def add_entry(text: str, shown: str, memory: WorkingMemory, key: str, entry: Mapping[str, Any]) -> str:
    """The text of a case file with an entry behind the others of a list, `events`, `actions` or `sessions`.

    ``memory`` holds the case with the entry.
    """
    node, _ = parse_yaml(text, shown)
    assert isinstance(node, MappingNode)  # it was read as a case
    entries = node.get(key)
    if in_braces(node):
        plain = plain_node(node)
        changed = _json(plain | {key: [*(plain.get(key) or ()), plain_entry(entry)]})
    elif not isinstance(entries, ListNode):
        changed = with_lines(text, node, key, [f"{key}:", f"  - {flow_text(entry)}"])
    elif text[entries.start] == "[":
        comma = ", " if entries.items else ""
        close = entries.end - 1
        changed = text[:close].rstrip().removesuffix(",") + comma + flow_text(entry) + text[close:]
    else:
        changed = _below(text, entries, flow_text(entry))
    return _checked(changed, shown, memory)


def set_parts(text: str, shown: str, memory: WorkingMemory, at: tuple[str, int], parts: Mapping[str, Any]) -> str:
    """The text of a case file with some keys of one entry, the list and the place in it, set to something.

    ``memory`` holds the case with them.
    """
    changed = text
    for key, part in parts.items():
        changed = _with_part(changed, shown, at, key, part)
    return _checked(changed, shown, memory)


def _with_part(text: str, shown: str, at: tuple[str, int], key: str, part: Any) -> str:
    node, _ = parse_yaml(text, shown)
    assert isinstance(node, MappingNode)  # it was read as a case
    entries = node.get(at[0])
    entry = entries.items[at[1]] if isinstance(entries, ListNode) else None
    assert isinstance(entry, MappingNode)
    if in_braces(node):
        plain = plain_node(node)
        plain[at[0]][at[1]] |= plain_entry({key: part})
        return _json(plain)
    if (known := entry.get(key)) is not None:
        end = known.end if _is_inline(text, known) else known.start + len(text[known.start : known.end].rstrip())
        return text[: known.start] + flow_text(part) + text[end:]
    if in_braces(entry):
        close = entry.end - 1
        kept = text[:close].rstrip().removesuffix(",")
        return f"{kept}, {key}: {flow_text(part)}{text[close:]}"
    lines, last = _lines(text, last_line_of(entry))
    indent = " " * (entry.entries[0][0].place.column - 1)
    return "".join([*lines[:last], f"{indent}{key}: {flow_text(part)}{_ending(text)}", *lines[last:]])


def write_follows(text: str, shown: str, memory: WorkingMemory) -> str:
    """The text of a case file with the review that it follows, as the memory has it."""
    node, _ = parse_yaml(text, shown)
    assert isinstance(node, MappingNode)  # it was read as a case
    before = memory.followed.follows
    if in_braces(node):
        kept = {key: part for key, part in plain_node(node).items() if key != "follows"}
        changed = _json(kept | ({"follows": before} if before else {}))
    else:
        changed = with_lines(text, node, "follows", [f"follows: {flow_text(before)}"] if before else [])
    return _checked(changed, shown, memory)


def _below(text: str, entries: ListNode, line: str) -> str:
    """The text with one more line of a list in lines, as deep as its first one."""
    first = entries.items[0].place
    lead = text.splitlines()[first.line - 1][: first.column - 1]
    lines, last = _lines(text, max(map(last_line_of, entries.items)))
    dash = lead[: lead.rindex("-")] if "-" in lead else "  "
    return "".join([*lines[:last], f"{dash}- {line}{_ending(text)}", *lines[last:]])


def _lines(text: str, last: int) -> tuple[list[str], int]:
    """The lines of a text, of which the last one named has an end."""
    lines = text.splitlines(keepends=True)
    if last and not lines[last - 1].endswith("\n"):
        lines[last - 1] += _ending(text)
    return lines, last


def _ending(text: str) -> str:
    return "\r\n" if "\r\n" in text else "\n"


def _is_inline(text: str, node: Node) -> bool:
    return text[node.start] in "[{\"'"


def plain_entry(part: Any) -> Any:
    """An entry as JSON has it: dates as texts."""
    if isinstance(part, Mapping):
        return {key: plain_entry(inner) for key, inner in part.items()}
    if isinstance(part, list | tuple):
        return [plain_entry(inner) for inner in part]
    return part.isoformat() if isinstance(part, date) else part


def _json(plain: Any) -> str:
    return json.dumps(plain, indent=2, ensure_ascii=False) + "\n"


def _checked(text: str, shown: str, memory: WorkingMemory) -> str:
    """The text where it says what the memory holds; else the memory as a new file."""
    try:
        found = case_from_text(text, shown, memory.base)
    except CaseError:
        return new_case(memory.own)
    same = found.followed == memory.followed and found.statements == memory.own.statements
    return text if same else new_case(memory.own)
