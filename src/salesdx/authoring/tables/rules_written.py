"""Changes of a table -> the files of a rule base, in which nothing else changes: no comment, no order, no layout.

In a layer a rule from below is restated there with its change, and one that is gone is named under `removes`.
"""

from __future__ import annotations

import re
import textwrap
from collections.abc import Mapping

from salesdx.authoring.formatting import plain_data
from salesdx.authoring.scaffolds import MODELINE, rules_name
from salesdx.authoring.tables.cell_words import bracketed
from salesdx.authoring.tables.entry_spans import end_of, entry_of, entry_text, key_spans, part_span, replaced
from salesdx.authoring.tables.row_changes import ADDED, REMOVED, RowChange, TableChanges
from salesdx.authoring.tables.rule_table import KEYS, condition_columns
from salesdx.authoring.written import indent
from salesdx.base.layers import EXTENDED, LAYER
from salesdx.base.model import RuleBase
from salesdx.case.writing import yaml_text
from salesdx.text.source import Mapping as MappingNode
from salesdx.text.source import Node, Scalar, Sequence, parse_yaml


class NotWritten(ValueError):
    """A change that has to be made in the files by hand; ``column`` is where it stands in the table."""

    def __init__(self, change: RowChange, message: str, help: str = "", column: str = "") -> None:
        super().__init__(message)
        self.change, self.message, self.help, self.column = change, message, help, column


def files_with(base: RuleBase, changes: TableChanges, why: str) -> tuple[dict[str, str], list[NotWritten]]:
    """File name -> its new text, for the files of the folder itself that change; and what cannot be written.

    ``why`` is the reason that a layer gives for the rules that it takes out.
    """
    name = rules_name(changes.home)
    texts = {name: base.files.get(name, "")}
    if LAYER in base.files:
        texts[LAYER] = base.files[LAYER]
    faults = []
    for change in changes.rows:
        try:
            if change.how == REMOVED:
                _remove(base, texts, name, change, why)
            elif change.how == ADDED:
                texts[name] = _with_entry(texts[name], change, _new_entry(base, change), change.after)
            else:
                if entry_of(texts[name], change.id) is None:
                    texts[name] = _with_entry(texts[name], change, _restated(base, change.id), "")
                texts[name] = _changed(base, texts[name], change)
        except NotWritten as fault:
            faults.append(fault)
    return {file: text for file, text in texts.items() if text != base.files.get(file, "")}, faults


# --- one rule ---------------------------------------------------------------------------------------------------------


def _changed(base: RuleBase, text: str, change: RowChange) -> str:
    """The text of a file with the changed cells of one rule, each written alone."""
    for column in [column for column in change.cells if column in KEYS]:
        value = change.cells[column].text
        entry = entry_of(text, change.id)
        assert entry is not None
        made = replaced(text, list(key_spans(entry, column, value)))
        text = _checked(text, made, change, column, column)
    if change.parts:
        made = _with_condition(base, text, change)
        text = _checked(text, made, change, "when", next(iter(change.parts)))
    return text


def _with_condition(base: RuleBase, text: str, change: RowChange) -> str:
    """The text with the changed parts of a rule's condition: in their places where each has one, else written anew."""
    entry = entry_of(text, change.id)
    node = entry.get("when") if entry is not None else None
    assert entry is not None and isinstance(node, Scalar)
    columns = condition_columns(base, node.text)
    spans = []
    for (start, end), column in columns:
        if column in change.parts:
            part = change.parts[column]
            spans.append(part_span(node, start, end, bracketed(part) if len(columns) > 1 else part) if part else None)
    changed = [span for span in spans if span is not None]
    if len(changed) == len(spans) == len(change.parts):
        made = replaced(text, changed)
        if _when(made, change.id) == whole_condition(columns, node.text, change.parts):
            return made
    return replaced(text, list(key_spans(entry, "when", whole_condition(columns, node.text, change.parts))))


def whole_condition(columns: list[tuple[tuple[int, int], str]], text: str, parts: Mapping[str, str]) -> str:
    """A condition with other parts in the place of some, on one line; new ones stand at its end."""
    said = [column for _, column in columns]
    found = []
    for number, ((start, end), column) in enumerate(columns):
        if column not in parts:
            found.append(" ".join(text[start:end].split()))
        elif column not in said[:number]:
            found.append(parts[column])
    found += [part for column, part in parts.items() if column not in said]
    found = [part for part in found if part]
    return " and ".join(map(bracketed, found)) if len(found) > 1 else "".join(found)


def _when(text: str, id: str) -> str:
    entry = entry_of(text, id)
    node = entry.get("when") if entry is not None else None
    return " ".join(node.text.split()) if isinstance(node, Scalar) else ""


def _checked(before: str, made: str, change: RowChange, key: str, column: str) -> str:
    """The text, if a key of one rule changed in it and nothing else. Raises NotWritten."""
    was, now = (_without(text, change.id, key) for text in (before, made))
    if was is None or was != now:
        message = f"`{key}` of the rule `{change.id}` cannot be written without changing something else"
        raise NotWritten(change, message, "change it in the file of the rule", column)
    return made


