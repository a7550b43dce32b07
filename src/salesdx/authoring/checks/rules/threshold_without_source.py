"""A number in a condition that nobody vouches for."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from decimal import Decimal

from salesdx.authoring.checks.check import WARNING, Check
from salesdx.authoring.reasoning import expressions_behind
from salesdx.base.model import RuleBase
from salesdx.base.reading import plain_number
from salesdx.language.conditions import Expr, Literal, leaves, names, walk
from salesdx.text.source import Place

PAGE = """\
A rule, or a computed term, compares with a number, or calculates with one, and
names no source. The number decides about people and money, and whoever asks
where it comes from gets no answer. A limit may have a source of its own. In
`ruled_out_when` the source of the
compared term counts, since its note tells the limits.

Cite a source (`source: S12`), or say that it is a judgement (`source: J`).
"""


PASSING = {"ruled_out_when": "ruled out", "set_aside_when": "set aside"}
"""What a stage is by a condition."""


def threshold_without_source(base: RuleBase) -> Iterator[tuple[Place, str, str]]:
    help = "cite a source, or `J` for a judgement"
    base = base.as_written
    for rule in base.rules:
        if not rule.source and (number := _number(base, rule.when)):
            yield rule.place, f"rule `{rule.id}` compares with {number} and names no source", help
    for term in base.terms.values():
        if term.computed and not term.source:
            numbers = [number for expr in expressions_behind(base, term.name) if (number := _number(base, expr))]
            if numbers:
                yield term.place, f"`{term.name}` is computed with {numbers[0]} and names no source", help
    for stage in base.stages:
        for key, said in PASSING.items():
            for leaf in leaves(stage.conditions[key]) if key in stage.conditions else ():
                terms = [base.terms[name] for name in names(leaf) if name in base.terms]
                if terms and (number := _number(base, leaf)) and not any(term.source for term in terms):
                    message = f"`{terms[0].name}` names no source, and `{stage.id}` is {said} by {number}"
                    yield terms[0].place, message, help


def _number(base: RuleBase, expr: Expr) -> str:
    """The first number or date of an expression for which no limit names a source."""
    for part in walk(expr):
        if isinstance(part, Literal) and part.limit and base.limits[part.limit].source:
            continue
        if isinstance(part, Literal) and isinstance(part.value, Decimal):
            return plain_number(part.value)
        if isinstance(part, Literal) and isinstance(part.value, date):
            return str(part.value)
    return ""


CHECK = Check("threshold-without-source", WARNING, "A number without a source", PAGE, threshold_without_source)
