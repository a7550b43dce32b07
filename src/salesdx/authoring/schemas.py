"""JSON Schemas (2020-12) of the files that people write, for completion and errors in editors, and of a diagnosis.

They are made from the tables of keys, so that they refuse what `salesdx check` refuses of keys, ranges and names.
Names, such as those of terms and sources, are those of the rule base that they were made from.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from decimal import Decimal
from itertools import chain
from typing import Any

from salesdx.authoring.contract_schema import diagnosis_schema
from salesdx.base.applying import always_applies
from salesdx.base.fields import LADDER, RULE, SOURCES, STAGE
from salesdx.base.layer_fields import COPIED, LAYER
from salesdx.base.model import NUMERIC, RuleBase, Term, is_file
from salesdx.base.naming import JUDGEMENT
from salesdx.base.policy_fields import POLICY
from salesdx.base.property_fields import PROPERTY
from salesdx.base.reading import MAX_DIGITS, MAX_TEXT
from salesdx.base.shapes import (
    Amount,
    Anything,
    Day,
    Demand,
    Either,
    Expression,
    Field,
    Flag,
    Form,
    ListOf,
    MapOf,
    NameOf,
    Nothing,
    OneOf,
    Prose,
    Shape,
    StatusOf,
    Template,
    ValueOf,
)
from salesdx.case.case_fields import CASE, FIRM, OF_PROFILE, ON_EVIDENCE, ON_FILE
from salesdx.language.parsing import MAX_LENGTH, WORDS

DIALECT = "https://json-schema.org/draft/2020-12/schema"
Schema = dict[str, Any]
FILES: dict[str, tuple[Shape, str]] = {
    "case": (CASE, "A case"),
    "firm": (FIRM, "The profile of a firm"),
    "layer": (LAYER, "A folder that holds only changes"),
    "copied": (COPIED, "What a copy was copied from"),
    "rules": (ListOf(RULE, single=False), "Rules of a stage or group"),
    "stage": (STAGE, "A stage or group: its questions and interventions"),
    "ladder": (LADDER, "The ladder"),
    "sources": (SOURCES, "Sources of numbers"),
    "policy": (POLICY, "What a firm decides about signatures, reports and retention"),
    "properties": (ListOf(PROPERTY, single=False), "What must hold for every case"),
}
WORDING: Schema = {"type": ["string", "number", "boolean"], "maxLength": MAX_TEXT, "pattern": r"\S"}
NUMBER_END = 10**MAX_DIGITS
TOO_LARGE: Schema = {"exclusiveMinimum": -NUMBER_END, "exclusiveMaximum": NUMBER_END}
_DAY = (
    r"(?!0000)[0-9]{4}-"
    r"(?:(?:0[13578]|1[02])-(?:0[1-9]|[12][0-9]|3[01])|(?:0[469]|11)-(?:0[1-9]|[12][0-9]|30)|02-(?:0[1-9]|[12][0-9]))"
)
DATE: Schema = {"type": "string", "format": "date", "pattern": f"^{_DAY}$"}
"""A date; a pattern knows months, but no leap years."""
NUMBER, QUOTED = r"[0-9]+(?:\.[0-9]+)?(?![\w.])", "'[^']*'|" + '"[^"]*"'
SIGN = r"==|!=|<=|>=|[<>+\-*/()\[\],]"
"""The signs of an expression. A date reads as numbers with minus signs between them."""


def schemas(base: RuleBase) -> dict[str, Schema]:
    """File name -> schema, for each kind of file that people write, and for a diagnosis."""
    made = {name: _Maker(base).file(shape, title) for name, (shape, title) in FILES.items()}
    made["diagnosis"] = {"$schema": DIALECT} | diagnosis_schema()
    return {f"{name}.schema.json": schema for name, schema in made.items()}


def known_names(base: RuleBase) -> dict[str, list[str]]:
    """Kind -> the names that a rule base has of it; the kinds are those of the tables of keys."""
    subject = base.terms.get(base.ladder.subject_term)
    currency = base.terms.get(base.ladder.currency_term)
    removed = [name for layer in base.layers for what, name, how in layer.changes if (what, how) == ("rule", "removed")]
    found: dict[str, Iterable[str]] = {
        "term": base.terms,
        "enum": (term.name for term in base.terms.values() if term.type == "enum"),
        "term with a date": (term.name for term in base.terms.values() if term.type == "date"),
        "number": (term.name for term in base.terms.values() if term.type in NUMERIC),
        "currency": currency.values if currency else (),
        "limit": base.limits,
        "value": (value for term in base.terms.values() for value in term.values),
        "term that always applies": (
            term.name
            for term in base.terms.values()
            if always_applies(term, base.ladder.subject_term) and not term.computed
        ),
        OF_PROFILE: base.profile,
        "finding": base.findings,
        "intervention": base.interventions,
        "rule": (*base.rule, *removed),
        "source": (JUDGEMENT, *base.sources),
        "respondent": base.respondents,
        "strength": base.ladder.strengths,
        "mode": (line.name for line in base.ladder.modes),
        "verdict": (line.name for line in base.ladder.verdicts),
        "decision list": base.ladder.decisions,
        "status": (line.name for lines in base.ladder.decisions.values() for line in lines),
        "stage": (stage.id for stage in base.stages),
        ON_EVIDENCE: (stage.id for stage in base.stages if not is_file(base, stage)),
        ON_FILE: (stage.id for stage in base.stages if is_file(base, stage)),
        "group": (group.id for group in base.groups),
        "kind of evidence": (kind.name for kind in base.evidence),
        "kind of subject": subject.values if subject else (),
    }
    return {kind: list(dict.fromkeys(names)) for kind, names in found.items()}


class _Maker:
    """The schema of one file: parts that stand in it more than once are kept under `$defs`."""

    def __init__(self, base: RuleBase) -> None:
        self.base, self.known = base, known_names(base)
        self.shared: dict[str, Schema] = {}

    def file(self, shape: Shape, title: str) -> Schema:
        made = self.of(shape)
        if isinstance(shape, Form) and shape.layered and self.base.layers:
            made = {key: part for key, part in made.items() if key not in ("required", "allOf")}
        return {"$schema": DIALECT, "title": title} | made | ({"$defs": self.shared} if self.shared else {})

    def share(self, name: str, schema: Schema) -> Schema:
        self.shared[name] = schema
        return {"$ref": f"#/$defs/{name.replace(' ', '%20')}"}

    def of(self, shape: Shape, name: str = "") -> Schema:
        """The schema of a value; ``name`` is the known name under which it stands, such as a term's."""
        match shape:
            case Prose("", limits=True):
                braces = rf"\{{(?:{_any_of(self.known['limit'])})\}}"
                pattern = rf"^(?=[\s\S]*\S)(?:[^{{]|{braces}|\{{(?![a-z_][a-z0-9_]*\}}))*$"
                return self.share("text with limits", WORDING | {"pattern": pattern})
            case Prose(""):
                return self.share("text", WORDING)
            case Prose(pattern, _, number):
                text: Schema = {"type": "string", "maxLength": MAX_TEXT, "pattern": f"^(?:{pattern})$"}
                return {"anyOf": [text, {"type": "integer", "minimum": 0}]} if number else text
            case Flag():
                return {"type": "boolean"}
            case Amount():
                return _amount(shape)
            case Day():
                return self.share("date", DATE)
            case OneOf(words):
                return {"enum": list(words)}
            case NameOf(kind, words):
                if not self.known.get(kind, words):  # then any name will do: nobody can tell
                    return self.of(Prose())
                names: Schema = {"enum": [*self.known.get(kind, ()), *words]}
                return names if words else self.share(kind, names)
            case Expression():
                return self.share(shape.name, self.expression(shape))
            case Template():
                braces = rf"\{{(?:{_any_of([*self.known['term'], *self.known['limit']])})\}}"
                return self.share("template", WORDING | {"pattern": rf"^(?=\s*\S)(?:[^{{}}]|{braces})*$"})
            case ValueOf(words, ends):
                term = self.base.terms[name]
                shapes = [_value(term), *([{"enum": list(words)}] if words else [])]
                shapes += [self.form(ends, name)] if ends and term.measured else []
                return {"anyOf": shapes} if shapes[1:] else shapes[0]
            case StatusOf():
                lines = self.base.ladder.decisions[self.base.home[name].decided_by]
                return {"enum": list(dict.fromkeys(line.name for line in lines))}
            case Nothing():
                return {"type": "null"}
            case Anything():
                return {}
            case ListOf():
                return self.list_of(shape, name)
            case MapOf(key, entry, least, needs):
                made: Schema = {"type": "object", "propertyNames": self.of(key), "additionalProperties": self.of(entry)}
                return made | _given(minProperties=least, required=list(needs))
            case Either(shapes):
                return {"anyOf": [self.of(part, name) for part in shapes]}
            case Form():
                return self.form(shape, name)

    def list_of(self, shape: ListOf, name: str) -> Schema:
        item = self.of(shape.item, name)
        if shape.single and "$ref" not in item and name:
            item = self.share(f"one of {self.alike(name)}", item)
        size = _given(minItems=shape.least, maxItems=shape.most, uniqueItems=shape.distinct)
        several = {"type": "array", "items": item} | size
        return {"anyOf": [item, several]} if shape.single else several

    def alike(self, name: str) -> str:
        """What names have in common whose values are written alike: the type and range of a term."""
        term = self.base.terms.get(name)
        if term is None or term.values:
            return name
        return term.type if term.low is None else f"{term.type} from {term.low} to {term.high}"

    def form(self, form: Form, name: str) -> Schema:
        properties = {key: made for field in form.fields for key, made in self.keys(field, name)}
        made: Schema = {"type": "object", "properties": properties, "additionalProperties": False}
        if form.empty:
            made["type"] = ["object", "null"]
        demands = [_demand(demand) for demand in form.demands]
        return made | _given(required=list(form.keys[0]), allOf=demands)

    def keys(self, field: Field, name: str) -> Iterator[tuple[str, Schema]]:
        """The keys of a line of a table, each with its schema."""
        for key in self.known[field.each] if field.each else (field.name,):
            made = self.of(field.shape, key if field.each else name)
            told = (
                _question(self.base, self.base.terms[key])
                if field.each in ("term", OF_PROFILE)
                else _plain(field.meaning)
            )
            yield key, made | {"description": told}

    def expression(self, shape: Expression) -> Schema:
        """A text of known words, numbers and signs. In what order they may stand, `salesdx check` says."""
        known = (self.known[part.kind] if isinstance(part, NameOf) else [part] for part in shape.reads)
        word = rf"(?:{_any_of([*WORDS, *chain.from_iterable(known)])})(?!\w)"
        types = ["string", "boolean", *(["number"] if shape.number else [])]
        pattern = rf"^(?=\s*\S)(?:[ \t\r\n]|{word}|{NUMBER}|{QUOTED}|{SIGN})*$"
        return {"type": types, "maxLength": MAX_LENGTH, "pattern": pattern}


