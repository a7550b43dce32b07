"""A part of a condition that changes nothing."""

from __future__ import annotations

from collections.abc import Iterator

from salesdx.authoring import written as places
from salesdx.authoring.checks.check import WARNING, Check
from salesdx.authoring.reasoning import Reasoning, reasoning
from salesdx.base.model import RuleBase
from salesdx.language.conditions import And, Expr, Or, walk
from salesdx.text.source import Place

PAGE = """\
`x > 20 and x > 10` says no more than `x > 20`. Who reads the condition thinks
that both numbers count, and who later changes the one that does not wonders why
nothing happens.

Delete the part that is underlined, or correct it.
"""


def redundant_part(base: RuleBase) -> Iterator[tuple[Place, str, str]]:
    made = reasoning(base)
    for condition in places.written_conditions(base):
        if not made.values(made.condition(condition.expr)) >= {True, False}:
            continue  # told as a whole
        for expr in walk(condition.expr):
            if isinstance(expr, And | Or) and (part := _idle(made, expr)) is not None:
                message = f"{condition.what}: without this part the condition means the same"
                yield condition.place(part), message, "delete it, or correct it"


def _idle(made: Reasoning, expr: And | Or) -> Expr | None:
    """The last part that the others make idle. Parts over terms of their own are never idle."""
    nodes = [made.condition(part) for part in expr.parts]
    supports = [made.diagrams.support(node) for node in nodes]
    whole = made.condition(expr)
    for i in reversed(range(len(nodes))):
        others = nodes[:i] + nodes[i + 1 :]
        shared = any(supports[i] & support for j, support in enumerate(supports) if j != i)
        if shared and made.values(nodes[i]) >= {True, False} and made.joined(expr, others) == whole:
            return expr.parts[i]
    return None


CHECK = Check("redundant-part", WARNING, "A part of a condition that changes nothing", PAGE, redundant_part)
