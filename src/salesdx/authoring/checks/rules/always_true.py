"""A rule that is true whatever is answered."""

from __future__ import annotations

from collections.abc import Iterator

from salesdx.authoring import written as places
from salesdx.authoring.checks.check import WARNING, Check
from salesdx.authoring.fact_lists import quoted
from salesdx.authoring.reasoning import reasoning
from salesdx.base.model import RuleBase
from salesdx.text.source import Place

PAGE = """\
Once its terms are known, the condition is true whatever they are: the number is
the end of the term's range, or the parts joined by `or` leave nothing out. The
same can happen to several rules that conclude one finding: together they leave
nothing out, so the finding is never false, and a condition with `not` before it
never true.

Such a rule tells nothing about a case. Change the number, or join the parts
with `and`.
"""


def always_true(base: RuleBase) -> Iterator[tuple[Place, str, str]]:
    made = reasoning(base)
    always = {rule.id for rule in base.rules if False not in made.values(made.rules[rule.id])}
    for rule in base.rules:
        if rule.id in always:
            message = f"rule `{rule.id}` is true whatever is answered"
            yield places.of_key(base, rule, "when"), message, "" if "or" not in rule.text.split() else OR
    for finding, rules in base.findings.items():
        alone = not always.isdisjoint(rule.id for rule in rules)
        if not alone and False not in made.values(made.findings[finding]):
            message = f"the finding `{finding}` is true whatever is answered"
            help = f"of {quoted(rule.id for rule in rules)} one is always true"
            yield places.of_key(base, rules[-1], "when"), message, help


OR = "should one of the `or` be an `and`?"

CHECK = Check("always-true", WARNING, "A rule that is true whatever is answered", PAGE, always_true)
