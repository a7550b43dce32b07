"""A rule that can never be true."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations

from salesdx.authoring import written as places
from salesdx.authoring.checks.check import ERROR, Check
from salesdx.authoring.reasoning import HOLDS, Reasoning, reasoning
from salesdx.base.model import Rule, RuleBase
from salesdx.language.conditions import And, Expr
from salesdx.text.source import Place

PAGE = """\
No case makes the condition true: two of its parts exclude each other, or a
number lies outside the range of its term. The rule looks like protection, and
nothing it says is ever said.

Change the number that was mistyped, write `or` where `and` was meant, or delete
the rule.
"""


def never_true(base: RuleBase) -> Iterator[tuple[Place, str, str]]:
    made = reasoning(base)
    for rule in base.rules:
        if True not in made.values(made.rules[rule.id]):
            yield _fault(base, made, rule)


def _fault(base: RuleBase, made: Reasoning, rule: Rule) -> tuple[Place, str, str]:
    message = f"rule `{rule.id}` can never be true"
    rule = base.as_written.rule[rule.id]
    parts = rule.when.parts if isinstance(rule.when, And) else (rule.when,)
    for part in parts:
        if not made.possible((made.condition(part), HOLDS)):
            return places.of_part(base, rule, part), message, "" if part is rule.when else "this part is never true"
    for first, second in combinations(parts, 2):
        if not made.possible((made.condition(first), HOLDS), (made.condition(second), HOLDS)):
            help = f"this and `{text_of(rule, first)}` exclude each other"
            return places.of_part(base, rule, second), message, help
    return places.of_key(base, rule, "when"), message, "its parts exclude each other"


def text_of(rule: Rule, part: Expr) -> str:
    """A part of a rule's condition as it is written."""
    return " ".join(rule.text[part.start : part.end].split())


CHECK = Check("never-true", ERROR, "A rule that can never be true", PAGE, never_true)
