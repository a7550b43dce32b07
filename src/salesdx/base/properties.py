"""knowledge/properties.yaml: what must hold for every possible case, for `salesdx prove`.

A property is a condition with at most one `implies`. It is broken by a case in which the part before is true and the
part behind is not (unknown is not true). With `after`, the part before speaks of a case, and the part behind of the
same case after a change. Values need no quotes where they are compared.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from salesdx.base.fields import LADDER_NAME
from salesdx.base.model import Property, Rule, RuleBase, Stage, Term
from salesdx.base.property_fields import ALL, ANY, BETTER, CHANGE, EARLIER, FORGET, PROPERTY, PROPERTY_WORDS, RULES_OF
from salesdx.base.reading import NodeReader, first_line, kind, shortened
from salesdx.language.conditions import And, Compare, ConditionError, Expr, Literal, Name, Not, Or
from salesdx.language.parsing import parse_condition
from salesdx.language.rewriting import in_numbers
from salesdx.language.value_types import BOOLEAN, Type
from salesdx.text.english import listed
from salesdx.text.source import Mapping as MappingNode
from salesdx.text.source import Node, Scalar
from salesdx.text.source import Sequence as ListNode

(
    THIS, LOOKED_AT, RULE_TRUE, RULE_FALSE, ON_FLOOR, CONCLUDED, NAMED_OPEN, NO_CAUSE, PERSONNEL, PRESSING, NONE,
) = PROPERTY_WORDS  # fmt: skip
CORE, _ = FORGET
RESTATED = (WIDER, WEAKER, ADDED, REMEDIED) = ("wider", "weaker", "added", "remedied")
"""The ways in which every fact may be stated otherwise; with the last all are as they were."""
IMPLIES = re.compile(r"\bimplies\b")


def floor_of(base: RuleBase, of: Stage | Rule) -> str:
    """The stage whose floor counts for a stage or rule: its own, else that of the personnel stage; empty for none."""
    own = base.home.get(of.id if isinstance(of, Stage) else of.home)
    stages = (own, base.home.get(base.ladder.personnel_stage))
    return next((stage.id for stage in stages if stage is not None and stage.floor is not None), "")


@dataclass(frozen=True)
class PropertyWords:
    """What a property may speak of beside terms and findings."""

    stages: tuple[Stage, ...]
    statuses: Mapping[str, tuple[str, ...]]
    """Stage -> the statuses that it can have."""
    modes: tuple[str, ...]
    strengths: tuple[str, ...]
    computed_better: bool = False
    """Whether `better` may name computed terms, as an earlier version of the language let it."""

    def type(self, name: str, this: bool, rules: bool) -> Type | None:
        """The type of a word; None for what is none."""
        if name in self.statuses:
            return Type("enum", self.statuses[name])
        if name in (CONCLUDED, NAMED_OPEN):
            return Type("enum", (*self.statuses, NONE))
        if name in (NO_CAUSE, PERSONNEL, PRESSING) or (name in (LOOKED_AT, RULE_TRUE, RULE_FALSE) and rules):
            return BOOLEAN
        if name == ON_FLOOR and this:
            return BOOLEAN
        if name == THIS and this:
            return Type("enum", tuple(dict.fromkeys(status for part in self.statuses.values() for status in part)))
        return Type("enum", self.modes) if name == "mode" else None


def read_properties(
    reader: NodeReader,
    node: Node,
    words: PropertyWords,
    lookup: Callable[[Name], Type | None],
    terms: Mapping[str, Term],
) -> tuple[Property, ...]:
    """The properties, with faults collected in the reader."""
    if not isinstance(node, ListNode):
        message = f"the file must be a list of properties (`- id: ...`), this is {kind(node)}"
        reader.fault("type", message, first_line(node.place))
        return ()
    found: dict[str, Property] = {}
    for item in node.items:
        made = _read_property(reader, item, words, lookup, terms)
        if made is not None and made.id in found:
            reader.fault("duplicate", f"there are two properties `{made.id}`", first_line(item.place))
        elif made is not None:
            found[made.id] = made
    return tuple(found.values())


def _read_property(
    reader: NodeReader,
    item: Node,
    words: PropertyWords,
    lookup: Callable[[Name], Type | None],
    terms: Mapping[str, Term],
) -> Property | None:
    before = len(reader.issues)
    fields = reader.fields(item, "a property", *PROPERTY.keys)
    said = reader.simple(PROPERTY, fields)
    id = said["id"]
    if id and not LADDER_NAME.fits(id):
        reader.fault("name", f"`{shortened(id)}` is no name", first_line(fields["id"].place))
    stages = _stages(reader, fields.get("for_stages"), words)
    rules = fields.get("for_rules")
    strengths: tuple[str, ...] = ()
    if rules is not None:
        parts = reader.fields(rules, "`for_rules`", *RULES_OF.keys)
        strengths = tuple(
            _one_of(reader, scalar, words.strengths, "strength")
            for scalar in reader.texts(parts.get("strengths"), "`strengths`")
        )
        stages = _before(reader, parts.get("before"), words)
    change = _after(reader, fields.get("after"), terms, words.computed_better)
    two = change is not None
    premise: Expr | None = None
    conclusion: Expr | None = None
    always = fields.get("always")
    if isinstance(always, Scalar) and always.text.strip():
        premise, conclusion = _sides(reader, always, words, lookup, stages is not None, rules is not None)
    elif always is not None:
        reader.text(always, "`always`")
    if two and premise is None and conclusion is not None and always is not None:
        message = "with `after`, write what holds before and what holds behind: `... implies ...`"
        reader.fault("property", message, first_line(always.place))
    if change is not None and change.forget == CORE and stages is None:
        message = "the core facts are those of a stage: add `for_stages`"
        reader.fault("property", message, first_line(fields["after"].place))
    if len(reader.issues) > before or conclusion is None:
        return None
    text = always.text if isinstance(always, Scalar) else ""
    for side in (conclusion, premise):  # from the end: the places before it stay right
        text = in_numbers(text, side) if side is not None else text
    place = fields["id"].place
    made = Property(id, said["says"], text, premise, conclusion, stages, strengths, note=said["note"], place=place)
    return (
        made if change is None else replace(made, forget=change.forget, better=change.better, restated=change.restated)
    )


def _stages(reader: NodeReader, node: Node | None, words: PropertyWords) -> tuple[str, ...] | None:
    """The stages for which a property holds; None where it speaks of no stage in particular."""
    if node is None:
        return None
    if not isinstance(node, Scalar):
        return _before(reader, reader.fields(node, "`for_stages`", *EARLIER.keys).get("before"), words)
    if node.text != ALL:
        reader.fault("property", f"`for_stages` is `{ALL}`, or `{{before: STAGE}}`", node.place)
    return _before(reader, None, words)


def _before(reader: NodeReader, named: Node | None, words: PropertyWords) -> tuple[str, ...]:
    """The stages before a named one; all where none is named."""
    ids = [stage.id for stage in words.stages]
    if named is None:
        return tuple(ids)
    stage = _one_of(reader, named, ids, "stage")
    return tuple(ids[: ids.index(stage)]) if stage in ids else ()


def _one_of(reader: NodeReader, node: Node, known: tuple[str, ...] | list[str], what: str) -> str:
    if not isinstance(node, Scalar):
        return reader.text(node, f"a {what}")
    if node.text not in known:
        help = reader.near(node.text, known) or f"they are {', '.join(known)}"
        reader.fault("property", f"there is no {what} `{shortened(node.text)}`", node.place, help)
    return node.text


@dataclass(frozen=True)
class _Change:
    """What a case is after a change: one of these is given."""

    forget: str
    better: Mapping[str, str]
    restated: str
    """One of RESTATED."""


def _after(reader: NodeReader, node: Node | None, terms: Mapping[str, Term], computed_better: bool) -> _Change | None:
    if node is None:
        return None
    parts = reader.fields(node, "`after`", *CHANGE.keys)
    if len(parts) > 1:
        ways = listed([f"`{key}`" for key in CHANGE.keys[1]], "or")
        reader.fault("property", f"a case changes in one way: {ways}", first_line(node.place))
    forget, better = parts.get("forget"), parts.get("better")
    found: dict[str, str] = {}
    if isinstance(better, MappingNode):
        for name, way in better.entries:
            if name.text not in terms:
                message = f"the vocabulary has no term `{shortened(name.text)}`"
                reader.fault("unknown-term", message, name.place, reader.near(name.text, [*terms]))
            elif terms[name.text].computed and not computed_better:
                message = f"`{name.text}` is computed: it follows what it is computed from, so name that"
                reader.fault("property", message, name.place)
            found[name.text] = _one_of(reader, way, BETTER, "direction")
    elif better is not None:
        message = f"`better` must be a mapping (`term: higher` lines), this is {kind(better)}"
        reader.fault("type", message, first_line(better.place))
    word = _one_of(reader, forget, FORGET, "choice of facts") if forget is not None else ""
    restated = next((key for key in RESTATED if key in parts), "")
    if restated:
        _one_of(reader, parts[restated], ANY, "choice of facts")
    return _Change(word, found, restated) if word or found or restated else None


def _sides(
    reader: NodeReader,
    node: Scalar,
    words: PropertyWords,
    lookup: Callable[[Name], Type | None],
    this: bool,
    rules: bool,
) -> tuple[Expr | None, Expr | None]:
    """What stands before and behind `implies`."""

    def type_of(name: Name) -> Type | None:
        return words.type(name.id, this, rules) or lookup(name)

    cuts = list(IMPLIES.finditer(node.text))
    if len(cuts) > 1:
        reader.fault("property", "one `implies` is enough", node.span(*cuts[1].span()))
        return None, None
    spans = [(0, cuts[0].start()), (cuts[0].end(), len(node.text))] if cuts else [(0, len(node.text))]
    sides: list[Expr | None] = []
    for start, end in spans:
        text = " " * start + node.text[start:end]  # blanks keep the places
        try:
            expr = _with_values(parse_condition(text), lambda name: words.type(name, this, rules), type_of)
            expr = reader.with_numbers(expr)
        except ConditionError as error:
            reader.condition_fault(error, node, "`always`")
            sides.append(None)
            continue
        sides.append(expr if reader.check((expr, node), "`always`", BOOLEAN, type_of) else None)
    if None in sides:
        return None, None
    return (sides[0], sides[1]) if cuts else (None, sides[0])


def _with_values(expr: Expr, word: Callable[[str], Type | None], lookup: Callable[[Name], Type | None]) -> Expr:
    """The expression with bare values of choices, such as a status, as the texts that they are."""

    def inner(part: Expr) -> Expr:
        return _with_values(part, word, lookup)

    def type_of(part: Expr) -> Type | None:
        try:
            return lookup(part) if isinstance(part, Name) else None
        except ConditionError:
            return None

    match expr:
        case Not(part):
            return replace(expr, part=inner(part))
        case And(parts) | Or(parts):
            return replace(expr, parts=tuple(map(inner, parts)))
        case Compare(_, left, Name(id) as right):
            choice = type_of(left)
            if choice is not None and choice.kind == "enum" and id in choice.values:
                return replace(expr, right=Literal(id, right.start, right.end))
    return expr
