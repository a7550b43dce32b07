"""The files of a rule base in one form: keys in one order, comments kept. Nothing else is changed.

A comment above a key moves with the key. A file whose meaning would change is left as it is.
"""

from __future__ import annotations

from typing import Any

from salesdx.authoring.written import indent
from salesdx.base.fields import INTERVENTION, LIMIT, RULE, SOURCE, STAGE, TERM
from salesdx.base.judges import JUDGE
from salesdx.base.property_fields import PROPERTY
from salesdx.base.shapes import Form
from salesdx.case.case_fields import CASE, FIRM
from salesdx.case.file import FIRM_FILE
from salesdx.text.source import Mapping, Node, Scalar, Sequence, parse_yaml


def formatted(text: str, name: str) -> str:
    """The text of a file in the one form; the text itself where it has faults, or where its meaning would change.

    ``name`` is the file's name in a rule base, such as `rules/pricing.yaml`; others are left as they are.
    """
    node, faults = parse_yaml(text, name)
    if node is None or faults:
        return text
    lines = [line.rstrip() for line in text.splitlines()]
    for part, form in reversed(_parts(node, name)):  # from the end: places before it stay right
        lines = _ordered(lines, part, form.order)
    made = "\n".join(lines).rstrip("\n") + "\n"
    if "\r\n" in text:
        made = made.replace("\n", "\r\n")
    again, more = parse_yaml(made, name)
    return made if not more and again is not None and plain_data(again) == plain_data(node) else text


def _parts(node: Node, name: str) -> list[tuple[Mapping, Form]]:
    """The mappings of a file whose keys have an order, inner ones behind outer ones."""
    found: list[tuple[Mapping, Form]] = []
    room, _, file = name.rpartition("/")
    if isinstance(node, Sequence):
        form = PROPERTY if file == "properties.yaml" else RULE
        return [(item, form) for item in node.items if isinstance(item, Mapping)]
    if not isinstance(node, Mapping):
        return found
    if room.endswith("cases"):
        return [(node, FIRM if file == FIRM_FILE else CASE)]
    if file == "sources.yaml":
        return [(entry, SOURCE) for _, entry in node.entries if isinstance(entry, Mapping)]
    if node.key("stage") is None and node.key("group") is None:
        return found
    found.append((node, STAGE))
    for key, inner in (("limits", LIMIT), ("terms", TERM), ("interventions", INTERVENTION)):
        entries = node.get(key)
        if isinstance(entries, Mapping):
            found += [(entry, inner) for _, entry in entries.entries if isinstance(entry, Mapping)]
            judges = [entry.get("judge") for _, entry in entries.entries if isinstance(entry, Mapping)]
            found += [(judge, JUDGE) for judge in judges if isinstance(judge, Mapping)]
    return found


def _ordered(lines: list[str], mapping: Mapping, order: tuple[str, ...]) -> list[str]:
    """The lines with the keys of one mapping in order; as they are where the keys have no lines of their own."""
    keys = [key for key, _ in mapping.entries]
    wanted = sorted(keys, key=lambda key: order.index(key.text) if key.text in order else len(order))
    if wanted == keys or len({key.place.line for key in keys}) < len(keys):
        return lines
    if len({key.place.column for key in keys}) > 1 or _flow(mapping, keys):
        return lines
    starts = [_start(lines, key.place.line - 1, key.place.column - 1, first=key is keys[0]) for key in keys]
    end = _end(lines, mapping)
    blocks = {key: lines[start:stop] for key, start, stop in zip(keys, starts, [*starts[1:], end], strict=True)}
    made: list[str] = []
    indent = keys[0].place.column - 1
    lead = lines[keys[0].place.line - 1][:indent]  # `- ` of an entry in a list
    for position, key in enumerate(wanted):
        block = list(blocks[key])
        at = next(n for n, line in enumerate(block) if line[indent:].startswith(key.text) or line[indent:][:1] in "'\"")
        bare = " " * indent + block[at][indent:]
        block[at] = lead + bare[indent:] if position == 0 else bare
        if position == 0 and at:  # comments above the first key stand above the entry's dash
            block = [" " * lead.index("-") + line.lstrip() if "-" in lead else line for line in block[:at]] + block[at:]
        made += block
    return lines[: starts[0]] + made + lines[end:]


def _flow(mapping: Mapping, keys: list[Scalar]) -> bool:
    return mapping.file.text[mapping.start] == "{"


def _start(lines: list[str], line: int, column: int, first: bool) -> int:
    """The first line of a key: comments right above it, as deep as it is, belong to it."""
    while not first and line and lines[line - 1].strip().startswith("#") and indent(lines[line - 1]) == column:
        line -= 1
    return line


def _end(lines: list[str], mapping: Mapping) -> int:
    """Behind the last line of a mapping."""
    last = mapping.entries[-1][1]
    end = _last_line(last)
    while end < len(lines) and lines[end].strip() and indent(lines[end]) > mapping.entries[0][0].place.column - 1:
        end += 1
    return end


def _last_line(node: Node) -> int:
    inner = node.entries if isinstance(node, Mapping) else ()
    if inner:
        return max(_last_line(value) for _, value in inner)
    if isinstance(node, Sequence) and node.items:
        return max(node.place.end_line if node.file.text[node.start] == "[" else 0, *map(_last_line, node.items))
    text = node.file.text[node.start : node.end].rstrip()
    return node.file.place(node.start, node.start + max(1, len(text))).end_line


def plain_data(node: Node) -> Any:
    """What a node says, whatever the order of its keys."""
    if isinstance(node, Mapping):
        return {key.text: plain_data(value) for key, value in node.entries}
    if isinstance(node, Sequence):
        return [plain_data(item) for item in node.items]
    return (node.text, node.quoted)
