"""The keys of `knowledge/properties.yaml`, in the words of `base/fields`."""

from __future__ import annotations

from salesdx.base.fields import DEFINED, LADDER_NAME
from salesdx.base.shapes import TOLD, Demand, Either, Expression, Field, Form, ListOf, MapOf, NameOf, OneOf

# fmt: off
# A table is read by its rows: each key begins a line.

ALL = "all"
"""All stages, for a property."""

_OF_RULES = ("looked_at", "rule_true", "rule_false")
PROPERTY_WORDS = (
    "this", *_OF_RULES, "on_floor", "concluded", "named_open", "no_cause", "personnel_recommended",
    "pressure_recommended", "none",
)  # fmt: skip
FORGET = ("core", "any")
BETTER = ("higher", "lower")
ANY = ("any",)
BEFORE = NameOf("stage")
CLAIM = Expression(
    "claim",
    (
        *DEFINED,
        *(NameOf(kind) for kind in ("value", "stage", "status", "mode")),
        *PROPERTY_WORDS,
        "mode",
        "implies",
    ),
)

EARLIER = Form("the stages", (Field("before", BEFORE, "the stages before this one", required=True),))
RULES_OF = Form(
    "the rules",
    (
        Field("strengths", ListOf(NameOf("strength")), "the strengths of the rules", required=True),
        Field("before", BEFORE, "the rules of the stages before this one; left out: of all"),
    ),
)
CHANGE = Form(
    "a change of the case",
    (
        Field("forget", OneOf(FORGET), "facts that are forgotten"),
        Field("better", MapOf(NameOf("term"), OneOf(BETTER)), "term: whether it is higher or lower"),
        Field("wider", OneOf(ANY), "numbers and dates that are known less precisely"),
        Field("weaker", OneOf(ANY), "what is said, on evidence that meets the floor less often"),
        Field("added", OneOf(ANY), "statements below the floor, that displace no value and settle nothing"),
        Field("remedied", OneOf(ANY), "remedies of the company that run beside those before"),
    ),
    (Demand(("forget", "better", "wider", "weaker", "added", "remedied"), together=False),),
)
PROPERTY = Form(
    "a property",
    (
        Field("id", LADDER_NAME, "how proofs call it", required=True, beyond="no two properties share one"),
        Field("says", TOLD, "what it means, for readers", required=True),
        Field("always", CLAIM,
            "a condition. With `A implies B` a case breaks it in which A is true and B is not; unknown is not true",
            required=True, beyond="`implies` stands there once at most, and once with `after`"),
        Field("for_stages", Either((OneOf((ALL,)), EARLIER)),
            "`all`, or `{before: STAGE}`: it holds for each of these as `this`"),
        Field("for_rules", RULES_OF,
            "`{strengths: [...], before: STAGE}`: it holds for each of these rules, with `looked_at`, `rule_true` and "
            "`rule_false`"),
        Field("after", CHANGE,
            "B is said of the same case after a change: `{forget: any}` of facts, `{forget: core}` of the facts of the "
            "stage's `ruled_out_when`, `{better: {TERM: higher}}` (or `lower`), `{wider: any}`, numbers and dates "
            "known less precisely, `{weaker: any}`, the same on evidence that meets the floor less often, "
            "`{added: any}`, more statements below the floor, or `{remedied: any}`, more remedies of the company that "
            "run; all else equal"),
        Field("note", TOLD, "what a reader of the proof should know"),
    ),
    (Demand(("for_stages", "for_rules"), needed=True, given="after.forget", values=("core",)),),
)
