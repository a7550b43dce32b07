"""Where names stand in the files of a rule base: found by the tables of keys, so that a new key needs nothing here.

A file that is half typed is read as far as its YAML goes.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from salesdx.authoring.schemas import FILES
from salesdx.base.copying import COPIED
from salesdx.base.fields import GROUPS, LADDER, MODE, RULE, RUNG, STAGE, STATUS, TERM, VERDICT
from salesdx.base.layers import LAYER
from salesdx.base.loading import LADDER as LADDER_FILE
from salesdx.base.loading import POLICY, PROPERTIES
from salesdx.base.model import PLACEHOLDER
from salesdx.base.naming import SOURCES
from salesdx.base.property_fields import PROPERTY
from salesdx.base.shapes import (
    Either,
    Expression,
    Form,
    ListOf,
    MapOf,
    NameOf,
    Prose,
    Shape,
    StatusOf,
    Template,
)
from salesdx.case.case_fields import OF_PROFILE, ON_EVIDENCE, ON_FILE
from salesdx.case.file import FIRM_FILE
from salesdx.language.conditions import ConditionError, Literal, walk
from salesdx.language.conditions import Name as NamePart
from salesdx.language.parsing import WORDS, parse_condition
from salesdx.text.source import Mapping, Node, Scalar, Sequence, parse_yaml

NAME, HOME, VALUE = "term, finding or limit", "stage or group", "value"
KINDS = {
    **dict.fromkeys(("term", "finding", "limit", "enum", "term with a date", "number"), NAME),
    **dict.fromkeys(("term that always applies", OF_PROFILE), NAME),
    **dict.fromkeys(("stage", "group", ON_EVIDENCE, ON_FILE), HOME),
    **dict.fromkeys(("currency", "kind of subject"), VALUE),
}
"""A kind of the tables of keys -> the kind of names that it is of; all others are kinds of their own."""
DEFINES = {
    (STAGE.what, "limits"): NAME,
    (STAGE.what, "terms"): NAME,
    (STAGE.what, "interventions"): "intervention",
    (TERM.what, "values"): VALUE,
    (RULE.what, "id"): "rule",
    (RULE.what, "finding"): NAME,
    (PROPERTY.what, "id"): "property",
    (LADDER.what, "strengths"): "strength",
    (LADDER.what, "respondents"): "respondent",
    (LADDER.what, "evidence"): "kind of evidence",
    (LADDER.what, "decisions"): "decision list",
    (MODE.what, "mode"): "mode",
    (STATUS.what, "status"): "status",
    (VERDICT.what, "verdict"): "verdict",
    (RUNG.what, "stage"): HOME,
    (GROUPS.what, "before"): HOME,
    (GROUPS.what, "after"): HOME,
    (None, SOURCES): "source",
}
"""The key of a form under which names are defined -> their kind."""
SINGLE = {
    LAYER: "layer",
    COPIED: "copied",
    LADDER_FILE: "ladder",
    SOURCES: "sources",
    POLICY: "policy",
    PROPERTIES: "properties",
}
WORD = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


@dataclass(frozen=True, slots=True)
class Occurrence:
    """A name in a file: ``text[start:end]``; of the first of ``kinds`` that knows it."""

    name: str
    kinds: tuple[str, ...]
    start: int
    end: int
    defines: bool = False


def shape_of(name: str) -> Shape | None:
    """The shape of a file of a rule base, by its name; None for what is no file of one."""
    if name in SINGLE:
        return FILES[SINGLE[name]][0]
    room, _, last = name.rpartition("/")
    kinds = {"knowledge": "stage", "rules": "rules", "rules/cases": "firm" if last == FIRM_FILE else "case"}
    return FILES[kinds[room]][0] if room in kinds else None


@lru_cache(maxsize=512)
def occurrences(text: str, name: str) -> tuple[Occurrence, ...]:
    """The names in a file, in their order, as far as it can be read."""
    node, shape = parse_yaml(text, name)[0], shape_of(name)
    if node is None or shape is None:
        return ()
    return tuple(sorted(_walk(shape, node, DEFINES.get((None, name), "")), key=lambda found: found.start))


def _walk(shape: Shape, node: Node, defines: str = "") -> Iterator[Occurrence]:
    """The names in a node; ``defines`` is the kind of names that are defined in it."""
    match shape, node:
        case (Prose() | NameOf(), Scalar()) if defines:
            yield _of_scalar(node, (defines,), True)
        case NameOf(kind, words), Scalar():
            if node.text not in words:
                yield _of_scalar(node, (KINDS.get(kind, kind),))
        case StatusOf(), Scalar():
            yield _of_scalar(node, ("status",))
        case Expression(), Scalar():
            yield from _in_expression(shape, node)
        case Template(), Scalar():
            yield from _in_braces(node)
        case Prose(limits=True), Scalar():
            yield from _in_braces(node)
        case ListOf(), Sequence():
            for item in node.items:
                yield from _walk(shape.item, item, defines)
        case ListOf(), _:
            yield from _walk(shape.item, node, defines)
        case Either(), _:
            mapping = isinstance(node, Mapping)
            fitting = [part for part in shape.shapes if isinstance(part, Form) is mapping]
            for part in fitting[:1]:
                yield from _walk(part, node, defines)
        case MapOf(), Mapping():
            for key, value in node.entries:
                yield from _walk(shape.key, key, defines)
                yield from _walk(shape.entry, value)
        case Form(), Mapping():
            yield from _in_form(shape, node)


def _in_braces(node: Scalar) -> Iterator[Occurrence]:
    """The names in the braces of a text."""
    for found in PLACEHOLDER.finditer(node.text):
        if found[1]:
            yield _span(node, found[1], (NAME,), *found.span(1))


def _in_form(form: Form, node: Mapping) -> Iterator[Occurrence]:
    each = next((field for field in form.fields if field.each), None)
    named = {field.name: field for field in form.fields if not field.each}
    for key, value in node.entries:
        if (field := named.get(key.text, each)) is None:
            continue
        if field is each:
            yield _of_scalar(key, (KINDS.get(field.each, field.each),))
        yield from _walk(field.shape, value, DEFINES.get((form.what, field.name), ""))


def _in_expression(shape: Expression, node: Scalar) -> Iterator[Occurrence]:
    """The names that an expression reads, and the texts that it compares with; of a faulty one all words."""
    reads = (part.kind for part in shape.reads if isinstance(part, NameOf))
    kinds = tuple(dict.fromkeys(KINDS.get(kind, kind) for kind in reads)) or (NAME,)
    own = {part for part in shape.reads if isinstance(part, str)}
    try:
        parts = list(walk(parse_condition(node.text, functions=True)))
    except ConditionError:
        parts = [NamePart(found[0], *found.span()) for found in WORD.finditer(node.text) if found[0] not in WORDS]
    for part in parts:
        if isinstance(part, NamePart) and part.id not in own:
            yield _span(node, part.id, kinds, part.start, part.end)
        elif isinstance(part, Literal) and isinstance(part.value, str):
            yield _span(node, part.value, ("mode", "status", VALUE), part.start + 1, part.end - 1)


def _of_scalar(node: Scalar, kinds: tuple[str, ...], defines: bool = False) -> Occurrence:
    begin = 0 if node.text[:1].strip() == node.text[:1] else len(node.text) - len(node.text.lstrip())
    return _span(node, node.text.strip(), kinds, begin, len(node.text.rstrip()), defines)


def _span(node: Scalar, name: str, kinds: tuple[str, ...], start: int, end: int, defines: bool = False) -> Occurrence:
    place = node.span(start, end)
    first = node.file.index(place)
    return Occurrence(name, kinds, first, first + place.end_column - place.column, defines)
