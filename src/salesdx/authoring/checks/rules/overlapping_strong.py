"""Strong rules of two stages that rest on one comparison."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import combinations

from salesdx.authoring import written as places
from salesdx.authoring.checks.check import WARNING, Check
from salesdx.authoring.confirming import confirming
from salesdx.authoring.reasoning import HOLDS, NOT_TRUE, Reasoning, reasoning
from salesdx.base.model import Rule, RuleBase
from salesdx.language.conditions import Expr, leaves, names
from salesdx.text.source import Place

PAGE = """\
Each of these rules alone confirms its stage, and both of them need the very
same comparison, or one is true wherever the other is. So one measurement names
two causes: the earlier stage takes the case, and the later one is held by it
each time although nothing else was found.

Let each rule rest on a measurement of its own stage, or make one of them a
weaker sign. A comparison of a sample, which only says that enough was looked at
(`sample: true`), may be shared.
"""


def overlapping_strong(base: RuleBase) -> Iterator[tuple[Place, str, str]]:
    made = reasoning(base)
    strong: dict[str, list[Rule]] = {}
    for stage in base.stages:
        alone = {strength for strength, least in confirming(base, stage, made.most).items() if least == 1}
        strong[stage.id] = [rule for rule in base.rules_of[stage.id] if rule.strength in alone]
    needs = {rule.id: _needs(base, made, rule) for rules in strong.values() for rule in rules}
    for first, second in combinations(strong.values(), 2):
        for rule in second:
            for other in first:
                fault = _fault(base, made, rule, other, needs)
                if fault is not None:
                    yield fault


def _needs(base: RuleBase, made: Reasoning, rule: Rule) -> Mapping[str, tuple[Expr, ...]]:
    """Term -> the comparisons of it alone without which the rule is never true; not those of samples."""
    found: dict[str, list[Expr]] = {}
    for leaf in leaves(base.as_written.rule[rule.id].when):
        reads = names(leaf)
        measured = len(reads) == 1 and reads[0] in base.terms and not base.terms[reads[0]].sample
        if measured and not made.possible((made.rules[rule.id], HOLDS), (made.condition(leaf), NOT_TRUE)):
            found.setdefault(reads[0], []).append(leaf)
    return {term: tuple(parts) for term, parts in found.items()}


def _fault(
    base: RuleBase, made: Reasoning, rule: Rule, other: Rule, needs: Mapping[str, Mapping[str, tuple[Expr, ...]]]
) -> tuple[Place, str, str] | None:
    here, there = made.rules[rule.id], made.rules[other.id]
    if not made.diagrams.support(here) & made.diagrams.support(there) or not made.possible(
        (here, HOLDS), (there, HOLDS)
    ):
        return None
    both = f"`{other.id}` of `{other.home}` in {other.place.path}:{other.place.line}"
    for term in needs[rule.id].keys() & needs[other.id].keys():
        for part in needs[rule.id][term]:
            if any(_same(made, part, theirs) for theirs in needs[other.id][term]):
                message = f"rule `{rule.id}` needs the comparison that `{other.id}` of another stage needs"
                return places.of_part(base, rule, part), message, f"{both} is as strong"
    for one, two in ((rule, other), (other, rule)):
        if not made.possible((made.rules[one.id], HOLDS), (made.rules[two.id], NOT_TRUE)):
            return rule.place, f"rule `{two.id}` is true wherever `{one.id}` of another stage is", f"see {both}"
    return None


def _same(made: Reasoning, a: Expr, b: Expr) -> bool:
    """Whether one comparison of a term includes the other."""
    one, two = made.condition(a), made.condition(b)
    return any(not made.possible((x, HOLDS), (y, NOT_TRUE)) for x, y in ((one, two), (two, one)))


CHECK = Check(
    "overlapping-strong", WARNING, "Strong rules of two stages that rest on one comparison", PAGE, overlapping_strong
)
