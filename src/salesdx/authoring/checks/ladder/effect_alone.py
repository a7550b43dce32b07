"""A term that falls whatever the cause is, and decides alone."""

from __future__ import annotations

from collections.abc import Iterator

from salesdx.authoring import written as places
from salesdx.authoring.checks.check import NOTE, Check
from salesdx.authoring.fact_lists import quoted
from salesdx.base.model import RuleBase
from salesdx.language.conditions import And, Expr, names
from salesdx.text.source import Place

PAGE = """\
`effect: true` marks what falls whatever the cause is, such as units or the win
rate. Read alone as a sign of one stage, or as what must be in order before a
stage is passed, it holds the stage open for every other cause, and hides all
that come after it.

Let the rule or the condition read what names the cause beside it, or give the
rule a strength that only locates.
"""


def effect_alone(base: RuleBase) -> Iterator[tuple[Place, str, str]]:
    base = base.as_written  # that the term applies names no cause
    for stage in base.stages:
        for key in ("ruled_out_when", "set_aside_when"):
            for part in _joined(stage.conditions[key]) if key in stage.conditions else ():
                if told := _effects(base, part):
                    message = f"`{key}` of `{stage.id}` waits for {told} alone, which falls whatever the cause is"
                    yield places.in_stage(base, stage.id, key, part), message, ""
        for rule in base.rules_of[stage.id]:
            if base.ladder.strengths[rule.strength].examined and (told := _effects(base, rule.when)):
                yield rule.place, f"rule `{rule.id}` reads {told} alone, which falls whatever the cause is", ""


def _joined(expr: Expr) -> Iterator[Expr]:
    """The conditions that all have to hold."""
    for part in expr.parts if isinstance(expr, And) else (expr,):
        yield from _joined(part) if isinstance(part, And) else (part,)


def _effects(base: RuleBase, expr: Expr) -> str:
    """The terms that an expression reads, where all are effects; else empty."""
    read = names(expr)
    return quoted(read) if read and all(name in base.terms and base.terms[name].effect for name in read) else ""


CHECK = Check("effect-alone", NOTE, "An effect that decides alone", PAGE, effect_alone)
