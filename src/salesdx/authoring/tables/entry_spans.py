"""An entry of a YAML file with another value here and there: only what changes is written, all else stays as it is."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from salesdx.base.fields import RULE
from salesdx.base.shapes import Expression, Flag, ListOf
from salesdx.case.writing import yaml_text
from salesdx.text.source import Mapping as MappingNode
from salesdx.text.source import Node, Scalar, Sequence, parse_yaml

WIDTH = 110
"""Columns of a line of a rule's file."""
LISTS = tuple(field.name for field in RULE.fields if isinstance(field.shape, ListOf))
FLAGS = tuple(field.name for field in RULE.fields if isinstance(field.shape, Flag))
EXPRESSIONS = tuple(field.name for field in RULE.fields if isinstance(field.shape, Expression))


@dataclass(frozen=True, slots=True)
class Rewrite:
    """``text`` in the place of what stands from ``start`` to ``end``."""

    start: int
    end: int
    text: str


def replaced(text: str, spans: list[Rewrite]) -> str:
    """The text with other words in the place of some."""
    for span in sorted(spans, key=lambda span: span.start, reverse=True):
        text = text[: span.start] + span.text + text[span.end :]
    return text


def entry_of(text: str, id: str) -> MappingNode | None:
    """The entry of a list that has an id."""
    root, _ = parse_yaml(text, "")
    items = root.items if isinstance(root, Sequence) else ()
    return next((item for item in items if isinstance(item, MappingNode) and node_words(item.get("id")) == id), None)


def node_words(node: Node | None) -> str:
    """What stands under a key as the text of a cell: a list with commas, a truth as yes or no."""
    if isinstance(node, Sequence):
        return ", ".join(item.text for item in node.items if isinstance(item, Scalar))
    return node.text if isinstance(node, Scalar) else ""


def end_of(node: Node) -> int:
    """Behind the last letter of a node: no comment and no empty line that follows is its own."""
    if not isinstance(node, Scalar) and node.file.text[node.start : node.start + 1] in ("[", "{"):
        return node.end
    if isinstance(node, MappingNode) and node.entries:
        return end_of(node.entries[-1][1])
    if isinstance(node, Sequence) and node.items:
        return end_of(node.items[-1])
    return node.start + len(node.file.text[node.start : node.end].rstrip())


def key_spans(entry: MappingNode, key: str, value: str) -> Iterator[Rewrite]:
    """What has to change so that an entry says ``value`` under a key; an empty value takes the key out."""
    old = entry.get(key)
    if old is None:
        if value:
            yield _added(entry, key, value)
    elif not value:
        yield _taken_out(entry, key)
    else:
        block = old.file.text[old.start : old.start + 1] in (">", "|")
        yield Rewrite(old.start, end_of(old), yaml_value(key, value, _column(entry), isinstance(old, Sequence), block))


def part_span(node: Scalar, start: int, end: int, words: str) -> Rewrite | None:
    """Other words in the place of a part of a scalar, through folding and quoting; None where an escape hides it."""
    file = node.file
    first, last = file.index(node.span(start, start + 1)), file.index(node.span(end - 1, end)) + 1
    if file.text[first:last].split() != node.text[start:end].split():
        return None
    return Rewrite(first, last, words)


def yaml_value(key: str, value: str, indent: int, many: bool = True, block: bool = False) -> str:
    """A value of a rule as its file has it, behind the key."""
    if key in LISTS:
        items = [yaml_text(item) for item in listed_cell(value)]
        return items[0] if len(items) == 1 and not many else f"[{', '.join(items)}]"
    if key in FLAGS:
        return "true" if value.lower() in ("yes", "true") else "false"
    flat = " ".join(value.split())
    whole = flat == value
    if whole and (block or indent + len(key) + 2 + len(flat) > WIDTH):
        return block_text(flat, indent)
    if whole and _plain(flat):
        return flat
    return block_text(flat, indent) if key in EXPRESSIONS else yaml_text(value)


def listed_cell(text: str) -> list[str]:
    """The items of a cell, which commas or new lines divide."""
    return [item.strip() for item in re.split(r"[,\n]", text) if item.strip()]


def block_text(text: str, indent: int) -> str:
    """A text as a folded block below its key."""
    pad = " " * (indent + 2)
    lines = textwrap.wrap(text, WIDTH - len(pad), break_long_words=False, break_on_hyphens=False)
    return "\n".join([">-", *(pad + line for line in lines)])


def entry_text(values: Mapping[str, str], indent: int = 0) -> str:
    """A new rule as its file has it, its keys in order."""
    pad = " " * (indent + 2)
    lines = []
    for key in RULE.order:
        if values.get(key):
            lines.append(f"{pad}{key}: {yaml_value(key, values[key], indent + 2, key == 'recommend')}\n")
    return pad[:-2] + "- " + "".join(lines)[len(pad) :]


def _plain(text: str) -> bool:
    """Whether a text reads back the same without quotes, and as a text everywhere."""
    if not re.match(r"[A-Za-z(]", text) or text.lower() in ("true", "false", "null", "yes", "no", "on", "off"):
        return False
    node, faults = parse_yaml(f"k: {text}\n", "")
    value = node.get("k") if isinstance(node, MappingNode) and not faults else None
    return isinstance(value, Scalar) and value.text == text


def _column(entry: MappingNode) -> int:
    """The column, from 0, of the keys of an entry."""
    return entry.entries[0][0].place.column - 1


def _flow(entry: MappingNode) -> bool:
    return entry.file.text[entry.start : entry.start + 1] == "{"


def _added(entry: MappingNode, key: str, value: str) -> Rewrite:
    """A key more, behind the one that comes before it in the order of `fmt`."""
    before = [part for known, part in entry.entries if known.text in RULE.order[: RULE.order.index(key)]]
    at = end_of(before[-1] if before else entry.entries[0][1])
    if _flow(entry):
        flat = yaml_value(key, " ".join(value.split()), -WIDTH)
        return Rewrite(at, at, f", {key}: {flat if key in LISTS + FLAGS else yaml_text(value)}")
    text, indent = entry.file.text, _column(entry)
    at = text.find("\n", at) if "\n" in text[at:] else len(text)  # behind a comment on the same line
    return Rewrite(at, at, f"\n{' ' * indent}{key}: {yaml_value(key, value, indent)}")


def _taken_out(entry: MappingNode, key: str) -> Rewrite:
    """A key less, with its line."""
    keys = [known.text for known, _ in entry.entries]
    at = keys.index(key)
    name, value = entry.entries[at]
    text = entry.file.text
    following = entry.entries[at + 1][0].start if at + 1 < len(keys) else None
    if _flow(entry):
        return (
            Rewrite(end_of(entry.entries[at - 1][1]), end_of(value), "")
            if at
            else Rewrite(name.start, following or 0, "")
        )
    line = text.rfind("\n", 0, name.start) + 1
    if text[line : name.start].strip() and following is not None:  # on the line of the dash
        return Rewrite(name.start, following, "")
    end = text.find("\n", end_of(value))
    return Rewrite(line, len(text) if end < 0 else end + 1, "")