def _given(**parts: Any) -> Schema:
    """The parts that say something."""
    return {key: part for key, part in parts.items() if part}


def _any_of(words: Iterable[str]) -> str:
    """A pattern for one of some words; for none of them, one that fits nothing."""
    return "|".join(map(re.escape, dict.fromkeys(words))) or "(?!)"


def _plain(meaning: str) -> str:
    """What the docs say of a key, as a sentence without links."""
    text = re.sub(r"\[([^]]*)\]\(#[^)]*\)", r"\1", meaning)
    return f"{text[0].upper()}{text[1:]}."


def _amount(shape: Amount) -> Schema:
    ends = {"minimum": shape.low, "exclusiveMinimum": shape.above, "maximum": shape.high}
    made: Schema = {"type": "integer" if shape.whole else "number"}
    made |= {} if shape.low is not None or shape.above is not None else {"exclusiveMinimum": -NUMBER_END}
    made |= {} if shape.high is not None else {"exclusiveMaximum": NUMBER_END}
    made |= {key: end for key, end in ends.items() if end is not None}
    return made | _given(default=shape.default)


def _demand(demand: Demand) -> Schema:
    """What the keys of an entry demand of each other."""
    one_stands = [{"required": [key]} for key in demand.keys] if demand.needed else []
    wanted = _given(anyOf=one_stands) | ({} if demand.together else {"not": {"required": list(demand.keys)}})
    if not demand.given:
        return wanted
    *above, last = demand.given.split(".")
    given: Schema = {"required": [last]} | (
        {"properties": {last: {"enum": list(demand.values)}}} if demand.values else {}
    )
    for key in reversed(above):
        given = {"required": [key], "properties": {key: given}}
    return {"if": given, "then": wanted}


def _question(base: RuleBase, term: Term) -> str:
    """What an editor shows of a term: its question, its unit, and whom to ask."""
    told = [term.question or f"Computed: {term.derive or term.name}", term.unit and f"In {term.unit}."]
    if term.respondent:
        told.append(f"Ask {base.respondents.get(term.respondent, term.respondent)}.")
    return " ".join(filter(None, told))


def _value(term: Term) -> Schema:
    if term.type in NUMERIC:
        made: Schema = {"type": "integer" if term.type == "integer" else "number"}
        if term.low is not None and term.high is not None:
            return made | {"minimum": _number(term.low), "maximum": _number(term.high)}
        return made | TOO_LARGE
    others: dict[str, Schema] = {
        "boolean": {"type": "boolean"},
        "enum": {"enum": list(term.values)},
        "date": DATE,
    }
    return others[term.type]


def _number(exact: Decimal) -> int | float:
    return int(exact) if exact == int(exact) else float(exact)
