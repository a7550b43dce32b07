"""Where a piece of a rule base stands in its files, finer than the model keeps it; looked for only to show an issue."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from textwrap import dedent

from salesdx.base.copying import COPIED
from salesdx.base.layers import EXTENDED
from salesdx.base.model import Intervention, Rule, RuleBase, Term
from salesdx.base.nodes import parsed
from salesdx.language.conditions import Expr
from salesdx.text.source import Mapping, Node, Place, Scalar, Sequence

LADDER = "knowledge/ladder.yaml"


@dataclass(frozen=True)
class Written:
    """A condition of the rule base, whose it is in a reader's words, and where each of its parts stands."""

    what: str
    expr: Expr
    place: Callable[[Expr], Place]
    rule: Rule | None = None


def written_conditions(base: RuleBase) -> Iterator[Written]:
    """Every condition over terms and findings, as its author wrote it: of rules, stages, modes, computed terms and
    interventions."""
    base = base.as_written
    for number, line in enumerate(base.ladder.modes):
        yield Written(f"mode `{line.name}`", line.when, partial(_in_ladder, base, number))
    for stage in (*base.groups, *base.stages):
        for key, expr in stage.conditions.items():
            yield Written(f"`{key}` of `{stage.id}`", expr, partial(in_stage, base, stage.id, key))
        for rule in base.rules_of[stage.id]:
            yield Written(f"rule `{rule.id}`", rule.when, partial(of_part, base, rule), rule)
    for term in base.terms.values():
        if term.formula is not None and term.type == "boolean":
            yield Written(f"the formula of `{term.name}`", term.formula, partial(of_part, base, term))
        for number, choice in enumerate(term.choose):
            yield Written(f"`choose` of `{term.name}`", choice.when, partial(_in_choice, base, term, number))
    for intervention in base.interventions.values():
        if intervention.preferred_when is not None:
            yield Written(
                f"intervention `{intervention.id}`", intervention.preferred_when, partial(of_part, base, intervention)
            )
        if intervention.judge is not None and intervention.judge.holds is not None:
            what = f"`judge` of `{intervention.id}`"
            yield Written(what, intervention.judge.holds, partial(_in_judge, base, intervention))


# --- of what has a place in the model ---------------------------------------------------------------------------------

Entry = Term | Intervention | Rule
KEYS = ("when", "formula", "preferred_when")
"""Where an entry's condition stands."""


def of_key(base: RuleBase, entry: Entry, key: str) -> Place:
    """The place of what an entry says under a key; of the entry where it says nothing there."""
    value = _value(base, entry, key)
    return _first_words(value) if value is not None else entry.place


def of_part(base: RuleBase, entry: Entry, part: Expr) -> Place:
    """The place of a part of an entry's condition."""
    return _span(next((found for key in KEYS if (found := _value(base, entry, key))), None), part, entry.place)


def of_words(base: RuleBase, entry: Entry, key: str, words: str) -> Place:
    """The place of one text of an entry's list, or of words in its text."""
    value = _value(base, entry, key)
    if isinstance(value, Scalar) and words in value.text:
        at = value.text.index(words)
        return value.span(at, at + len(words))
    items = value.items if isinstance(value, Sequence) else ()
    return next((item.place for item in items if isinstance(item, Scalar) and item.text == words), entry.place)


def text_of_key(base: RuleBase, entry: Entry, key: str) -> str:
    """A text of an entry as its author wrote it, with names in braces; empty where there is none."""
    value = _value(base, entry, key)
    return value.text if isinstance(value, Scalar) else ""


def text_in_file(base: RuleBase, entry: Entry) -> str:
    """An entry as it stands in its file, from the start of its line on; empty where the file is not at hand."""
    found = _entry(base, entry.place)
    if found is None:
        return ""
    start = found.file.starts[entry.place.line - 1]
    return dedent(found.file.text[start : found.end].rstrip()) + "\n"


def line_of_choice(base: RuleBase, term: Term, number: int) -> Place:
    """The place of one line of ``choose``."""
    value = _value(base, term, "choose")
    return _first_words(value.items[number]) if isinstance(value, Sequence) else term.place


def _value(base: RuleBase, entry: Entry, key: str) -> Node | None:
    found = _entry(base, entry.place)
    return found.get(key) if isinstance(found, Mapping) else None


