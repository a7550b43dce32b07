"""A rule that adds nothing to another."""

from __future__ import annotations

from collections.abc import Iterator

from salesdx.authoring.checks.check import WARNING, Check
from salesdx.authoring.checks.rules.unreachable_rule import effective
from salesdx.authoring.reasoning import HOLDS, NOT_TRUE, Reasoning, reasoning
from salesdx.base.model import Rule, RuleBase
from salesdx.language.conditions import names
from salesdx.text.source import Place

PAGE = """\
Whenever this rule is true, another one of the same stage is true that is as
strong, and recommends the same or more. So no case comes out otherwise without
it. Often the two were one rule that was copied to be changed, and the change
was forgotten; or a threshold was moved past the other's.

Delete it, or give it the condition or the advice that it was meant to have.
"""


def implied_rule(base: RuleBase) -> Iterator[tuple[Place, str, str]]:
    made = reasoning(base)
    alive = effective(base)
    reads = {name for rule in base.rules for name in names(rule.when)}
    order = {rule.id: i for i, rule in enumerate(base.rules)}
    for rule in base.rules:
        if rule.id not in alive:
            continue
        for other in base.rules_of[rule.home]:
            if other.id not in alive or other is rule or not _covers(made, rule, other, reads):
                continue
            if order[other.id] > order[rule.id] and _covers(made, other, rule, reads):
                continue  # the two are the same; the later one is told
            if not _changes_status(base, made, rule):
                message = f"rule `{rule.id}` changes no result: whenever it is true, so is `{other.id}`"
                help = f"`{other.id}`, in {other.place.path}:{other.place.line}, gives the same advice"
                yield rule.place, message, help if rule.recommend else help.removesuffix(", gives the same advice")
                break


def _covers(made: Reasoning, rule: Rule, other: Rule, reads: set[str]) -> bool:
    """Whether another rule is true and recommends, and suppresses, wherever this one does."""
    if not set(rule.recommend) <= set(other.recommend) or not set(rule.suppresses) <= set(other.suppresses):
        return False
    if rule.finding in reads and rule.finding != other.finding:
        return False
    true = (made.rules[rule.id], HOLDS)
    if made.possible(true, (made.rules[other.id], NOT_TRUE)):
        return False
    return not made.possible(true, (made.recommends(rule), HOLDS), (made.recommends(other), NOT_TRUE))


def _changes_status(base: RuleBase, made: Reasoning, rule: Rule) -> bool:
    """Whether the status of the rule's stage is another in some case if the rule is taken out."""
    stage = base.home[rule.home]
    if not stage.decided_by:
        return False
    others = [o for o in base.rules_of[stage.id] if o.strength == rule.strength and o is not rule]
    without = made.count(rule.strength, (made.rules[other.id] for other in others))
    status = made.decide(made.lines(stage, {f"{stage.id}.{rule.strength}": without}))
    return status != made.own(stage, "status")


CHECK = Check("implied-rule", WARNING, "A rule that adds nothing to another", PAGE, implied_rule)
