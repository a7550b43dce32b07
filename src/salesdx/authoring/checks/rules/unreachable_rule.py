"""A rule from which nothing can follow."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache

from salesdx.authoring.checks.check import ERROR, Check
from salesdx.authoring.confirming import counted_strengths, matters
from salesdx.authoring.fact_lists import first_few
from salesdx.authoring.reasoning import HOLDS, Reasoning, expressions_behind, reasoning
from salesdx.base.model import Rule, RuleBase
from salesdx.language.conditions import Expr, names
from salesdx.text.source import Place

PAGE = """\
The rule can be true, but whenever it is, its stage does not apply, or was
decided before, or cannot be concluded: what it recommends is never recommended,
its strength decides nothing, and what reads its finding has no effect either.
Readers of the rule base rely on something that never comes.

Give it another strength, or move it to the stage or group where its advice can
be given, or change its condition. If it is meant to be read only, leave its
recommendations out.
"""


def unreachable_rule(base: RuleBase) -> Iterator[tuple[Place, str, str]]:
    made = reasoning(base)
    alive = effective(base)
    for rule in base.rules:
        if rule.id in alive or True not in made.values(made.rules[rule.id]):
            continue
        lost = list(_channels(base, rule))
        if lost:
            yield rule.place, f"nothing can follow from rule `{rule.id}`", f"where it is true, {first_few(lost)}"


@lru_cache(maxsize=4)
def effective(base: RuleBase) -> frozenset[str]:
    """The rules from which something follows in some case: a status, advice, a suppression, or a rule of this kind."""
    made = reasoning(base)
    alive = {rule.id for rule in base.rules if _acts(base, made, rule)}
    always = _always_read(base)
    while True:
        reads = always | {name for id in alive for name in names(base.rule[id].when)}
        more = {
            rule.id
            for rule in base.rules
            if rule.id not in alive and rule.finding in reads and True in made.values(made.rules[rule.id])
        }
        if not more:
            return frozenset(alive)
        alive |= more


def nothing_but_shown(base: RuleBase, rule: Rule) -> bool:
    """Whether a rule is only there to be read: it recommends nothing, and nothing counts or reads it."""
    return not any(_channels(base, rule))


def _channels(base: RuleBase, rule: Rule) -> Iterator[str]:
    """What a rule could do, as what is lost when it does not."""
    stage = base.home[rule.home]
    if stage.decided_by and rule.strength in counted_strengths(base, stage):
        yield f"the status of `{stage.id}` is the same without it"
    if rule.recommend:
        yield "what it recommends is not recommended"
    if rule.suppresses:
        yield "what it suppresses is not recommended anyway"
    if rule.finding in _read(base):
        yield f"what reads `{rule.finding}` has no effect"


def _acts(base: RuleBase, made: Reasoning, rule: Rule) -> bool:
    true = (made.rules[rule.id], HOLDS)
    if True not in made.values(true[0]):
        return False
    if rule.recommend and made.advises(rule):
        return True
    stage = base.home[rule.home]
    counts = bool(stage.decided_by) and rule.strength in counted_strengths(base, stage)
    for words in matters(base, stage.decided_by, rule.strength, made.most) if counts else ():
        if made.possible(true, *((made.own(stage, name), frozenset({value})) for name, value in words.items())):
            return True
    return any(suppresses(made, rule, other) for other in base.rules if set(rule.suppresses) & set(other.recommend))


def suppresses(made: Reasoning, rule: Rule, other: Rule) -> bool:
    """Whether a rule can be true where another's advice is given."""
    return made.possible((made.rules[rule.id], HOLDS), (made.rules[other.id], HOLDS), (made.recommends(other), HOLDS))


def _always_read(base: RuleBase) -> frozenset[str]:
    """The names that something else than a rule reads."""
    exprs: list[Expr | None] = [line.when for line in (*base.ladder.modes, *base.ladder.verdicts)]
    exprs += [expr for stage in base.stages for expr in stage.conditions.values()]
    for intervention in base.interventions.values():
        exprs += [intervention.preferred_when, intervention.judge.holds if intervention.judge is not None else None]
    exprs += [expr for term in base.terms.values() if term.computed for expr in expressions_behind(base, term.name)]
    return frozenset(name for expr in exprs if expr is not None for name in names(expr))


@lru_cache(maxsize=4)
def _read(base: RuleBase) -> frozenset[str]:
    return _always_read(base) | {name for rule in base.rules for name in names(rule.when)}


CHECK = Check("unreachable-rule", ERROR, "A rule from which nothing can follow", PAGE, unreachable_rule)
