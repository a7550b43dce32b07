"""JSON Schemas (2020-12) of the files that people write, for completion and errors in editors.

They say what an editor can see by itself; `salesdx check` says the rest. Names, such as those of terms and sources, are
those of the rule base that they were made from.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from salesdx.base.ladder import CONSEQUENCES, WORDS
from salesdx.base.model import NUMERIC, PERIOD, TERM_TYPES, RuleBase, Term
from salesdx.case.file import UNKNOWN_WORDS
from salesdx.case.memory import shown_value
from salesdx.engine.program import is_file

DIALECT = "https://json-schema.org/draft/2020-12/schema"
Schema = dict[str, Any]
TEXT: Schema = {"type": "string", "minLength": 1}
CONDITION: Schema = {
    "type": ["string", "boolean"],
    "description": "An expression: names of terms and findings, `and or not`, comparisons, `in [..]`, arithmetic.",
}
UNKNOWN = list(UNKNOWN_WORDS)


def schemas(base: RuleBase) -> dict[str, Schema]:
    """File name -> schema: `case`, `layer`, `rules`, `stage`, `ladder`, `sources`, `policy` and `properties`."""
    made = {
        "case": _case(base),
        "layer": _layer(base),
        "rules": _rules(base),
        "stage": _stage(base),
        "ladder": _ladder(base),
        "sources": _sources(),
        "policy": _policy(base),
        "properties": _properties(base),
    }
    return {f"{name}.schema.json": {"$schema": DIALECT} | schema for name, schema in made.items()}


def _said(description: str, schema: Schema = TEXT) -> Schema:
    return schema | {"description": description}


def _object(properties: Mapping[str, Schema], required: Iterable[str] = (), **more: Any) -> Schema:
    found: Schema = {"type": "object", "properties": dict(properties), "additionalProperties": False}
    return found | ({"required": list(required)} if required else {}) | more


def _one_or_more(item: Schema, description: str) -> Schema:
    return {"oneOf": [item, {"type": "array", "items": item}], "description": description}


def _names(names: Iterable[str]) -> Schema:
    known = list(names)
    return {"enum": known} if known else dict(TEXT)


def _cited(base: RuleBase) -> Schema:
    ids = {"anyOf": [{"enum": ["J", *base.sources]}, {"type": "string"}]}
    return _one_or_more(ids, "Where a number comes from: ids of knowledge/sources.yaml, or J for judgement.")


# --- the files of a rule base -----------------------------------------------------------------------------------------


def _rules(base: RuleBase) -> Schema:
    interventions = {"type": "array", "items": {"anyOf": [{"enum": list(base.interventions)}, TEXT]}}
    flag = {"type": "boolean"}
    rule = _object(
        {
            "id": _said("A new id; one that was used before is not used again.", TEXT | {"pattern": "^[A-Za-z]"}),
            "strength": _said("How much the rule proves.", _names(base.ladder.strengths)),
            "title": _said("What it says, in words, for readers of a proof."),
            "when": CONDITION,
            "finding": _said("The name of what is found; other rules can read it."),
            "recommend": _said("Interventions that it gives.", interventions),
            "suppresses": _said("Interventions that must not be recommended while it is true.", interventions),
            "because": _said("What a manager reads; {term} is replaced by the value."),
            "immediate": _said("Recommended at once, wherever the ladder stands.", flag),
            "also_in_success": _said("It recommends also when the goal was met.", flag),
            "note": _said("For authors of rules."),
            "source": _cited(base),
        },
        ("id", "strength", "when", "finding", "because"),
    )
    return {"title": "Rules of a stage or group", "type": "array", "items": rule}


def _term(base: RuleBase) -> Schema:
    line = _object({"when": CONDITION, "value": {}}, ("when", "value"))
    return _object(
        {
            "type": _said("What its value is.", {"enum": list(TERM_TYPES)}),
            "values": _said("The values of an enum.", {"type": "array", "items": TEXT, "minItems": 2, "maxItems": 100}),
            "unit": _said("What the number counts."),
            "range": _said(
                "The lowest and the highest value; others are refused.",
                {"type": "array", "items": {"type": "number"}, "minItems": 2, "maxItems": 2},
            ),
            "question": _said("What somebody is asked."),
            "respondent": _said("Who can answer.", _names(base.respondents)),
            "evidence": _said("Where the answer stands."),
            "derive": _said("How to work it out."),
            "valid_for": _said(f"How long evidence counts: `180 days`, or `{PERIOD}`."),
            "effort": _said("1: look it up; 3: ask another department; 5: run a study.", {"type": "integer"}),
            "core": _said("A first question of its stage.", {"type": "boolean"}),
            "sample": _said("A count of evidence: too small counts as not gathered.", {"type": "boolean"}),
            "ask_first": _said("Asked before all else.", {"type": "boolean"}),
            "note": _said("For authors and respondents."),
            "source": _cited(base),
            "formula": _said("How it is computed from other terms.", {"type": ["string", "number"]}),
            "choose": _said(
                "Lines of `when` and `value`: the first true one counts.", {"type": "array", "items": line}
            ),
            "tolerance": _said("How far a hand-written result may be off.", {"type": "number"}),
        },
        ("type",),
    )


def _stage(base: RuleBase) -> Schema:
    intervention = _object(
        {
            "title": _said("What it is called."),
            "owner": _said("Who does it."),
            "do": _said("What is done."),
            "judge_after": _said("When its effect can be judged."),
            "worked_when": _said("By what measure it worked."),
            "cost": _said("What it costs."),
            "source": _cited(base),
            "personnel": _said("It acts on a person.", {"type": "boolean"}),
            "preferred_when": CONDITION,
            "note": _said("For authors."),
        },
        ("title", "owner", "do", "judge_after", "worked_when"),
    )
    return _object(
        {
            "stage": _said("The id of the stage, as the ladder and the file name have it."),
            "group": _said("The id of a group, which is never a stage."),
            "title": _said("What readers see."),
            "owner": _said("Who answers for it."),
            "ruled_out_when": CONDITION | {"description": "The evidence that rules the stage out."},
            "applies_when": CONDITION | {"description": "When the stage is looked at at all."},
            "terms": {"type": "object", "additionalProperties": _term(base), "description": "Its questions."},
            "interventions": {
                "type": "object",
                "additionalProperties": intervention,
                "description": "What can be done.",
            },
        },
        title="A stage or group: its questions and interventions",
    )


def _ladder(base: RuleBase) -> Schema:
    decisions = {"anyOf": [{"enum": list(base.ladder.decisions)}, TEXT]}
    lines = {
        "type": "array",
        "items": _object({"status": TEXT, "mode": TEXT, "when": CONDITION, "says": TEXT}, ("when",)),
    }
    names = {"type": "array", "items": TEXT}
    words = f"It can read {', '.join(WORDS)}, and how many rules of each strength are true."
    stage = _object({"stage": TEXT, "decided_by": decisions}, ("stage", "decided_by"))
    strength = _object({"recommends_when": CONDITION, "examined": {"type": "boolean"}})
    return _object(
        {
            "version": _said("The version of the content; every diagnosis shows it.", {"type": ["string", "number"]}),
            "stages": _said("The order in which causes are looked for.", {"type": "array", "items": stage}),
            "groups": _said("Rules that belong to no stage.", _object({"before": names, "after": names})),
            "modes": _said("The first mode that is true counts.", lines),
            "decisions": {
                "type": "object",
                "additionalProperties": lines,
                "description": f"How a status is found. {words}",
            },
            **{key: CONDITION | {"description": words} for key in CONSEQUENCES},
            "strengths": {"type": "object", "additionalProperties": strength},
            "respondents": {"type": "object", "additionalProperties": TEXT},
            "evidence": {"type": "object", "additionalProperties": names},
            "default_evidence": _said(
                "The kind of a source that fits no other.", _names(k.name for k in base.evidence)
            ),
            "subject_term": _said("The term that a case states with `subject`.", _names(base.terms)),
            "personnel_stage": _said(
                "A person is acted upon only when this stage is concluded.", _names(s.id for s in base.stages)
            ),
            "success_mode": _said("The mode in which the goal was met.", _names(m.name for m in base.ladder.modes)),
        },
        title="The ladder",
    )


def _sources() -> Schema:
    source = _object(
        {
            "title": TEXT,
            "by": TEXT,
            "year": {"type": ["string", "integer"]},
            "address": _one_or_more(TEXT, "Where it can be read."),
            "quality": TEXT,
        },
        ("title",),
    )
    return {"title": "Sources of numbers", "type": "object", "additionalProperties": source}


def _policy(base: RuleBase) -> Schema:
    subject = base.terms.get(base.ladder.subject_term)
    kinds = {kind: {"type": "integer", "minimum": 1} for kind in (*(subject.values if subject else ()), "other")}
    whole = {"type": "integer", "minimum": 0}
    roles = {"type": "array", "items": TEXT, "minItems": 2, "uniqueItems": True}
    return _object(
        {
            "sign_off": _object({"roles": roles, "wait_hours": whole}),
            "reading_words_per_minute": _said("Whoever signs faster has not read.", whole),
            "small_cell": _said("Groups of fewer people are not shown.", whole),
            "impact_ratio": _said("A lower ratio of rates is marked.", {"type": "number"}),
            "retention_days": _object(kinds),
            "source": _cited(base),
        },
        title="What a firm decides about signatures, reports and retention",
    )


def _properties(base: RuleBase) -> Schema:
    stages = {"oneOf": [{"const": "all"}, _object({"before": _names(s.id for s in base.stages)}, ("before",))]}
    strengths = {"type": "array", "items": _names(base.ladder.strengths)}
    rules = _object({"strengths": strengths, "before": _names(s.id for s in base.stages)}, ("strengths",))
    better = {"type": "object", "additionalProperties": {"enum": ["higher", "lower"]}}
    item = _object(
        {
            "id": TEXT,
            "says": _said("What it means, for readers."),
            "always": _said("What holds for every case; `A implies B` is allowed.", {"type": ["string", "boolean"]}),
            "for_stages": stages,
            "for_rules": rules,
            "after": _object({"forget": {"enum": ["core", "any"]}, "better": better}),
            "note": TEXT,
        },
        ("id", "says", "always"),
    )
    return {"title": "What must hold for every case", "type": "array", "items": item}


def _layer(base: RuleBase) -> Schema:
    removes = {"type": "object", "additionalProperties": TEXT, "propertyNames": {"anyOf": [_names(base.rule), TEXT]}}
    return _object(
        {
            "extends": _said("`salesdx` for the shipped rules, or the path of a folder."),
            "name": _said("Whose rules these are."),
            "removes": _said("Rules that are taken out, each with a reason.", removes),
        },
        ("extends",),
        title="A folder that holds only changes",
    )


# --- case files -------------------------------------------------------------------------------------------------------


def _case(base: RuleBase) -> Schema:
    subject = base.terms.get(base.ladder.subject_term)
    kind = _said("What the case is about.", _names(subject.values if subject else ()))
    reference = _said("A pseudonym, never a name.", {"type": ["string", "integer"]})
    day = {"type": "string", "pattern": r"^\d{4}-\d{2}-\d{2}$"}
    return _object(
        {
            "case": _said("A short name.", {"type": ["string", "integer"]}),
            "title": TEXT,
            "story": TEXT,
            "why": _said("Why the expected result is right."),
            "subject": _object({"kind": kind, "ref": reference}, ("kind",)),
            "period": _object({"from": day, "to": day}, ("from", "to")),
            "facts": _object({term.name: _fact(base, term) for term in base.terms.values()})
            | {"type": ["object", "null"]},
            "expect": _expect(base),
            "interview": {"type": "object", "description": "Kept by `salesdx interview`."},
        },
        ("facts",),
        title="A case",
    )


def _fact(base: RuleBase, term: Term) -> Schema:
    value = _value(term)
    statement = _object(
        {
            "value": value,
            "by": _said("Who says so."),
            "source": _said("Where it stands: the words rank it."),
            "date": {"type": "string", "pattern": r"^\d{4}-\d{2}-\d{2}$"},
            "reason": _said("Why it does not apply."),
            "note": TEXT,
        },
        ("value",),
    )
    told = [term.question or f"Computed: {term.derive or term.name}", term.unit and f"In {term.unit}."]
    if term.respondent:
        told.append(f"Ask {base.respondents.get(term.respondent, term.respondent)}.")
    several = {"type": "array", "items": statement, "minItems": 1}
    return {"oneOf": [value, statement, several], "description": " ".join(filter(None, told))}


def _value(term: Term) -> Schema:
    known: Schema
    if term.type in NUMERIC:
        known = {"type": "integer" if term.type == "integer" else "number"}
        if term.low is not None and term.high is not None:
            known |= {"minimum": float(shown_value(term.low)), "maximum": float(shown_value(term.high))}
    else:
        others: dict[str, Schema] = {
            "boolean": {"type": "boolean"},
            "enum": {"enum": list(term.values)},
            "date": {"type": "string", "pattern": r"^\d{4}-\d{2}-\d{2}$"},
        }
        known = others[term.type]
    return {"anyOf": [known, {"enum": UNKNOWN}]}


def _expect(base: RuleBase) -> Schema:
    def statuses(decided_by: str) -> Schema:
        return _names(dict.fromkeys(line.name for line in base.ladder.decisions[decided_by]))

    evidence = [stage for stage in base.stages if not is_file(base, stage)]
    advice = {"type": "array", "items": _names(base.interventions)}
    return _object(
        {
            "mode": _names(line.name for line in base.ladder.modes),
            "stages": _object({stage.id: statuses(stage.decided_by) for stage in evidence}),
            "concluded": {"enum": [*(stage.id for stage in evidence), None]},
            **{stage.id: statuses(stage.decided_by) for stage in base.stages if stage not in evidence},
            "fired": {"type": "array", "items": _names(base.rule)},
            "recommend": advice,
            "may_recommend": advice,
            "never_recommend": advice,
            "next_questions": {"type": "array", "items": _names(base.terms)},
        },
        description="What the diagnosis must be.",
    )
