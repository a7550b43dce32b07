"""Answers -> the case file. What stands in the file besides the answered facts stays as it is, comments included."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from typing import Any

from salesdx.base.model import OWN, RuleBase
from salesdx.case.bounds import written_bounds
from salesdx.case.case_fields import RESULT_VALUES, STATEMENT, UNKNOWN_WORDS
from salesdx.case.file import case_from, case_from_text
from salesdx.case.followed import Action, Event, Followed, Session
from salesdx.case.memory import WorkingMemory
from salesdx.case.statement import Statement, Unknown, as_json, shown_value
from salesdx.language.intervals import Interval
from salesdx.text.issues import CaseError
from salesdx.text.source import Mapping as MappingNode
from salesdx.text.source import Node, parse_yaml
from salesdx.text.source import Sequence as ListNode

WORDS = {Unknown.NOT_KNOWN: "not_known", Unknown.NOT_APPLICABLE: "not_applicable"}
LOADED_WORDS = {"true", "false", "null", "yes", "no", "on", "off", *UNKNOWN_WORDS}
"""Words that other readers of YAML take for something else than text."""
NOTHING_EXPECTED = "expect: {}\n"
"""What makes a case a worked case, which alone supposes how its facts are stated."""
HEAD = (
    *("case", "title", "story", "subject", "period", "result", "asked_by", "suspects"),
    *("follows", "events", "actions", "sessions"),
)
"""The keys of a head in their order."""
_ESCAPED = re.compile("[\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff]")


def write_fact(text: str, shown: str, base: RuleBase, memory: WorkingMemory, name: str) -> str:
    """The text of a case file with one fact as the memory has it; a fact without statements is taken out.

    ``text`` may be empty: then a new case file is written. What the profile of the firm says stays out of it.
    """
    memory = memory.own
    node, faults = parse_yaml(text, shown) if text.strip() else (None, [])
    if isinstance(node, MappingNode) and not faults:
        changed = _as_json(node, memory, name) if in_braces(node) else _in_place(text, node, memory, name)
        if changed is not None and _says(changed, shown, base, memory):
            return changed
    return new_case(memory)


def write_standing(text: str, shown: str, standing: Mapping[str, object]) -> str:
    """The text of a case file with the `interview` block replaced: what an interview must know when it goes on.

    ``standing`` holds texts, lists of names and mappings of names; empty ones are left out.
    """
    node, _ = parse_yaml(text, shown)
    if isinstance(node, MappingNode) and in_braces(node):
        return json.dumps(plain_node(node) | {"interview": standing}, indent=2, ensure_ascii=False) + "\n"
    lines = text.splitlines(keepends=True)
    key = node.key("interview") if isinstance(node, MappingNode) else None
    if isinstance(node, MappingNode) and key is not None and (block := node.get("interview")) is not None:
        del lines[key.place.line - 1 : last_line_of(block)]
    end = next((n for n, line in enumerate(lines) if line.rstrip() == "..."), len(lines))  # nothing may stand behind it
    if end and not lines[end - 1].endswith("\n"):
        lines[end - 1] += "\n"
    made = ["interview:\n"]
    for name, part in standing.items():
        if isinstance(part, Mapping):
            part = "{" + ", ".join(f"{word}: {yaml_text(str(said))}" for word, said in part.items()) + "}"
        elif isinstance(part, list | tuple):
            part = "[" + ", ".join(map(yaml_text, part)) + "]"
        else:
            part = yaml_text(str(part))
        made.append(f"  {name}: {part}\n")
    return "".join([*lines[:end], *made, *lines[end:]])


def write_head(text: str, shown: str, memory: WorkingMemory) -> str:
    """The text of a case file with the subject, the period and the suspicions that the memory has."""
    memory = memory.own
    node, _ = parse_yaml(text, shown)
    if isinstance(node, MappingNode) and in_braces(node):
        whole = {key: part for key, part in plain_node(node).items() if key not in ("subject", "period", "suspects")}
        text = json.dumps(whole | _plain_head(memory), indent=2, ensure_ascii=False) + "\n"
    else:
        for key, made in (("subject", _subject(memory)), ("period", _period(memory)), ("suspects", _suspects(memory))):
            node, _ = parse_yaml(text, shown)
            if isinstance(node, MappingNode) and (made or node.get(key) is not None):
                text = with_lines(text, node, key, made)
    try:
        found = case_from_text(text, shown, memory.base)
    except CaseError:
        return new_case(memory)
    kept = (found.subject, found.period, found.head) == (memory.subject, memory.period, memory.head)
    return text if kept else new_case(memory)


def _plain_head(memory: WorkingMemory) -> dict[str, Any]:
    """The same as JSON has it."""
    period = {"from": str(memory.period[0]), "to": str(memory.period[1])} if memory.period else None
    suspects = [suspicion.parts() for suspicion in memory.head.suspects]
    parts = {"subject": dict(memory.subject), "period": period, "suspects": suspects}
    return {key: part for key, part in parts.items() if part}


def with_lines(text: str, node: MappingNode, name: str, made: list[str]) -> str:
    """The text with the lines of one key of the head, none to take it out: in its place, else behind the keys that come
    before it."""
    lines = text.splitlines(keepends=True)
    ending = "\r\n" if "\r\n" in text else "\n"
    key, value = node.key(name), node.get(name)
    before = [last_line_of(part) for known, part in node.entries if known.text in HEAD[: HEAD.index(name)]]
    if key is not None and value is not None:
        begin, end = key.place.line - 1, last_line_of(value)
    else:
        begin = end = max(before, default=node.entries[0][0].place.line - 1 if node.entries else 0)
    return "".join([*lines[:begin], *(line + ending for line in made), *lines[end:]])


def in_braces(node: Node) -> bool:
    """Whether a mapping is written in braces, as JSON is."""
    return node.file.text[node.start : node.start + 1] == "{"


def _says(text: str, shown: str, base: RuleBase, memory: WorkingMemory) -> bool:
    """Whether a text, read again, holds exactly what the memory holds."""
    node, faults = parse_yaml(text, shown)
    if node is None or faults:
        return False
    try:
        return case_from(node, shown, base).statements == memory.statements
    except CaseError:
        return False


def new_case(memory: WorkingMemory) -> str:
    """A whole case file with everything that a memory holds, the profile of the firm too."""
    lines = [f"case: {yaml_text(memory.case)}"] if memory.case else []
    lines += [*_subject(memory), *_period(memory), *_head(memory), *followed_lines(memory.followed)]
    facts = _of_facts(memory)
    supposed = next((said for statements in facts.values() for said in statements if said.supposed), None)
    if supposed is not None:
        day = f", date: {supposed.date}" if supposed.date else ""
        lines.append(f"stated: {{by: {OWN}, kind: {yaml_text(supposed.kind)}{day}}}")
    lines.append("facts:" if facts else "facts: {}")
    for name, statements in facts.items():
        lines += _fact(name, statements, "  ")
    return "\n".join(lines) + "\n" + NOTHING_EXPECTED * (supposed is not None)


def followed_lines(followed: Followed) -> Iterator[str]:
    """The lines of what was done since a review."""
    if followed.follows:
        yield f"follows: {yaml_text(followed.follows)}"
    lists: dict[str, tuple[Event | Action | Session, ...]] = {
        "events": followed.events,
        "actions": followed.actions,
        "sessions": followed.sessions,
    }
    for key, entries in lists.items():
        if entries:
            yield f"{key}:"
            yield from (f"  - {flow_text(entry.parts())}" for entry in entries)


def flow_text(part: Any) -> str:
    """A part of an entry as YAML in one line: mappings and lists in braces, dates, numbers and truth values bare."""
    if isinstance(part, Mapping):
        return "{" + ", ".join(f"{key}: {flow_text(inner)}" for key, inner in part.items()) + "}"
    if isinstance(part, list | tuple):
        return "[" + ", ".join(map(flow_text, part)) + "]"
    if isinstance(part, bool):
        return str(part).lower()
    return str(part) if isinstance(part, date | int) else yaml_text(part)


def _subject(memory: WorkingMemory) -> list[str]:
    parts = ", ".join(f"{key}: {yaml_text(part)}" for key, part in memory.subject.items())
    return [f"subject: {{{parts}}}"] if parts else []


def _period(memory: WorkingMemory) -> list[str]:
    return [f"period: {{from: {memory.period[0]}, to: {memory.period[1]}}}"] if memory.period else []


def _suspects(memory: WorkingMemory) -> list[str]:
    found = [f"  - {_flow_line(suspicion.parts())}" for suspicion in memory.head.suspects]
    return ["suspects:", *found] if found else []


def _head(memory: WorkingMemory) -> Iterator[str]:
    """The lines of a head. A `result` whose statements were replaced since is none any more."""
    head = memory.head
    if result := _result(memory):
        yield f"result: {_flow_line(result)}"
    if asked_by := head.asked_by.parts():
        yield f"asked_by: {_flow_line(asked_by)}"
    yield from _suspects(memory)


def _result(memory: WorkingMemory) -> dict[str, str]:
    """The keys of `result`, with the statements of the head that still stand."""
    ladder = memory.base.ladder
    stands = {name: said for name, said in memory.result.items() if said in memory.statements.get(name, ())}
    terms = {**ladder.result_terms, "currency": ladder.currency_term}
    found = {key: value_text(stands[terms[key]]) for key in RESULT_VALUES if terms.get(key) in stands}
    for said in [*stands.values()][:1]:
        found |= {key: str(part) for key, part in _statement(said).items() if key != "value"}
    return found


def _flow_line(parts: Mapping[str, str]) -> str:
    """A mapping in one line; numbers and dates stand as they are."""
    plain = re.compile(r"-?[0-9][0-9.-]*")
    told = (f"{key}: {part if plain.fullmatch(part) else yaml_text(part)}" for key, part in parts.items())
    return f"{{{', '.join(told)}}}"


def _of_facts(memory: WorkingMemory) -> dict[str, tuple[Statement, ...]]:
    """What stands under `facts`: all statements but those that the head of the case is short for."""
    found: dict[str, tuple[Statement, ...]] = {}
    for name, statements in memory.statements.items():
        if name in memory.fixed:
            continue
        kept = list(statements)
        short = memory.result.get(name)
        if short is not None and short in kept:
            kept.remove(short)
        if kept:
            found[name] = tuple(kept)
    return found


def _in_place(text: str, node: MappingNode, memory: WorkingMemory, name: str) -> str | None:
    """The text with the lines of one fact replaced; with all facts replaced where they do not stand in lines."""
    facts = node.get("facts")
    lines = text.splitlines(keepends=True)
    if not isinstance(facts, MappingNode) or not facts.entries:
        return _all_facts(text, node, memory)
    first = facts.entries[0][0].place
    if lines[first.line - 1][: first.column - 1].strip():
        return _all_facts(text, node, memory)
    ending = "\r\n" if lines[first.line - 1].endswith("\r\n") else "\n"
    statements = _of_facts(memory).get(name, ())
    new = [line + ending for line in _fact(name, statements, " " * (first.column - 1))] if statements else []
    entry = next((entry for entry in facts.entries if entry[0].text == name), None)
    if entry is not None:
        begin, end = entry[0].place.line - 1, last_line_of(entry[1])
    else:
        begin = end = max(last_line_of(value) for _, value in facts.entries)
        if not lines[begin - 1].endswith("\n"):
            lines[begin - 1] += ending
    return "".join([*lines[:begin], *new, *lines[end:]])


def _all_facts(text: str, node: MappingNode, memory: WorkingMemory) -> str:
    """The text with all facts in lines of their own, in the place of what stands there, or behind everything."""
    lines = ["facts:", *(line for name, said in _of_facts(memory).items() for line in _fact(name, said, "  "))]
    ending = "\r\n" if "\r\n" in text else "\n"
    new = "".join(line + ending for line in lines)
    key, facts = node.key("facts"), node.get("facts")
    if key is None or facts is None:
        return text.rstrip() + ending + new
    return text[: key.start] + new + text[facts.end :].lstrip(" ").removeprefix(ending)


def last_line_of(node: Node) -> int:
    """The number of the last line on which a node has something."""
    if isinstance(node, MappingNode) and node.entries:
        return max(node.place.line, *(last_line_of(value) for _, value in node.entries))
    if isinstance(node, ListNode) and node.items:
        return max(node.place.line, *(last_line_of(item) for item in node.items))
    return node.place.end_line


def _as_json(node: MappingNode, memory: WorkingMemory, name: str) -> str:
    """A JSON case written anew with one fact changed."""
    whole = plain_node(node)
    facts = whole.setdefault("facts", {})
    statements = _of_facts(memory).get(name, ())
    if statements:
        plain = [_statement(statement) for statement in statements]
        facts[name] = plain[0]["value"] if _is_bare(plain) else plain
    else:
        facts.pop(name, None)
    return json.dumps(whole, indent=2, ensure_ascii=False) + "\n"


def plain_node(node: Node) -> Any:
    """What a node of a case in braces says, as JSON has it."""
    if isinstance(node, MappingNode):
        return {key.text: plain_node(value) for key, value in node.entries}
    if isinstance(node, ListNode):
        return [plain_node(item) for item in node.items]
    if node.quoted:
        return node.text
    try:
        return json.loads(node.text)
    except ValueError:
        return node.text


def _statement(statement: Statement) -> dict[str, Any]:
    """The keys of a statement, in their order; empty ones left out, and all but the value of what is supposed."""
    said = statement.to_dict()
    value = WORDS[statement.unknown] if statement.unknown else said["value"]
    if isinstance(statement.value, Interval):
        value = {key: as_json(end) for key, end in written_bounds(statement.value).keyed.items()}
    if statement.supposed:
        return {"value": value}
    return {"value": value} | {key: said[key] for key in STATEMENT.order if key in said and key != "value"}


def _is_bare(plain: Sequence[Mapping[str, Any]]) -> bool:
    """Whether all that is said of a fact is a value, which then stands alone; one between two ends needs its key."""
    return len(plain) == 1 and plain[0].keys() == {"value"} and not isinstance(plain[0]["value"], Mapping)


def _fact(name: str, statements: tuple[Statement, ...], indent: str) -> list[str]:
    plain = [_statement(statement) for statement in statements]
    if _is_bare(plain):
        return [f"{indent}{name}: {value_text(statements[0])}"]
    lines = [f"{indent}{name}:"]
    for statement, parts in zip(statements, plain, strict=True):
        lines.append(f"{indent}  - {statement_line(value_text(statement), parts)}")
    return lines


def statement_line(value: str, parts: Mapping[str, Any]) -> str:
    """A statement in braces, from its value as a case file has it and its keys in their order."""
    rest = "".join(f", {key}: {_part(key, part)}" for key, part in parts.items() if key != "value")
    return f"{{value: {value}{rest}}}"


def _part(key: str, part: Any) -> str:
    """A part of a statement as YAML in braces."""
    if isinstance(part, Mapping):
        return f"{{{', '.join(f'{name}: {_part(name, inner)}' for name, inner in part.items())}}}"
    return str(part) if key == "date" else yaml_text(str(part))


def value_text(statement: Statement) -> str:
    """The value of a statement as a case file has it, or the word for its absence."""
    if statement.unknown:
        return WORDS[statement.unknown]
    if isinstance(statement.value, Interval):
        return written_bounds(statement.value).as_mapping()
    if isinstance(statement.value, bool):
        return str(statement.value).lower()
    if isinstance(statement.value, str):
        return statement.value
    return f"{statement.value:f}" if hasattr(statement.value, "as_tuple") else shown_value(statement.value)


def yaml_text(text: str) -> str:
    """Text as YAML that reads back the same: plain where it is a simple word, else in double quotes.

    >>> yaml_text("sales_ops"), yaml_text("no")
    ('sales_ops', '"no"')
    """
    if re.fullmatch(r"[A-Za-z][A-Za-z0-9_.-]*", text) and text not in LOADED_WORDS:
        return text
    return _ESCAPED.sub(lambda found: f"\\u{ord(found.group()):04X}", json.dumps(text, ensure_ascii=False))
