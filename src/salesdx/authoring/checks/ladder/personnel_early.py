"""Advice that acts on a person before anything is concluded about the person."""

from __future__ import annotations

from collections.abc import Iterator

from salesdx.authoring import written as places
from salesdx.authoring.checks.check import ERROR, Check
from salesdx.authoring.checks.rules.unreachable_rule import effective
from salesdx.authoring.fact_lists import facts
from salesdx.authoring.reasoning import HOLDS, NOT_TRUE, Wanted, reasoning
from salesdx.base.model import Rule, RuleBase
from salesdx.language.conditions import names
from salesdx.text.source import Place

PAGE = """\
An intervention with `personnel: true` acts on a person. It is given only when
the personnel stage of the ladder is concluded; whatever a rule recommends
before that is refused and shown as suppressed, with the reason. A rule that
recommends it from another stage, at once (`immediate`), or in the mode in which
no cause is looked for, was written by somebody who expects otherwise, and puts
the person's name next to a cause that is not the person's.

Recommend it from a rule of the personnel stage or of the stage behind it, or
recommend here what the company can do. A rule base that has such interventions
and no `personnel_stage` refuses nothing: name the stage.
"""


def personnel_early(base: RuleBase) -> Iterator[tuple[Place, str, str]]:
    made = reasoning(base)
    stage = base.home.get(base.ladder.personnel_stage)
    acting = {id for id, intervention in base.interventions.items() if intervention.personnel}
    if stage is None:
        for id in sorted(acting):
            message = f"intervention `{id}` acts on a person, and the ladder names no `personnel_stage`"
            yield base.interventions[id].place, message, "name the stage at which a person is looked at"
        return
    early: Wanted = (made.own(stage, "concluded"), NOT_TRUE)
    alive = effective(base)
    for rule in base.rules:
        named = [id for id in rule.recommend if id in acting]
        if not named or rule.id not in alive:
            continue
        given = ((made.rules[rule.id], HOLDS), (made.recommends(rule), HOLDS))
        found = made.example(*given, early)
        if found is None:
            continue
        never = not made.possible(*given, (early[0], HOLDS))
        for id in named:
            when = "where" if never else "also where"
            message = f"rule `{rule.id}` recommends `{id}` {when} nothing is concluded about the person"
            example = facts(found, names(rule.when))
            yield places.of_words(base, rule, "recommend", id), message, _help(base, rule, id, example)


def _help(base: RuleBase, rule: Rule, id: str, example: str) -> str:
    if base.below is not None and id not in base.below.interventions:
        return (
            f"what is added to a base acts on a person; if `{id}` does not, give it `personnel: false` and a `reason`"
        )
    at_once = "it is `immediate`; " if rule.immediate else ""
    return f"{at_once}it is refused there{f', as where {example}' if example else ''}"


CHECK = Check("personnel-early", ERROR, "Advice about a person before the person's stage", PAGE, personnel_early)