def _without(text: str, id: str, key: str) -> list[object] | None:
    """What a file says besides a key of one rule; None where it cannot be read."""
    root, faults = parse_yaml(text, "")
    if not isinstance(root, Sequence) or faults:
        return None
    found = []
    for item in root.items:
        data = plain_data(item)
        if isinstance(data, dict) and data.get("id", ("",))[0] == id:
            data.pop(key, None)
        found.append(data)
    return found


def _new_entry(base: RuleBase, change: RowChange) -> str:
    parts = [part for part in change.parts.values() if part]
    when = " and ".join(map(bracketed, parts)) if len(parts) > 1 else "".join(parts)
    values = {column: cell.text for column, cell in change.cells.items() if column in KEYS}
    return entry_text(values | {"when": when})


def _restated(base: RuleBase, id: str) -> str:
    """A rule from below as it stands there, with the comments above it, to go into the file of a layer."""
    text = base.files[base.paths[base.rule[id].place.path]]
    entry = entry_of(text, id)
    assert entry is not None
    if _in_braces(entry):
        return f"- {text[entry.start : entry.end]}\n"
    begin, end = _lines_of(text, entry)
    return textwrap.dedent("".join(text.splitlines(keepends=True)[begin:end])).rstrip() + "\n"


# --- lists of rules ---------------------------------------------------------------------------------------------------


def _with_entry(text: str, change: RowChange, entry: str, after: str) -> str:
    """The text with one entry more: behind another one, or at the end."""
    root, _ = parse_yaml(text, "")
    if not text.strip() or root is None:
        return MODELINE.format(kind="rules") + entry
    if not isinstance(root, Sequence):
        raise NotWritten(change, "the file of its rules is no list", "mend it first")
    if text[root.start : root.start + 1] == "[":
        if root.items:
            message = f"the rule `{change.id}` cannot be put into a file that is written in brackets"
            raise NotWritten(change, message, "write one entry a line first, each behind a dash")
        return text[: root.start] + entry + text[root.end :].lstrip("\n")
    depth = root.items[0].place.column - 3 if root.items else 0
    entry = textwrap.indent(entry, " " * max(0, depth))
    above = entry_of(text, after)
    if above is None:
        return text.rstrip() + "\n\n" + entry
    lines = text.splitlines(keepends=True)
    _, end = _lines_of(text, above)
    lines[end - 1] = lines[end - 1].rstrip("\r\n") + "\n"
    return "".join([*lines[:end], "\n", entry, *lines[end:]])


def _remove(base: RuleBase, texts: dict[str, str], name: str, change: RowChange, why: str) -> None:
    """Take a rule out: of the file of this folder, and with a reason where it comes from below."""
    entry = entry_of(texts[name], change.id)
    if entry is not None:
        texts[name] = _cut(texts[name], entry, change)
    below = re.compile(rf"(?:{EXTENDED}/)+{re.escape(name)}")
    if any(below.fullmatch(file) and entry_of(text, change.id) is not None for file, text in base.files.items()):
        if not why.strip():
            message = f"the rule `{change.id}` comes from below, and a layer takes it out with a reason"
            raise NotWritten(change, message, "say it with --why")
        texts[LAYER] = _removing(texts[LAYER], change.id, why)


def _cut(text: str, entry: MappingNode, change: RowChange) -> str:
    """The text without an entry, the comments right above it, and one empty line."""
    if _in_braces(entry):
        message = f"the rule `{change.id}` is written in braces"
        raise NotWritten(change, message, "take it out of its file by hand")
    begin, end = _lines_of(text, entry)
    lines = text.splitlines(keepends=True)
    while end < len(lines) and not lines[end].strip():
        end += 1
    kept = "".join([*lines[:begin], *lines[end:]])
    if end == len(lines):
        kept = kept.rstrip() + "\n"
    return kept if parse_yaml(kept, "")[0] is not None else kept + "[]\n"


def _lines_of(text: str, entry: MappingNode) -> tuple[int, int]:
    """The lines of an entry of a list, counted from 0, with the comments right above it; the file's head is none."""
    lines = text.splitlines()
    dash = text.rindex("-", 0, entry.start)
    first = begin = text.count("\n", 0, dash)
    depth = indent(lines[first])
    while begin and lines[begin - 1].startswith(" " * depth + "#"):
        begin -= 1
    if not begin:
        begin = first
    return begin, text.count("\n", 0, end_of(entry)) + 1


def _in_braces(entry: Node) -> bool:
    return entry.file.text[entry.start : entry.start + 1] == "{"


def _removing(text: str, id: str, why: str) -> str:
    """The text of a layer that takes one rule more out."""
    root, _ = parse_yaml(text, "")
    node = root.get("removes") if isinstance(root, MappingNode) else None
    line = f"{id}: {yaml_text(' '.join(why.split()))}"
    if not isinstance(node, MappingNode) or not node.entries:
        return text.rstrip("\n") + f"\nremoves:\n  {line}\n"
    at = end_of(node.entries[-1][1])
    if _in_braces(node):
        return f"{text[:at]}, {line}{text[at:]}"
    at = text.find("\n", at) if "\n" in text[at:] else len(text)
    return f"{text[:at]}\n{' ' * (node.entries[0][0].place.column - 1)}{line}{text[at:]}"