def _in_judge(base: RuleBase, intervention: Intervention, part: Expr) -> Place:
    value = _value(base, intervention, "judge")
    return _span(value.get("holds") if isinstance(value, Mapping) else None, part, intervention.place)


def _in_choice(base: RuleBase, term: Term, number: int, part: Expr) -> Place:
    value = _value(base, term, "choose")
    line = value.items[number] if isinstance(value, Sequence) else None
    return _span(line.get("when") if isinstance(line, Mapping) else None, part, term.place)


# --- of stages and the ladder -----------------------------------------------------------------------------------------


def of_stage(base: RuleBase, stage: str, key: str) -> Place:
    """The place of what a stage's file says under a key; of the stage in the ladder where it says nothing there."""
    found = node_at(base, f"knowledge/{stage}.yaml", key)
    return _first_words(found) if found is not None else base.home[stage].place


def line_of(base: RuleBase, number: int, *keys: str) -> Place:
    """The place of one line of a decision list of the ladder."""
    found = node_at(base, LADDER, *keys)
    return _first_words(found.items[number]) if isinstance(found, Sequence) else key_at(base, LADDER, *keys)


def node_at(base: RuleBase, name: str, *keys: str) -> Node | None:
    """What a file says under keys, each inside the one before: in the layer that has the last word."""
    for node in _documents(base, name):
        for key in keys:
            node = node.get(key) if isinstance(node, Mapping) else None
        if node is not None:
            return node
    return None


def key_at(base: RuleBase, name: str, *keys: str) -> Place:
    """The place of the last of some keys; of the file as a whole where it has them not."""
    for node in _documents(base, name):
        for key in keys[:-1]:
            node = node.get(key) if isinstance(node, Mapping) else None
        scalar = node.key(keys[-1]) if isinstance(node, Mapping) else None
        if scalar is not None:
            return scalar.place
    return Place(name, 1, 1, 1, 2)


def in_stage(base: RuleBase, stage: str, key: str, part: Expr) -> Place:
    """The place of a part of a stage's condition."""
    return _span(node_at(base, f"knowledge/{stage}.yaml", key), part, base.home[stage].place)


def _in_ladder(base: RuleBase, number: int, part: Expr) -> Place:
    found = node_at(base, LADDER, "modes")
    line = found.items[number] if isinstance(found, Sequence) else None
    return _span(line.get("when") if isinstance(line, Mapping) else None, part, key_at(base, LADDER, "modes"))


# --- files ------------------------------------------------------------------------------------------------------------


def _documents(base: RuleBase, name: str) -> Iterator[Node | None]:
    """The file of this name in each layer, the one with the last word first."""
    copies = tuple(file.removesuffix(COPIED) + f"{EXTENDED}/" for file in base.files if file.endswith(COPIED))
    held = [file for file in base.files if file == name or file.endswith(f"{EXTENDED}/{name}")]
    held = [file for file in held if not file.startswith(copies)]  # what a copy was copied from says nothing in it
    shown = {name: path for path, name in base.paths.items()}
    for file in sorted(held, key=len):
        yield parsed(base.files[file], shown.get(file, file))[0]


def _entry(base: RuleBase, place: Place) -> Node | None:
    """What stands under the key at a place, or around the id there."""
    name = base.paths.get(place.path)
    node = parsed(base.files[name], place.path)[0] if name else None
    while isinstance(node, Sequence | Mapping):
        if isinstance(node, Sequence):
            node = next((item for item in node if _covers(item, place)), None)
            continue
        below = next((value for key, value in node.entries if key.place == place), None)
        inner = next((value for _, value in node.entries if _covers(value, place)), None)
        if below is not None or isinstance(inner, Scalar):
            return below or node
        node = inner
    return None


def _covers(node: Node, place: Place) -> bool:
    return node.start <= node.file.index(place) < node.end


def _span(node: Node | None, part: Expr, otherwise: Place) -> Place:
    return node.span(part.start, part.end) if isinstance(node, Scalar) else otherwise


def _first_words(node: Node) -> Place:
    """The first line of what a node says."""
    if isinstance(node, Scalar):
        return node.span(0, len(node.text))
    place = node.place
    if place.end_line == place.line:
        return place
    return Place(place.path, place.line, place.column, place.line, len(place.text) + 1, place.text)


def indent(line: str) -> int:
    """How many columns stand before the words of a line."""
    return len(line) - len(line.lstrip())
