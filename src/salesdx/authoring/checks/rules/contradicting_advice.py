"""Rules whose advice takes each other back."""

from __future__ import annotations

from collections.abc import Iterator

from salesdx.authoring import written as places
from salesdx.authoring.checks.check import WARNING, Check
from salesdx.authoring.checks.rules.unreachable_rule import effective
from salesdx.authoring.fact_lists import facts, quoted
from salesdx.authoring.reasoning import HOLDS, NOT_TRUE, reasoning
from salesdx.base.model import Rule, RuleBase
from salesdx.language.conditions import names
from salesdx.text.source import Place

PAGE = """\
A rule may suppress what another recommends, and the reader sees why. It is a
fault where

- one rule's advice is suppressed in every case in which it would be given, so
  that it never comes through;
- two rules, true of one case, each suppress what the other recommends, so that
  nothing is left;
- advice that must be given at once (`immediate: true`) is suppressed in some
  case.

Decide which of the two is right, and take the intervention out of the other, or
make their conditions exclude each other.
"""


def contradicting_advice(base: RuleBase) -> Iterator[tuple[Place, str, str]]:
    made = reasoning(base)
    alive = effective(base)
    rules = [rule for rule in base.rules if rule.id in alive]
    order = {rule.id: i for i, rule in enumerate(rules)}
    for rule in rules:
        for id in rule.recommend:
            against = [other for other in rules if id in other.suppresses]
            if not against:
                continue
            given = ((made.rules[rule.id], HOLDS), (made.recommends(rule), HOLDS))
            where = places.of_words(base, rule, "recommend", id)
            free = [(made.rules[other.id], NOT_TRUE) for other in against]
            if made.possible(*given) and not made.possible(*given, *free):
                who = f"{quoted((other.id for other in against), 'or')} always suppresses it"
                yield where, f"rule `{rule.id}` recommends `{id}` in vain: {who}", _at(against[0])
                continue
            for other in against:
                told = rule.immediate or (_each_other(rule, other) and order[other.id] < order[rule.id])
                found = made.example(*given, (made.rules[other.id], HOLDS)) if told else None
                if found is None:
                    continue
                if rule.immediate:
                    message = f"rule `{rule.id}` recommends `{id}` at once, and `{other.id}` suppresses it"
                else:
                    message = f"rules `{rule.id}` and `{other.id}` suppress each other's advice"
                both = facts(found, (*names(rule.when), *names(other.when)))
                yield where, message, f"both are true where {both}" if both else _at(other)


def _each_other(rule: Rule, other: Rule) -> bool:
    return bool(set(other.recommend) & set(rule.suppresses))


def _at(rule: Rule) -> str:
    return f"`{rule.id}` is in {rule.place.path}:{rule.place.line}"


CHECK = Check("contradicting-advice", WARNING, "Rules whose advice takes each other back", PAGE, contradicting_advice)
