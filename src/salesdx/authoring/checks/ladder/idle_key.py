"""A key of a rule that does nothing."""

from __future__ import annotations

from collections.abc import Iterator

from salesdx.authoring import written as places
from salesdx.authoring.checks.check import WARNING, Check
from salesdx.authoring.checks.rules.unreachable_rule import suppresses
from salesdx.authoring.reasoning import HOLDS, reasoning
from salesdx.base.model import Rule, RuleBase
from salesdx.text.source import Place

PAGE = """\
- `suppresses` names an intervention that no rule recommends where this one is
  true: nothing is taken back.
- `immediate` stands at a rule that recommends nothing: there is nothing to do
  at once.
- `also_in_success` stands at a rule that recommends nothing, or is never true
  when the goal was met.

Delete the key, or correct the rule.
"""


def idle_key(base: RuleBase) -> Iterator[tuple[Place, str, str]]:
    made = reasoning(base)
    for rule in base.rules:
        if True not in made.values(made.rules[rule.id]):
            continue
        for id in rule.suppresses:
            place = places.of_words(base, rule, "suppresses", id)
            if place == rule.place:
                continue  # not named itself: the word for all that act on a person is a guard, whoever recommends what
            giving = [other for other in base.rules if id in other.recommend]
            if not any(suppresses(made, rule, other) for other in giving):
                where = " where it is true" if giving else ""
                message = f"rule `{rule.id}` suppresses `{id}`, which no rule recommends{where}"
                yield place, message, ""
        if rule.immediate and not rule.recommend:
            message = f"rule `{rule.id}` is `immediate` and recommends nothing"
            yield places.of_key(base, rule, "immediate"), message, ""
        if rule.also_in_success and (why := _not_in_success(base, rule)):
            message = f"rule `{rule.id}` says `also_in_success` and {why}"
            yield places.of_key(base, rule, "also_in_success"), message, ""


def _not_in_success(base: RuleBase, rule: Rule) -> str:
    made = reasoning(base)
    met = base.ladder.success_mode
    if not rule.recommend:
        return "recommends nothing"
    if not made.possible((made.rules[rule.id], HOLDS), (made.word("mode"), frozenset({met}))):
        return f"is never true in the mode `{met}`" if met else "the ladder names no `success_mode`"
    return ""


CHECK = Check("idle-key", WARNING, "A key of a rule that does nothing", PAGE, idle_key)
